"""Moderation of what goes into a chain and of what comes out of it."""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from langchain_core.messages import BaseMessage
from langchain_core.prompt_values import PromptValue
from langchain_core.runnables import RunnableConfig, RunnableSerializable
from pydantic import ConfigDict, Field

from mistral_rag.api._connection import Connection
from mistral_rag.api._errors import RefusalError, ResponseError, request_id
from mistral_rag.api._responses import ApiResponse, Json
from mistral_rag.messages._requests.outgoing import wire_messages

__all__ = ["ModerationGuard"]

MODEL = "mistral-moderation-2603"
"""The newest model; the platform's "-latest" names an older one that is retired."""


class ModerationGuard(Connection, RunnableSerializable[Any, Any]):
    """A step of a chain that passes its input on unchanged, or raises `RefusalError` with the categories it falls into.

    The input may be a text, a message, a list of messages or a prompt, of which the last turn is judged, or anything
    that can be written as JSON, which is judged as text. Of a dict, `key` chooses the entry that is judged. After a
    chain that streams, the guard waits for the whole answer: what was shown can't be taken back.

    `thresholds` sets the score (0 to 1) from which a category counts, instead of the platform's own decision; `ignore`
    names categories that never do: documents about law, health or finance fall into those by their subject.

    Raises:
        RefusalError: The input is flagged; `categories` names why.
        ApiError: The platform could not judge it. Then nothing passes.

    Example:
        >>> from mistral_rag import ChatMistral
        >>> from mistral_rag.safety import ModerationGuard
        >>> guard = ModerationGuard(ignore={"law", "health", "financial"})
        >>> chain = guard | ChatMistral() | guard
    """

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    model: str = Field(default=MODEL, min_length=1)
    thresholds: dict[str, Annotated[float, Field(ge=0, le=1)]] = Field(default_factory=dict)
    ignore: frozenset[str] = frozenset()
    key: str | None = None

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        """The input, when it may pass."""
        return self._call_with_config(self._passed, input, config, run_type="chain", **kwargs)

    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        """`invoke` for coroutines."""
        return await self._acall_with_config(self._apassed, input, config, run_type="chain", **kwargs)

    def _passed(self, given: Any) -> Any:
        path, body = self._request(given)
        self._judge(self.client.post(path, body, expects="results"))
        return given

    async def _apassed(self, given: Any) -> Any:
        path, body = self._request(given)
        self._judge(await self.client.apost(path, body, expects="results"))
        return given

    def _request(self, given: Any) -> tuple[str, Json]:
        judged = given[self.key] if self.key is not None else given
        messages = conversation(judged)
        if messages:
            return "chat/moderations", {"model": self.model, "input": [wire_messages(messages)]}
        return "moderations", {"model": self.model, "input": [text_of(judged)]}

    def _judge(self, reply: ApiResponse) -> None:
        flagged = dict.fromkeys(name for result in reply.data["results"] for name in self._flagged(result, reply))
        if flagged:
            error = RefusalError(
                f"The moderation model flags this as {', '.join(flagged)}.",
                status=403,
                request_id=request_id(reply.headers),
            )
            error.categories = tuple(flagged)
            raise error

    def _flagged(self, result: Any, reply: ApiResponse) -> Sequence[str]:
        decisions = result.get("categories") if isinstance(result, Mapping) else None
        scores = result.get("category_scores", {}) if isinstance(result, Mapping) else None
        if not isinstance(decisions, Mapping) or not isinstance(scores, Mapping):
            raise ResponseError("The platform's reply holds no categories.", request_id=request_id(reply.headers))
        return [
            str(name)
            for name, flagged in decisions.items()
            if name not in self.ignore
            and (scores.get(name, 1.0) >= self.thresholds[name] if name in self.thresholds else flagged)
        ]


def conversation(given: Any) -> list[BaseMessage]:
    """The messages of an input; empty when it is none of messages."""
    if isinstance(given, PromptValue):
        return given.to_messages()
    if isinstance(given, BaseMessage):
        return [given]
    is_list = isinstance(given, list | tuple) and all(isinstance(message, BaseMessage) for message in given)
    return list(given) if is_list else []


def text_of(given: Any) -> str:
    """The text that is judged of anything else."""
    if isinstance(given, str):
        return given
    dumped = given.model_dump(mode="json") if hasattr(given, "model_dump") else given
    return json.dumps(dumped, ensure_ascii=False, default=str)
