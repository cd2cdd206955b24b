"""A chain for the night: the same prompt, model and parser, for half the price.

    python examples/batch.py

Stop it and start it again: the jobs are found by the folder. Without MISTRAL_API_KEY a stand-in answers.
"""

import os
from typing import Any

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate

from mistral_rag import ChatMistral, MistralBatch, overnight
from mistral_rag.testing import FakeMistral

FOLDER = "batch-jobs"


def main() -> None:
    """Ask two questions overnight, and send one wrong request among good ones."""
    with FakeMistral() as fake:
        with_key = "MISTRAL_API_KEY" in os.environ
        host = {} if with_key else {"base_url": fake.base_url, "api_key": fake.key}
        pause = 30.0 if with_key else 0.0
        prompt = ChatPromptTemplate.from_messages([("system", "Be brief."), ("user", "{question}")])
        chain = prompt | ChatMistral(**host) | StrOutputParser()
        questions = [{"question": "What is a valve?"}, {"question": "What is a pump?"}]
        for answer in overnight(chain, questions, folder=FOLDER, first_poll=pause):
            print(answer)
        batch = MistralBatch(folder=FOLDER, first_poll=pause, **host)
        good: dict[str, Any] = {"messages": [{"role": "user", "content": "Hello"}]}
        bodies = {"good": good, "bad": {"messages": []}}
        for outcome in batch.run("chat/completions", bodies, model="mistral-small-latest"):
            print(outcome.custom_id, "failed" if outcome.error else "done")


if __name__ == "__main__":
    main()
