"""An answer by a chat model, streamed; then its citations, each checked against the index.

    python examples/ask_with_citations.py

With MISTRAL_API_KEY set the platform answers, without it a stand-in on this machine, which repeats the best lines.
"""

import os
from pathlib import Path

from mistral_rag import Answer, ChatMistral, GroundedQA, HybridRetriever, verify_citation
from mistral_rag.cli import ingest
from mistral_rag.testing import FakeMistral

HANDBOOK = Path(__file__).parents[1] / "data" / "handbook"
INDEX = "handbook-index"


def main() -> None:
    """Ask the handbook one question."""
    ingest(["build", str(HANDBOOK), "--index", INDEX])
    retriever = HybridRetriever.from_index(INDEX)
    with FakeMistral() as fake:
        with_key = "MISTRAL_API_KEY" in os.environ
        model = ChatMistral() if with_key else ChatMistral(base_url=fake.base_url, api_key=fake.key)
        chain = GroundedQA(retriever=retriever, model=model)
        for piece in chain.stream("How long are calibration records kept?"):
            if not isinstance(piece, Answer):
                print(piece.text, end="", flush=True)
                continue
            print(f"\n{piece.status}")
            for citation in piece.citations:
                checked = verify_citation(retriever.pages, citation)
                quote = " ".join((checked.quote or "").split())
                print(f'[{checked.marker}] {checked.title}, {checked.page_label}, {checked.location}: "{quote}"')


if __name__ == "__main__":
    main()
