"""Without a key and without a network: answers that quote the passages that fit best, or say that there are none.

python examples/offline.py
"""

from pathlib import Path

from mistral_rag import GroundedQA, HybridRetriever
from mistral_rag.cli import ingest

HANDBOOK = Path(__file__).parents[1] / "data" / "handbook"
INDEX = "handbook-index"


def main() -> None:
    """Ask the handbook a question that it answers, and one that it does not."""
    ingest(["build", str(HANDBOOK), "--index", INDEX])
    chain = GroundedQA(retriever=HybridRetriever.from_index(INDEX), quotes=2)
    for question in ("How many days of annual leave are there?", "Which airline has the best coffee in Lisbon?"):
        answer = chain.invoke(question)
        print(f"{question}\n{answer.text or answer.reason}\n")
        for citation in answer.citations:
            print(f"[{citation.marker}] {citation.source}, {citation.page_label} ({citation.location})")
        print()


if __name__ == "__main__":
    main()
