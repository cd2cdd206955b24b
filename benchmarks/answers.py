"""Answers without a key over real filings, each citation checked with another PDF reader.

python -m benchmarks.answers --index DIR [--questions FILE] [--pdfs DIR]

Asks every question with `mistral-rag ask --json`. Prints how many answers cite or abstain with a reason, for how
many a gold page is among the cited ones, and, by PyMuPDF: for how many verified citations the quote stands on its
page, and how well the words in its boxes are the quote's words (F1 over words, order-free).

python -m benchmarks.answers --tables [--index DIR] [--failures]

Asks 120 questions for one number of a table each, in its document: of the labelled set of `benchmarks.reading`, half of
them of real pages (filings, quarterly reports) where ../shared is. A new index of the labelled pages is built, in DIR
when given. Prints for how many a quote holds the row, and for how many of these the first quote is right: the number
stands in it under its right heads and in its right row by `Citation.cells`, and no word that is not of its table.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

import pymupdf

from benchmarks._reading.questions import (
    TableQuestion,
    collect,
    has_tables,
    questions,
    rightly_cited,
    row_found,
    strange,
)
from benchmarks._reading.truth import documents
from mistral_rag.grounding import GroundedQA
from mistral_rag.retrievers import HybridRetriever
from mistral_rag.schema import Answer, Citation, Span

SHARED = Path(__file__).parents[2] / "shared" / "data" / "financebench"
ENOUGH_F1 = 0.9


@dataclass(slots=True)
class Tally:
    """Counts over all questions."""

    statuses: Counter[str] = field(default_factory=Counter)
    settled: int = 0
    gold: int = 0
    scored: int = 0
    found: list[bool] = field(default_factory=list)
    f1: list[float] = field(default_factory=list)


def run(command: Sequence[str]) -> str:
    """What a command of ours prints, without a key."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MISTRAL_")}
    ran = subprocess.run([sys.executable, "-m", *command], env=environment, capture_output=True, text=True, check=False)
    return ran.stdout


def ask(question: str, index: Path, *options: str) -> Answer:
    """The answer that the command line gives."""
    printed = run(["mistral_rag.cli", "ask", question, "--index", str(index), "--json", *options])
    return Answer.model_validate_json(printed)


def letters(text: str) -> str:
    """Text by its letters and digits alone: readers differ in blanks, hyphens and ligatures."""
    return "".join(re.findall(r"[^\W_]+", text.replace("ﬁ", "fi").replace("ﬂ", "fl").lower()))


def words(text: str) -> Counter[str]:
    """Words of a text, joined over line-end hyphens."""
    return Counter(word for part in text.split() if (word := letters(part)))


def check(citation: Citation) -> Iterator[tuple[bool, float | None]]:
    """For each quoted span: whether its text stands on the page, and the F1 of the words in its boxes."""
    path = Path(unquote(urlparse(citation.uri).path))
    with pymupdf.open(path) as pdf:  # type: ignore[no-untyped-call]
        for span in citation.spans or ():
            page = pdf[span.page - 1]
            orders = (letters(page.get_text(sort=by_place)) for by_place in (False, True))
            yield (
                any(letters(span.quote) in text for text in orders),
                boxed_f1(page, span) if span.box_precision == "word" else None,
            )


def boxed_f1(page: Any, span: Span) -> float:
    """F1 of the words whose middle lies in the span's boxes against the words of its quote."""
    width, height = page.rect.width, page.rect.height
    inside: Counter[str] = Counter()
    for left, top, right, bottom, word, *_ in page.get_text("words"):
        x, y = (left + right) / 2 / width, (top + bottom) / 2 / height
        if any(box.left <= x <= box.right and box.top <= y <= box.bottom for box in span.boxes):
            inside += words(word)
    quoted = words(span.quote)
    if letters("".join(sorted(inside.elements()))) == letters("".join(sorted(quoted.elements()))):
        return 1.0
    common = sum((inside & quoted).values())
    total = sum(inside.values()) + sum(quoted.values())
    return 2 * common / total if total else 1.0


def count(tally: Tally, question: dict[str, Any], answer: Answer) -> None:
    """Add one answer to the tally."""
    tally.statuses[answer.status] += 1
    tally.settled += bool(answer.citations) or bool(answer.reason)
    if question.get("gold"):
        tally.scored += 1
        gold = {(doc, page + 1) for doc, page in question["gold"]}
        cited = {(Path(c.source).stem, span.page) for c in answer.citations for span in c.spans or ()}
        tally.gold += bool(gold & cited)
    for citation in answer.citations:
        if citation.verified and citation.source.endswith(".pdf"):
            for stands, f1 in check(citation):
                tally.found.append(stands)
                if f1 is not None:
                    tally.f1.append(f1)


def ask_tables(index: Path, *, failures: bool) -> None:
    """Ask for numbers of tables, and print how many are quoted rightly."""
    known = documents()
    with tempfile.TemporaryDirectory() as name:
        collect(list(filter(has_tables, known)), Path(name))
        run(["ingest", "build", name, "--index", str(index)])
    counts: Counter[str] = Counter()
    embeddings = HybridRetriever.from_index(index).embeddings
    for question in questions(known):
        kind = "hard" if question.hard else "clear"
        wanted = {"source": question.source}
        retriever = HybridRetriever.from_index(index, embeddings=embeddings, filter=wanted)
        answer = GroundedQA(retriever=retriever).invoke(question.text)
        quoted, ok = row_found(question, answer), rightly_cited(question, answer)
        counts.update({kind: 1, f"{kind} found": quoted, f"{kind} right": ok})
        if failures and not ok:
            print(failure(question, answer))
    for kind in ("clear", "hard"):
        counts.update({"all" + key.removeprefix(kind): count for key, count in counts.items() if key.startswith(kind)})
    print("right number under its right heads, nothing false beside it")
    for kind in ("all", "clear", "hard"):
        found, good = counts[f"{kind} found"], counts[f"{kind} right"]
        share = good / max(found, 1)
        print(f"{kind:6} tables: {counts[kind]} questions, row quoted {found}, first quote right {good} ({share:.2f})")


def failure(question: TableQuestion, answer: Answer) -> str:
    """What was expected, and what the first citation says."""
    expected = question.expected
    lines = [f"{question.source}: {question.text}", f"    expected {expected.column}: {expected.value}"]
    for citation in answer.citations[:1]:
        cells = "; ".join(map(str, citation.cells))
        lines.append(
            f"    got      {citation.quote!r}, cells: {cells or 'none'}, not of it: {strange(question, citation)}"
        )
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Ask all questions and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--index", type=Path, help="an index of the PDFs that the questions are about")
    parser.add_argument("--tables", action="store_true", help="ask for numbers of tables")
    parser.add_argument("--failures", action="store_true", help="show each answer about a table that is not right")
    parser.add_argument("--questions", type=Path, default=SHARED / "questions.jsonl")
    chosen = parser.parse_args(arguments)
    if chosen.tables:
        with tempfile.TemporaryDirectory() as name:
            ask_tables(chosen.index or Path(name) / "index", failures=chosen.failures)
        return
    if chosen.index is None:
        parser.error("--index is needed")
    tally = Tally()
    for line in chosen.questions.read_text(encoding="utf-8").splitlines():
        question = json.loads(line)
        count(tally, question, ask(question["question"], chosen.index))
        print(".", end="", flush=True, file=sys.stderr)
    asked = sum(tally.statuses.values())
    enough = sum(f1 >= ENOUGH_F1 for f1 in tally.f1)
    print(f"\nquestions                                  {asked}  {dict(tally.statuses)}")
    print(f"cite, or abstain with a reason             {tally.settled}")
    share = tally.gold / max(tally.scored, 1)
    print(f"gold page among the cited pages            {tally.gold} of {tally.scored} ({share:.2f})")
    print(f"quoted spans found by PyMuPDF on the page  {sum(tally.found)} of {len(tally.found)}")
    print(
        f"boxes hold the quote's words (F1 >= .9)    {enough} of {len(tally.f1)} ({enough / max(len(tally.f1), 1):.3f})"
    )


if __name__ == "__main__":
    main()
