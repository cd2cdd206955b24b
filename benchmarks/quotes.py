"""True quotes found and wrong quotes accepted, on pages of real filings.

True quotes are table rows as a model copies them (one blank, no dot leaders), prose that people copied as
evidence, and sentences as another PDF reader gives them. Wrong quotes are true ones of the page with one thing
changed. A quote counts as found or accepted when it is located, once or several times.

    python -m benchmarks.quotes [--pages N]
"""

import argparse
import json
import random
import re
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pymupdf

from ingest.chunking import units
from mistral_rag.grounding._quotes.quotes import find
from mistral_rag.pdf import PdfFile, read_page
from mistral_rag.schema import Page

DATA = Path(__file__).parents[2] / "shared" / "data" / "financebench"
NEGATIONS = (("did not", "did"), (" not ", " "), ("no ", "any "), ("without", "with"))
VERBS = re.compile(r"\b(is|are|was|were|has|have|will|may|can)\b")
DIRECTIONS = {
    "increase": "decrease", "increased": "decreased", "increases": "decreases", "higher": "lower", "rose": "fell",
    "gain": "loss", "growth": "decline", "above": "below", "more": "less", "up": "down",
}  # fmt: skip
DIRECTIONS |= {after: before for before, after in DIRECTIONS.items()}
DIRECTION = re.compile(r"\b(" + "|".join(DIRECTIONS) + r")\b")
ENTITY = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{3,}\b")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=1000, help="how many gold pages of the questions to read")
    pages = list(gold_pages(parser.parse_args().pages))
    rng = random.Random(0)  # noqa: S311 - the same mutations every time
    tally: Counter[tuple[str, bool]] = Counter()
    started, quotes = time.process_time(), 0
    for page, mu_text, evidence in pages:
        for kind, quote in cases(page, mu_text, evidence, rng):
            found = find(page.text, quote).location != "not_found"
            tally[kind, found] += 1
            quotes += 1
            if found == kind.startswith("wrong"):
                print(f"  {kind}: {' '.join(quote.split())[:110]!r}")
    print(f"{len(pages)} pages, {quotes} quotes, {(time.process_time() - started) * 1000 / quotes:.2f} ms a quote")
    for kind in sorted({kind for kind, _ in tally}):
        print(f"{kind:28} {tally[kind, True]:5} of {tally[kind, True] + tally[kind, False]:5}")


def gold_pages(limit: int) -> Iterator[tuple[Page, str, str]]:
    """Each gold page once: ours, another reader's text, and the evidence that people copied from it."""
    seen: dict[tuple[str, int], str] = {}
    for line in (DATA / "questions.jsonl").open():
        for item in json.loads(line)["evidence"]:
            seen.setdefault((item["doc"], item["page"]), item["text"])
    for (doc, number), evidence in sorted(seen.items())[:limit]:
        path = DATA / "pdfs" / f"{doc}.pdf"
        with PdfFile(path) as pdf:
            page = read_page(pdf, number + 1)
        with pymupdf.open(path) as other:  # type: ignore[no-untyped-call]
            yield page, other[number].get_text(), evidence


def cases(page: Page, mu_text: str, evidence: str, rng: random.Random) -> Iterator[tuple[str, str]]:
    """Quotes of a page, true ones and wrong ones, each with its kind."""
    texts = [(unit.kind, page.text[unit.start : unit.end]) for unit in units(page)]
    rows = [text for kind, text in texts if kind == "row" and len(re.findall(r"\d[\d,.]*", text)) > 1]
    prose = [text for kind, text in texts if kind == "sentence" and len(text.split()) > 6]
    yield from (("true: table row", copied(row)) for row in rows)
    yield from (("true: copied by people", s) for s in long_sentences(evidence))
    yield from (("true: other reader", s) for s in long_sentences(mu_text))
    for text in rows + prose:
        yield from ((f"wrong: {kind}", wrong) for kind, wrong in mutated(text, rng))


def copied(row: str) -> str:
    """A row as a model copies it."""
    return " ".join(re.sub(r"\.{3,}", " ", row).replace("$ ", "$").split())


def long_sentences(text: str) -> list[str]:
    """Sentences of running text of at least 8 words that are not of a table."""
    found = re.split(r"(?<=[a-z]\.)\s+(?=[A-Z])", text)
    lines = (" ".join(sentence.split()) for sentence in found if sentence.count("\n") <= len(sentence) / 40)
    return [line for line in lines if len(line.split()) >= 8 and sum(map(str.isdigit, line)) < len(line) / 8]


def mutated(text: str, rng: random.Random) -> Iterator[tuple[str, str]]:
    """Wrong versions of a true quote."""
    digits = [match.start() for match in re.finditer(r"\d", text)]
    for at in rng.sample(digits, min(3, len(digits))):
        other = rng.choice([d for d in "0123456789" if d != text[at]])
        yield "digit changed", text[:at] + other + text[at + 1 :]
    numbers = list(re.finditer(r"\d[\d,.]*\d", text))
    if len(numbers) > 1 and numbers[0][0] != numbers[1][0]:
        a, b = numbers[:2]
        yield "numbers swapped", text[: a.start()] + b[0] + text[a.end() : b.start()] + a[0] + text[b.end() :]
    if negative := re.search(r"\((\d[\d,.]*)\)", text):
        yield "sign", text[: negative.start()] + negative[1] + text[negative.end() :]
    elif numbers and "(" not in text:
        yield "sign", f"{text[: numbers[0].start()]}({numbers[0][0]}){text[numbers[0].end() :]}"
    if verb := VERBS.search(text):
        yield "negation", f"{text[: verb.end()]} not{text[verb.end() :]}"
    for before, after in NEGATIONS:
        if before in text:
            yield "negation", text.replace(before, after, 1)
    if direction := DIRECTION.search(text):
        yield "direction", text[: direction.start()] + DIRECTIONS[direction[0]] + text[direction.end() :]
    if entity := ENTITY.search(text):
        yield "entity", text[: entity.start()] + "Henderson" + text[entity.end() :]


if __name__ == "__main__":
    main()
