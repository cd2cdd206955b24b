"""Tools: the model asks for a function, the program runs it, the model answers with what came out.

    python examples/tools.py

With MISTRAL_API_KEY set the platform answers, without it a stand-in on this machine.
"""

import os

from langchain_core.messages import HumanMessage
from langchain_core.tools import tool

from mistral_rag import ChatMistral
from mistral_rag.testing import FakeMistral, Reply, call

STOCK = {"bolts": 1200, "washers": 0}


@tool
def stock(article: str) -> int:
    """How many pieces of an article (bolts, washers) are in the warehouse."""
    return STOCK.get(article, 0)


def main() -> None:
    """Ask, run what the model asks for, and let it go on."""
    with FakeMistral() as fake:
        fake.script(Reply(tool_calls=[call("stock", {"article": "bolts"})]))
        with_key = "MISTRAL_API_KEY" in os.environ
        model = ChatMistral() if with_key else ChatMistral(base_url=fake.base_url, api_key=fake.key)
        with_tools = model.bind_tools([stock])
        question = HumanMessage("How many bolts do we have?")
        answer = with_tools.invoke([question])
        print("asked for:", [(asked["name"], asked["args"]) for asked in answer.tool_calls])
        results = [stock.invoke(asked) for asked in answer.tool_calls]
        print("results:", [result.content for result in results])
        print(with_tools.invoke([question, answer, *results]).text)


if __name__ == "__main__":
    main()
