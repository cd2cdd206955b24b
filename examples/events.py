"""The steps of an answer as typed events; left early, what there is of it is a valid answer.

    python examples/events.py

With MISTRAL_API_KEY set the platform answers, without it a stand-in on this machine, which repeats the best lines.
"""

import os
from pathlib import Path

from mistral_rag import ChatMistral, GroundedQA, HybridRetriever
from mistral_rag.cli import ingest
from mistral_rag.grounding import AnswerEvent, ClaimEvent, EvidenceEvent, SearchEvent, TextEvent
from mistral_rag.testing import FakeMistral

HANDBOOK = Path(__file__).parents[1] / "data" / "handbook"
INDEX = "handbook-index"
QUESTION = "How long are calibration records kept?"


def main() -> None:
    """Show every step, then stop an answer at its first word."""
    ingest(["build", str(HANDBOOK), "--index", INDEX])
    with FakeMistral() as fake:
        with_key = "MISTRAL_API_KEY" in os.environ
        model = ChatMistral() if with_key else ChatMistral(base_url=fake.base_url, api_key=fake.key)
        chain = GroundedQA(retriever=HybridRetriever.from_index(INDEX), model=model)
        for event in chain.events(QUESTION):
            match event:
                case SearchEvent(question):
                    print(f"searching: {question}")
                case EvidenceEvent(passages, pages):
                    print(f"reading {passages} passages on {pages} pages")
                case TextEvent(text):
                    print(text, end="", flush=True)
                case ClaimEvent(claim, _):
                    print(f"\nclaim: {claim.support}", end="")
                case AnswerEvent(answer):
                    print(f"\n{answer.status}, {len(answer.citations)} citations")
        with chain.events(QUESTION) as events:
            any(isinstance(event, TextEvent) for event in events)
        print("stopped:", events.answer.status)


if __name__ == "__main__":
    main()
