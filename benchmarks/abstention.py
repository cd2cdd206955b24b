"""Answers without a model: are questions that the documents do not answer told from those that they do?

    python -m benchmarks.abstention [--sets ohr,xquad_en,…] [--every N] [--work DIR]

The questions of `benchmarks.values` are asked as they are, and once more without the document that answers them (for
filings, without all of its company); those that name a year are asked a third time for one long before. Prints at the
shipped threshold, and at thresholds around it, the share of answerable questions that are lost and of unanswerable ones
that abstain. A question whose gold page is not retrieved counts for nothing.
"""

import argparse
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.values import SETS, Question, sets_of
from mistral_rag import HybridRetriever
from mistral_rag.grounding._asked.answerability import DEFAULTS, scale_of
from mistral_rag.grounding._evidence.evidence import gather
from mistral_rag.grounding._evidence.extractive import extract
from mistral_rag.retrieval import Passage

BUDGET = 24_000
PASSAGES = 8
YEARS_BEFORE = 17
"""No set has documents that are so much older than the years that are asked for."""
YEAR = re.compile(r"\b(?:19|20)\d\d\b")
THRESHOLDS = (0.3, 0.4, 0.5, 0.6, 0.7)


@dataclass(frozen=True, slots=True)
class Asked:
    """The outcome of one question: its kind, the chance of an answer, and True where a rule decided against one."""

    kind: str
    likelihood: float
    decided: bool


def asked(name: str, retriever: HybridRetriever, questions: Sequence[Question]) -> Iterator[Asked]:
    """Ask each question in its three forms."""
    for question in questions:
        found = passages_for(retriever, question.text)
        own = {document.partition("_")[0] if name == "filings" else document for document, _ in question.gold}
        if any((passage.source.name, passage.chunk.page) in question.gold for passage in found[:PASSAGES]):
            yield outcome("answerable", question.text, found[:PASSAGES], retriever)
        names = [p.source.name.partition("_")[0] if name == "filings" else p.source.name for p in found]
        others = [passage for passage, held in zip(found, names, strict=True) if held not in own]
        yield outcome("without its document", question.text, others[:PASSAGES], retriever)
        if YEAR.search(question.text):
            text = YEAR.sub(lambda year: str(int(year[0]) - YEARS_BEFORE), question.text)
            yield outcome("another year", text, passages_for(retriever, text)[:PASSAGES], retriever)


def passages_for(retriever: HybridRetriever, question: str) -> list[Passage]:
    """Three times the usual passages."""
    return [passage for passage in retriever.retrieve(question).passages() if passage.page.text.strip()]


def outcome(kind: str, question: str, passages: Sequence[Passage], retriever: HybridRetriever) -> Asked:
    """What an extract of the passages says of a question."""
    found = extract(question, gather(passages, budget=BUDGET), embeddings=retriever.embeddings)
    threshold = DEFAULTS[scale_of(retriever.embeddings)].threshold
    return Asked(kind, found.likelihood, not found.quotes and found.likelihood >= threshold)


def share_abstained(rows: Sequence[Asked], kind: str, threshold: float) -> float:
    """The share of the questions of a kind that abstain."""
    of_kind = [row for row in rows if row.kind == kind]
    return sum(row.decided or row.likelihood < threshold for row in of_kind) / max(len(of_kind), 1)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a block of lines a set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--every", type=int, default=1, help="ask only each N-th question")
    parser.add_argument("--offset", type=int, default=0)
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "mistral-rag-values")
    chosen = parser.parse_args(arguments)
    sets = sets_of(chosen.sets, parser)
    chosen.work.mkdir(parents=True, exist_ok=True)
    for name in sets:
        retriever, questions = SETS[name](chosen.work)
        deeper = retriever.model_copy(update={"k": 3 * PASSAGES})
        rows = list(asked(name, deeper, questions[chosen.offset :: chosen.every]))
        shipped = DEFAULTS[scale_of(retriever.embeddings)].threshold
        kinds = ("answerable", "without its document", "another year")
        print(f"{name}: " + ", ".join(f"{sum(row.kind == kind for row in rows)} {kind}" for kind in kinds))
        for threshold in sorted({*THRESHOLDS, shipped}):
            shares = "  ".join(f"{kind} {share_abstained(rows, kind, threshold):.2f}" for kind in kinds)
            print(
                f"  {threshold:.2f}{' shipped' if threshold == shipped else '        '}  abstained: {shares}",
                flush=True,
            )


if __name__ == "__main__":
    main()
