"""Quotes that turn what a page says, and true quotes in other typography, made from pages of 10-Q filings.

Each wrong quote is made of a page's own words: an ellipsis over a negation, halves of two sentences, another sign or
currency, a number or word cut short, a negation left outside. Each true one differs from the page in typography only.
Files are divided in halves by their place in the list; rules were made with the first half and are judged by the other.

    python -m benchmarks.quote_attacks [--half development|held-out] [--pages N]
"""

import argparse
import random
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from ingest.chunking import units
from mistral_rag.grounding._quotes.quotes import find
from mistral_rag.pdf import PdfFile, read_page

DATA = Path(__file__).parents[2] / "shared" / "data"
NEGATION = re.compile(r"\s(?:not|no|never|without|neither|nor|unless|except)\s")
SIGN = re.compile(r"\d\s?%|\([\d,.]+\)|[$€£☐☒]|(?<=\s)[-–—]\s?\d")
OTHER_SIGNS = {"$": "₹", "€": "$", "£": "€", "☐": "☒", "☒": "☐"}
LIGATURES = (("ffi", "ﬃ"), ("fi", "ﬁ"), ("fl", "ﬂ"))

CUT_KINDS = {"wrong: unit cut", "wrong: number cut", "wrong: ends before negation", "wrong: begins behind negation"}

Case = tuple[str, str]
"""The kind of a quote, "true: …" or "wrong: …", and the quote."""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--half", choices=["development", "held-out"], default="held-out")
    parser.add_argument("--pages", type=int, default=25, help="pages of each file")
    options = parser.parse_args()
    tally: Counter[tuple[str, bool]] = Counter()
    for text, texts in pages(options.half, options.pages):
        for kind, quote in cases(text, texts, random.Random(text)):  # noqa: S311 (the same quotes every time)
            if kind in CUT_KINDS and one_line(text).casefold().count(one_line(quote).casefold()) > 1:
                continue  # it stands elsewhere on the page as well, where it may be whole
            verified = find(text, quote).location in {"exact", "normalised"}
            tally[kind, verified] += 1
            if verified == kind.startswith("wrong"):
                print(f"  {kind}: {' '.join(quote.split())[:150]!r}")
    for kind in sorted({kind for kind, _ in tally}):
        print(f"{kind:32} {tally[kind, True]:5} of {tally[kind, True] + tally[kind, False]:5} verified")


def pages(half: str, limit: int) -> Iterator[tuple[str, list[Case]]]:
    """Texts of pages with their units, as kind and text."""
    files = sorted([*DATA.glob("docugami_10q/pdfs/*.pdf"), *DATA.glob("financebench/pdfs/*.pdf")])
    for path in files[half == "held-out" :: 2]:
        with PdfFile(path) as pdf:
            for number in range(1, min(limit, len(pdf)) + 1):
                page = read_page(pdf, number)
                yield page.text, [(unit.kind, page.text[unit.start : unit.end]) for unit in units(page)]


def cases(text: str, texts: list[Case], rng: random.Random) -> Iterator[Case]:
    """Quotes of a page that stands in `text` once each, true ones and wrong ones."""
    once = [(kind, t) for kind, t in texts if one_line(text).count(one_line(t)) == 1]
    prose = [t for kind, t in once if kind == "sentence" and len(t.split()) > 9]
    rows = [t for kind, t in once if kind == "row" and SIGN.search(t)]
    chosen = rng.sample(prose, min(4, len(prose))) + rng.sample(rows, min(4, len(rows)))
    for quote in chosen:
        yield from true(quote)
        yield from swapped(quote, rng)
        yield from cut(quote, rng)
    for quote in prose:
        yield from over_negation(quote)
    for first, then in pairwise(prose):
        one, other = half_of(first, end=False), half_of(then, end=True)
        if f"{one} {other}" not in one_line(text):
            yield "wrong: halves joined", f"{one} … {other}"


def one_line(text: str) -> str:
    """The text with one blank for each run of white space."""
    return " ".join(text.split())


def true(quote: str) -> Iterator[Case]:
    """The quote in other typography."""
    yield "true: white space", "  ".join(quote.split())
    yield "true: straight quotes, hyphens", quote.translate(str.maketrans("“”‘’–—", "\"\"''--"))
    yield "true: decomposed", unicodedata.normalize("NFD", quote)
    yield "true: soft hyphens", re.sub(r"(?<=[a-z]{4})(?=[a-z]{4})", "\u00ad", quote)
    ligated = quote
    for plain, ligature in LIGATURES:
        ligated = ligated.replace(plain, ligature)
    yield "true: ligatures", ligated


def swapped(quote: str, rng: random.Random) -> Iterator[Case]:
    """Another sign, or none."""
    signs = list(SIGN.finditer(quote))
    if not signs:
        return
    found = rng.choice(signs)
    sign = next(char for char in found[0] if not (char.isdigit() or char in " ,."))
    dropped = found[0].replace(sign, "").replace(")", "").strip()
    yield "wrong: sign dropped", f"{quote[: found.start()]}{dropped}{quote[found.end() :]}"
    other = OTHER_SIGNS.get(sign, "‰" if sign == "%" else "±")
    turned = found[0].replace(sign, other).replace(")", "")
    yield "wrong: sign changed", f"{quote[: found.start()]}{turned}{quote[found.end() :]}"


def cut(quote: str, rng: random.Random) -> Iterator[Case]:
    """The quote up to the middle of a word or number."""
    words = [found for found in re.finditer(r"[a-zA-Z]{5,}", quote) if found.start() > 20]
    numbers = [found for found in re.finditer(r"\d[\d,.]*\d", quote) if found.start() > 10]
    if words:
        word = rng.choice(words)
        yield "wrong: word cut", quote[: word.end() - 2]
    if numbers:
        number = rng.choice(numbers)
        yield "wrong: number cut", quote[: number.end() - 1]
    if (percent := re.search(r"\d\s?%", quote)) and percent.start() > 10:
        yield "wrong: unit cut", quote[: percent.end() - 1].rstrip()


def over_negation(quote: str) -> Iterator[Case]:
    """The quote without its negation: an ellipsis over it, or cut just behind or before it."""
    found = NEGATION.search(quote)
    if not found:
        return
    before, behind = quote[: found.start()], quote[found.end() :]
    if len(before.split()) > 3 and len(behind.split()) > 3:
        yield "wrong: ellipsis over negation", f"{before} … {behind}"
    if found[0].strip() in {"not", "never", "without"} and len(behind.split()) > 3:
        yield "wrong: begins behind negation", behind
        yield "wrong: ends before negation", before.rstrip(",")


def half_of(sentence: str, *, end: bool) -> str:
    """One half of a sentence, cut between two words."""
    words = sentence.split()
    middle = len(words) // 2
    return " ".join(words[middle:] if end else words[:middle])


if __name__ == "__main__":
    main()
