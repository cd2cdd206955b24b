"""150 questions about real documents of many kinds, asked without a key.

    python -m benchmarks.questions [--half tuning|held-out|all] [--failures] [--work DIR] [--repositories DIR]

Builds one index of all documents of the set that are present, names the absent ones and leaves their questions out.
Prints, by kind of document: the right value in the first quote and in the first three, a wrong value in the first
quote (one of the kind asked for that is not the right one), and how many were refused. `--failures` shows each
question of the tuning half that went wrong; single failures of the held-out half are never shown.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median

from benchmarks.answers import run
from benchmarks.questions._judging import Judgement, judged
from benchmarks.questions._set import CHECKOUT, HALVES, Question, collect, questions
from mistral_rag.grounding import GroundedQA
from mistral_rag.retrievers import HybridRetriever


def main(arguments: Sequence[str] | None = None) -> None:
    """Ask the questions, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", choices=(*HALVES, "all"), default="all")
    parser.add_argument("--failures", action="store_true", help="show the failures of the tuning half")
    parser.add_argument("--work", type=Path, help="a folder for the documents and the index, to be used again")
    parser.add_argument("--repositories", type=Path, default=CHECKOUT.parent / "repositories")
    chosen = parser.parse_args(arguments)
    for name in [name for name in os.environ if name.startswith("MISTRAL_")]:
        del os.environ[name]
    with tempfile.TemporaryDirectory() as temporary:
        work = chosen.work or Path(temporary)
        asked, absent = present(questions(chosen.half), chosen.repositories, work / "documents")
        if not asked:
            print("no document of the set is here")
            return
        print(run(["ingest", "build", str(work / "documents"), "--index", str(work / "index")]), file=sys.stderr)
        found = list(judgements(asked, work / "index"))
    for line in (*absent, *table(found), *(failures(found) if chosen.failures else ())):
        print(line)


def present(asked: Sequence[Question], repositories: Path, folder: Path) -> tuple[list[Question], list[str]]:
    """The questions whose documents are here, and a line for each document that is not."""
    roots = {
        "data": CHECKOUT / "data",
        "shared": CHECKOUT.parent / "shared" / "data",
        "repositories": repositories,
    }
    absent = collect(roots, folder)
    missing = {document.name for document in absent}
    return (
        [question for question in asked if question.document not in missing],
        [f"absent: {document.name} ({document.origin})" for document in absent],
    )


def judgements(asked: Sequence[Question], index: Path) -> Iterator[Judgement]:
    """Ask each question of all documents."""
    chain = GroundedQA(retriever=HybridRetriever.from_index(index))
    for question in asked:
        yield judged(question, chain.invoke(question.text))
        print(".", end="", flush=True, file=sys.stderr)


def table(found: Sequence[Judgement]) -> Iterator[str]:
    """The figures of all questions, of each half, and of each kind."""
    heads = ("with an answer", "first", "three", "wrong", "refused", "without", "refused", "wrong")
    yield f"{'':18}" + "".join(f"{head:>16}" if at == 0 else f"{head:>9}" for at, head in enumerate(heads))
    yield _line("all", found)
    for name, of in (("half", _half), ("kind", _kind), ("language", _language)):
        groups = sorted({of(judgement) for judgement in found})
        if name != "half" or len(groups) > 1:
            yield from (_line(group, [j for j in found if of(j) == group]) for group in groups)
    if lengths := [len(judgement.answer.citations[0].quote or "") for judgement in found if judgement.first]:
        yield f"characters of a first quote that is right (median)  {median(lengths):.0f}"
    wrong = sum(judgement.wrong for judgement in found)
    yield f"a wrong value first, of all questions  {wrong} of {len(found)} ({wrong / len(found):.3f})"


def _half(judgement: Judgement) -> str:
    return judgement.question.half


def _kind(judgement: Judgement) -> str:
    return judgement.question.kind


def _language(judgement: Judgement) -> str:
    return f"in {judgement.question.language}"


def _line(name: str, found: Sequence[Judgement]) -> str:
    answerable = [judgement for judgement in found if judgement.question.expected]
    other = [judgement for judgement in found if not judgement.question.expected]
    columns: list[tuple[Sequence[Judgement], Callable[[Judgement], bool]]] = [
        (answerable, lambda judgement: judgement.first),
        (answerable, lambda judgement: judgement.three),
        (answerable, lambda judgement: judgement.wrong),
        (answerable, lambda judgement: judgement.abstained),
        (other, lambda judgement: judgement.abstained),
        (other, lambda judgement: judgement.wrong),
    ]
    shares = [f"{sum(map(holds, group)) / len(group):9.2f}" if group else f"{'-':>9}" for group, holds in columns]
    return f"{name:18}{len(answerable):16}{''.join(shares[:4])}{len(other):9}{''.join(shares[4:])}"


def failures(found: Sequence[Judgement]) -> Iterator[str]:
    """Each question of the tuning half that went wrong, what was expected, and what came out."""
    for judgement in found:
        question, answer = judgement.question, judgement.answer
        if judgement.good or question.half != "tuning":
            continue
        wanted = " / ".join(question.expected) if question.expected else f"no answer: {question.why}"
        yield f"\n{question.id} {question.document} p. {question.page}: {question.text}\n    expected {wanted}"
        yield f"    {answer.status}{' (wrong value first)' * judgement.wrong}: {answer.reason or ''}"
        yield from (f"    {c.source} p. {c.page}: {c.quote!r}" for c in answer.citations[:3])


if __name__ == "__main__":
    main()
