"""True quotes found and altered quotes accepted, on pages of real filings and prose in four languages.

True quotes are table rows as a model copies them (one blank, no dot leaders), prose that people copied as
evidence, sentences of paragraphs in English, German, Spanish and French, and sentences as another PDF reader gives
them. Altered quotes are true ones with one thing changed (`quote_alterations`). A quote counts as found when it is
located, once or several times. All that is judged wrongly is printed.

    python -m benchmarks.quotes [--pages N] [--half development|held-out]
"""

import argparse
import json
import random
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pymupdf

from benchmarks.quote_alterations import Case, alterations, joins, places
from ingest.chunking import units
from mistral_rag.grounding._quotes.quotes import find
from mistral_rag.pdf import PdfFile, read_page
from mistral_rag.schema import Locator, Page, clean_text

DATA = Path(__file__).parents[2] / "shared" / "data"
DIRECTIONS = {
    "increase": "decrease", "increased": "decreased", "increases": "decreases", "higher": "lower", "rose": "fell",
    "gain": "loss", "growth": "decline", "above": "below", "more": "less", "up": "down",
}  # fmt: skip
DIRECTIONS |= {after: before for before, after in DIRECTIONS.items()}
DIRECTION = re.compile(r"\b(" + "|".join(DIRECTIONS) + r")\b")
ENTITY = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{3,}\b")
PARAGRAPHS = 4
"""Paragraphs that make a page of a collection that has none."""


@dataclass(frozen=True, slots=True)
class QuotedPage:
    """A page with its language, the text that another reader gives and what people copied from it."""

    page: Page
    language: str = "en"
    other_reader: str = ""
    copied: str = ""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=1000, help="how many pages of each collection to read")
    parser.add_argument("--half", choices=["development", "held-out"], default="held-out", help="of prose in languages")
    options = parser.parse_args()
    pages = [*gold_pages(options.pages), *prose_pages(options.half, options.pages)]
    tally: Counter[tuple[str, bool]] = Counter()
    started, quotes = time.process_time(), 0
    before: list[str] = []
    for quoted in pages:
        rng = random.Random(quoted.page.text)  # noqa: S311 - the same alterations every time
        for kind, quote in cases(quoted, before, rng):
            found = find(quoted.page.text, quote, units=quoted.page.units).location != "not_found"
            tally[kind, found] += 1
            quotes += 1
            if found != kind.startswith("true"):
                print(f"  {kind}: {' '.join(quote.split())[:140]!r}")
        before = texts_of(quoted.page)[1]
    print(f"{len(pages)} pages, {quotes} quotes, {(time.process_time() - started) * 1000 / quotes:.2f} ms a quote")
    _print_table(tally)


def _print_table(tally: Counter[tuple[str, bool]]) -> None:
    for kind in sorted({kind for kind, _ in tally}):
        print(f"{kind:44} {tally[kind, True]:6} of {tally[kind, True] + tally[kind, False]:6} found")
    for name, of in (("true", True), ("altered", False)):
        counts = [(found, n) for (kind, found), n in tally.items() if kind.startswith("true") is of]
        total = sum(n for _, n in counts)
        print(f"{name:44} {sum(n for found, n in counts if found):6} of {total:6} found")


def gold_pages(limit: int) -> Iterator[QuotedPage]:
    """Each gold page once: ours, another reader's text, and the evidence that people copied from it."""
    seen: dict[tuple[str, int], str] = {}
    for line in (DATA / "financebench" / "questions.jsonl").open():
        for item in json.loads(line)["evidence"]:
            seen.setdefault((item["doc"], item["page"]), item["text"])
    for (doc, number), evidence in sorted(seen.items())[:limit]:
        path = DATA / "financebench" / "pdfs" / f"{doc}.pdf"
        with PdfFile(path) as pdf:
            page = read_page(pdf, number + 1)
        page = page.model_copy(update={"units": tuple(units(page))})
        with pymupdf.open(path) as other:  # type: ignore[no-untyped-call]
            yield QuotedPage(page, other_reader=other[number].get_text(), copied=evidence)


def prose_pages(half: str, limit: int) -> Iterator[QuotedPage]:
    """Paragraphs in four languages, a few to a page; rules were made with one half of them."""
    for folder, language in (("xquad_en", "en"), ("xquad_de", "de"), ("xquad_es", "es"), ("cnil_fr", "fr")):
        lines = (DATA / "retrieval_multilingual" / folder / "corpus.jsonl").read_text("utf-8").splitlines()
        texts = [clean_text(json.loads(line)["text"]) for line in lines[half == "held-out" :: 2]]
        for at in range(0, min(len(texts), limit * PARAGRAPHS), PARAGRAPHS):
            text = "\n\n".join(texts[at : at + PARAGRAPHS])
            page = Page(locator=Locator(kind="part", number=1), text=text)
            yield QuotedPage(page.model_copy(update={"units": tuple(units(page))}), language)


def texts_of(page: Page) -> tuple[list[str], list[str]]:
    """Rows and sentences of a page that are long enough to be quoted, each that stands there once."""
    texts = [(unit.kind, page.text[unit.start : unit.end]) for unit in page.units]
    once = [(kind, text) for kind, text in texts if page.text.count(text) == 1]
    rows = [text for kind, text in once if kind == "row" and len(re.findall(r"\d[\d,.]*", text)) > 1]
    return rows, [text for kind, text in once if kind == "sentence" and len(text.split()) > 6]


def cases(quoted: QuotedPage, before: Sequence[str], rng: random.Random) -> Iterator[Case]:
    """Quotes of a page, true ones and altered ones, each with its kind; `before` are sentences of the page before."""
    rows, prose = texts_of(quoted.page)
    yield from (("true: table row", copied(row)) for row in rows)
    yield from (("true: sentence", " ".join(sentence.split())) for sentence in prose)
    yield from (("true: copied by people", s) for s in long_sentences(quoted.copied))
    yield from (("true: other reader", s) for s in long_sentences(quoted.other_reader))
    altered = [case for text in rows + prose for case in (*alterations(text, rng, quoted.language), *mutated(text))]
    there = one_line(quoted.page.text)
    for kind, quote in (*altered, *joins(prose, rng), *places(rows, before, rng)):
        # an alteration may make what stands elsewhere on the page: "2021" of "2020"
        if one_line(quote) not in there:
            yield kind, quote


def one_line(text: str) -> str:
    """The text in small letters with one blank for each run of white space."""
    return " ".join(text.casefold().split())


def copied(row: str) -> str:
    """A row as a model copies it."""
    return " ".join(re.sub(r"\.{3,}", " ", row).replace("$ ", "$").split())


def long_sentences(text: str) -> list[str]:
    """Sentences of running text of at least 8 words that are not of a table."""
    found = re.split(r"(?<=[a-z]\.)\s+(?=[A-Z])", text)
    lines = (" ".join(sentence.split()) for sentence in found if sentence.count("\n") <= len(sentence) / 40)
    return [line for line in lines if len(line.split()) >= 8 and sum(map(str.isdigit, line)) < len(line) / 8]


def mutated(text: str) -> Iterator[Case]:
    """Altered quotes whose sense is another: direction and name."""
    if direction := DIRECTION.search(text):
        yield "place: direction", text[: direction.start()] + DIRECTIONS[direction[0]] + text[direction.end() :]
    if entity := ENTITY.search(text):
        yield "place: entity", text[: entity.start()] + "Henderson" + text[entity.end() :]


if __name__ == "__main__":
    main()
