"""A LangChain callback that counts what chat models cost, of this package or of others."""

import time
from typing import Any

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, LLMResult

from mistral_rag.api._ledger import FinishedCall
from mistral_rag.usage._ledgers import Bill


class CostCallback(BaseCallbackHandler):
    """Counts tokens and price of every chat model that is called with it; `bill` has the sums.

    It sees what LangChain sees: chat models of any provider, and neither embeddings nor OCR, for which there is
    `costs`. A model that the catalogue does not know makes `bill.cost` None.

    Example:
        >>> callback = CostCallback()
        >>> chain.invoke("…", config={"callbacks": [callback]})  # doctest: +SKIP
    """

    def __init__(self) -> None:
        super().__init__()
        self.bill = Bill()

    def on_llm_end(self, response: LLMResult, **kwargs: Any) -> None:
        """Count the replies of one call."""
        for generations in response.generations:
            message = next((one.message for one in generations if isinstance(one, ChatGeneration)), None)
            if isinstance(message, AIMessage):
                self.bill.record(_call(message))


def _call(message: AIMessage) -> FinishedCall:
    metadata = message.response_metadata
    model = str(metadata.get("model_name") or metadata.get("model") or "")
    return FinishedCall(
        kind="chat",
        model=model,
        asked=model,
        host="",
        began=time.time(),
        seconds=float(metadata.get("total_time") or 0.0),
        request_id=metadata.get("request_id"),
        reply_id=metadata.get("id"),
        usage=dict(message.usage_metadata or {}),
    )
