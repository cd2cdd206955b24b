"""A reranker and a filter on HybridRetriever, and what the ranking went by.

    python examples/reranker_and_filter.py

Any LangChain document compressor or cross-encoder may rerank. This one needs no model: it prefers passages that name
a number of days.
"""

import re
from pathlib import Path

from mistral_rag import HybridRetriever
from mistral_rag.cli import ingest

DATA = Path(__file__).parents[1] / "data" / "handbook"
INDEX = "handbook-index"


class PrefersDays:
    """A cross-encoder: it scores pairs of question and text, higher is better."""

    def score(self, text_pairs: list[tuple[str, str]]) -> list[float]:
        """How often a text names a number of days."""
        return [float(len(re.findall(r"\b\d+ (?:working |calendar )?days\b", text))) for _, text in text_pairs]


def main() -> None:
    """Search one file of the handbook, then all of it with a reranker."""
    ingest(["build", str(DATA), "--index", INDEX])
    only_travel = HybridRetriever.from_index(INDEX, k=2, filter={"source": {"$prefix": "travel"}})
    for hit in only_travel.search("Within how many days must expenses be claimed?"):
        print(hit.source.name, "|", hit.page.locator, "|", round(hit.score, 2))
    reranked = HybridRetriever.from_index(INDEX, k=1, reranker=PrefersDays(), candidates=20)
    found = reranked.explain("Within how many days must expenses be claimed?")
    print(found.hits[0].source.name, "|", found.hits[0].parts["reranked"], "days | of", found.searched, "passages")


if __name__ == "__main__":
    main()
