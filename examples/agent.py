"""An agent that searches an index, and whose final answer is checked against what it found.

    python examples/agent.py

It needs the package `langchain`. With MISTRAL_API_KEY set the platform answers, without it a stand-in on this machine.
"""

import os
import re
from pathlib import Path
from typing import Any

from langchain.agents import create_agent
from langchain_core.messages import HumanMessage

from mistral_rag import ChatMistral, HybridRetriever
from mistral_rag.cli import ingest
from mistral_rag.grounding import GroundedAnswers, evidence_tool
from mistral_rag.testing import FakeMistral, Reply, call

HANDBOOK = Path(__file__).parents[1] / "data" / "handbook"
INDEX = "handbook-index"
QUESTION = "How long are calibration records kept?"


def repeated(request: Any) -> str:
    """What the stand-in says: the first line of evidence about records, and a statement that it made up."""
    text = str(request.messages[-1].content)
    found = re.search(r"\[(E\d+-\w+)\] ([^\n]*[Cc]alibration records \|[^\n(]*)", text)
    return f"{found[2].strip()} [{found[1]}]. They are kept in Lisbon." if found else "There is nothing about it."


def main() -> None:
    """Ask the agent one question."""
    ingest(["build", str(HANDBOOK), "--index", INDEX])
    retriever = HybridRetriever.from_index(INDEX, k=4)
    with FakeMistral() as fake:
        fake.script(Reply(tool_calls=[call("search_documents", {"question": QUESTION})]), repeated)
        with_key = "MISTRAL_API_KEY" in os.environ
        model = ChatMistral() if with_key else ChatMistral(base_url=fake.base_url, api_key=fake.key)
        agent = create_agent(model, tools=[evidence_tool(retriever)], middleware=[GroundedAnswers(retriever)])
        result = agent.invoke({"messages": [HumanMessage(QUESTION)]})
        answer = result["grounded_answer"]
        print(result["messages"][-1].text)
        print(answer["status"], [claim["support"] for claim in answer["claims"]])
        for citation in answer["citations"]:
            print(f"[{citation['marker']}] {citation['source']}: {citation['location']}")


if __name__ == "__main__":
    main()
