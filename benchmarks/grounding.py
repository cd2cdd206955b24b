"""Agreement of support and answerability, judged without a model, with people (AUROC and rates).

    python -m benchmarks.grounding

The data are development parts; `measured` are the figures of lexical features that the design set out from.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from langchain_core.documents import Document

from mistral_rag.grounding._evidence.evidence import gather
from mistral_rag.grounding._evidence.extractive import extract
from mistral_rag.grounding._evidence.pages import as_page
from mistral_rag.grounding._support.support import judge, score
from mistral_rag.local._embeddings import MiniLM

DATA = Path(__file__).parents[2] / "shared" / "data" / "grounding"
MEASURED = {"attribution_claims": 0.76, "wice_claims": 0.82, "faithbench_summaries": 0.65}


def main() -> None:
    """Print both tables."""
    for name in ("attribution_claims", "wice_claims", "faithbench_summaries"):
        support(name)
    answerability()
    answerability(MiniLM())


def support(name: str) -> None:
    """Scores and verdicts against people's labels."""
    cases = list(claims(name))
    labels = [label for label, _, _ in cases]
    print(f"{name}: {len(cases)} claims, supported {np.mean(labels):.2f}")
    value = auroc(labels, [score(claim, sources) for _, claim, sources in cases])
    print(f"  AUROC {value:.3f} (measured {MEASURED[name]:.2f})")
    verdicts = [judge(claim, sources) for _, claim, sources in cases]
    counts = Counter((verdict.support, label) for verdict, label in zip(verdicts, labels, strict=True))
    for kind in ("supported", "partial", "unsupported"):
        right, wrong = counts[kind, True], counts[kind, False]
        print(f"  said {kind:12} {right + wrong:4}: people say supported {right / max(right + wrong, 1):.2f}")
    fired = [label for verdict, label in zip(verdicts, labels, strict=True) if verdict.numbers_ok is False]
    print(f"  number missing {len(fired):4}: people say not supported {1 - np.mean(fired):.2f}")


def claims(name: str) -> Iterator[tuple[bool, str, Sequence[str]]]:
    """Label, claim and sources of each line."""
    for row in rows(name):
        if name == "faithbench_summaries":
            yield row["label"] == "supported", row["summary"], [row["passage"]]
        else:
            yield row["label"] == "supported", row["claim"], row.get("references") or row["evidence_sentences"]


def answerability(embeddings: MiniLM | None = None) -> None:
    """Tell answerable questions by the chance of an answer, and compare its sentences with people's."""
    every = list(rows("clapnq_answerability"))
    found = [extract(row["question"], gather(passages_of(row), budget=100_000), embeddings=embeddings) for row in every]
    labels = [row["answerable"] for row in every]
    value = auroc(labels, [extracted.likelihood for extracted in found])
    print(f"clapnq_answerability, {embeddings or 'words alone'}: {len(every)}, answerable {np.mean(labels):.2f}")
    print(f"  AUROC {value:.3f} (measured {0.84 if embeddings is None else 0.9:.2f})")
    answered = [label for label, extracted in zip(labels, found, strict=True) if extracted.reason is None]
    print(f"  answered {len(answered)}, of which answerable {np.mean(answered):.2f}")
    print(f"  answerable ones answered {sum(answered) / sum(labels):.2f}")
    picked = [
        any(unit.text in row["selected_sentences"] for unit in extracted.runs[:3])
        for row, extracted in zip(every, found, strict=True)
        if row["answerable"] and extracted.runs
    ]
    print(f"  one of people's sentences among the first 3 quotes {np.mean(picked):.2f} of {len(picked)}")


def passages_of(row: dict[str, Any]) -> Iterator[Any]:
    """The passages of a question, as retrieved."""
    for passage in row["passages"]:
        yield as_page(Document("\n".join(passage["sentences"]), metadata={"title": passage["title"]}))


def rows(name: str) -> Iterator[dict[str, Any]]:
    """The lines of a data file."""
    with (DATA / f"{name}.jsonl").open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def auroc(labels: Sequence[bool], scores: Sequence[float]) -> float:
    """The chance that a positive case has the higher score, ties half."""
    positive = np.array(labels, dtype=bool)
    _, inverse, counts = np.unique(np.array(scores), return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    above = int(positive.sum())
    return float((ranks[positive].sum() - above * (above + 1) / 2) / (above * (len(labels) - above)))


if __name__ == "__main__":
    main()
