"""A conversation: follow-ups are searched for as the whole questions that they mean.

    python examples/conversation.py

No key is needed: rules make a follow-up whole, and the answers are quotes. With `model=…` the model does it.
"""

from pathlib import Path

from langchain_core.messages import BaseMessage, HumanMessage

from mistral_rag import GroundedQA, HybridRetriever
from mistral_rag.cli import ingest

HANDBOOK = Path(__file__).parents[1] / "data" / "handbook"
INDEX = "handbook-index"


def main() -> None:
    """Ask three questions, of which two need the first."""
    ingest(["build", str(HANDBOOK), "--index", INDEX])
    chain = GroundedQA(retriever=HybridRetriever.from_index(INDEX), quotes=1)
    history: list[BaseMessage] = []
    for question in ("How high is the daily allowance in Poland?", "And in France?", "Who approves it?"):
        answer = chain.invoke({"question": question, "chat_history": history})
        print(f"{question}\n  searched: {answer.standalone_question or question}")
        for citation in answer.citations:
            print(f'  [{citation.marker}] {citation.source}: "{" ".join((citation.quote or "").split())}"')
        history += [HumanMessage(question), answer.as_message()]


if __name__ == "__main__":
    main()
