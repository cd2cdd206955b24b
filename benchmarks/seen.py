"""Quotes against the pictures of their pages: wrong ones that are caught, right ones that are not, and what it costs.

*right*: units of pages of filings and reports as our parser reads them; of those that differ, how many stand on pages
whose text layer a build does not believe, and reads by OCR. *generated*: such quotes made wrong: a digit
changed, dropped or cut off, a sign or a word dropped, the lines of two columns woven, text quoted where nothing or
something else is printed. *cases*: lines of PDF files in a folder, each with its verdict, to be judged by a reader.

A file belongs to one half by its name: `--half tuned` is what thresholds were set on, `--half held` the rest.

    python -m benchmarks.seen [--right N] [--wrong N] [--half tuned|held|both] [--seed N] [--cases FOLDER] [--json FILE]
"""

import argparse
import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit
from urllib.request import url2pathname

from ingest.chunking import units
from ingest.parsing import parse
from mistral_rag.errors import ParseError
from mistral_rag.pdf import PdfFile, read_page, read_pages
from mistral_rag.schema import Page, Source, WordBoxes
from mistral_rag.witness import PictureWitness, Sighting

CHECKOUT = Path(__file__).parents[1]
DATA = CHECKOUT.parent / "shared" / "data"
SETS = ("financebench", "docugami_10q", "mmlongbench")
UNITS_PER_PAGE = 4
Record = tuple[int, int, float, float, float, float]


@dataclass(frozen=True, slots=True)
class Quote:
    """A quote of a page, right or made wrong in the way that `kind` says."""

    kind: str
    source: Source
    page: Page
    start: int
    end: int

    @property
    def text(self) -> str:
        """The quoted text."""
        return self.page.text[self.start : self.end]


def main() -> None:
    parser = argparse.ArgumentParser(description="Quotes against the pictures of their pages.")
    parser.add_argument("--right", type=int, default=1000, help="right quotes")
    parser.add_argument("--wrong", type=int, default=100, help="generated wrong quotes of each kind")
    parser.add_argument("--seed", type=int, default=13, help="of the choice of quotes")
    parser.add_argument("--half", choices=("tuned", "held", "both"), default="both")
    parser.add_argument("--cases", type=Path, help="a folder of PDF files whose lines are shown with their verdicts")
    parser.add_argument("--json", type=Path, help="where to write the quotes that were not judged as they should be")
    parser.add_argument("--set", choices=SETS, action="append", help="only this set")
    arguments = parser.parse_args()
    files = [path for name in arguments.set or SETS for path in sorted((DATA / name / "pdfs").glob("*.pdf"))]
    if arguments.half != "both":
        files = [path for path in files if is_held(path) == (arguments.half == "held")]
    misjudged: list[dict[str, str | int]] = []
    with PictureWitness() as witness:
        if arguments.cases:
            show_cases(witness, arguments.cases)
            return
        measured(witness, right_quotes(files, arguments.right, arguments.seed), misjudged)
        for kind in WAYS:
            measured(witness, wrong_quotes(files, arguments.wrong, kind, arguments.seed), misjudged)
    if arguments.json:
        arguments.json.write_text(json.dumps(misjudged, indent=1, ensure_ascii=False), "utf-8")


def is_held(path: Path) -> bool:
    """True for files of the half that is held back from tuning."""
    return sha256(path.name.encode()).digest()[0] % 2 == 1


def measured(witness: PictureWitness, quotes: Iterator[Quote], misjudged: list[dict[str, str | int]]) -> None:
    """Show the verdicts on quotes, and their time."""
    found: dict[str, list[tuple[str, float, int]]] = defaultdict(list)
    differing: list[Quote] = []
    for quote in quotes:
        sighting = witness.look(quote.source, quote.page, [(quote.start, quote.end)])
        found[quote.kind].append((sighting.seen, sighting.seconds, quote.end - quote.start))
        if (sighting.seen == "agrees") != (quote.kind == "right"):
            misjudged.append(described(quote, sighting))
        if (quote.kind, sighting.seen) == ("right", "differs"):
            differing.append(quote)
    show(found)
    if differing:
        print(f"{'':16} {sum(map(is_read_by_ocr, differing)):5}  of these {len(differing)} on pages read by OCR")


def is_read_by_ocr(quote: Quote) -> bool:
    """True for a quote on a page whose text layer a build does not use."""
    return quote.page.locator.number in pages_without_layer(quote.source.uri)


@cache
def pages_without_layer(uri: str) -> frozenset[int | None]:
    """Pages of a file that a build reads by OCR."""
    parsed = parse(Path(url2pathname(urlsplit(uri).path)), PDF)
    return frozenset(problem.page for problem in parsed.unread)


def described(quote: Quote, sighting: Sighting) -> dict[str, str | int]:
    return {
        "kind": quote.kind,
        "file": quote.source.name,
        "page": quote.page.locator.number,
        "seen": sighting.seen,
        "quote": quote.text,
        "read": sighting.text or sighting.reason,
        "start": quote.start,
        "end": quote.end,
    }


def show(found: dict[str, list[tuple[str, float, int]]]) -> None:
    for kind, rows in sorted(found.items()):
        counts = Counter(seen for seen, _, _ in rows)
        shares = "  ".join(f"{name} {counts[name] / len(rows):.3f}" for name in ("agrees", "differs", "unreadable"))
        times = [seconds * 1000 for _, seconds, _ in rows]
        characters = sum(length for *_, length in rows)
        print(
            f"{kind:16} {len(rows):5}  {shares}  unchecked {counts['unchecked'] / len(rows):.3f}"
            f"  CPU ms a quote: median {median(times):.0f}, mean {sum(times) / len(times):.0f}"
            f"; {sum(times) / characters:.2f} a character",
            flush=True,
        )


def show_cases(witness: PictureWitness, folder: Path) -> None:
    for path in sorted(folder.glob("*.pdf")):
        for page in read_pages(path):
            for start, end in lines_of(page.text):
                sighting = witness.look(source_of(path), page, [(start, end)])
                print(f"{path.name} p. {page.locator.number} {sighting.seen}: {page.text[start:end]!r}")
                if sighting.seen != "agrees":
                    print(f"    read: {sighting.text or sighting.reason!r}")


def lines_of(text: str) -> Iterator[tuple[int, int]]:
    for match in re.finditer(r"[^\n]*\S[^\n]*", text):
        yield match.span()


def source_of(path: Path) -> Source:
    """The source that a file is."""
    digest = sha256(path.read_bytes()).hexdigest()
    return Source(uri=path.resolve().as_uri(), digest=digest, name=path.name, title=path.stem, media_type=PDF)


PDF = "application/pdf"


def pages(files: Sequence[Path], chance: random.Random) -> Iterator[tuple[Source, Page]]:
    """Pages of the files in random order, each file as often as any other."""
    sources = {path: source_of(path) for path in files}
    while True:
        path = chance.choice(files)
        try:
            with PdfFile(path) as pdf:
                page = read_page(pdf, chance.randrange(len(pdf)) + 1)
        except ParseError:
            continue
        if page.words.data:
            yield sources[path], page.model_copy(update={"units": units(page)})


def right_quotes(files: Sequence[Path], count: int, seed: int) -> Iterator[Quote]:
    """Units of pages, some of each."""
    chance = random.Random(seed)  # noqa: S311
    left = count
    for source, page in pages(files, chance):
        for unit in chance.sample(page.units, min(UNITS_PER_PAGE, len(page.units), left)):
            left -= 1
            yield Quote("right", source, page, unit.start, unit.end)
        if not left:
            return


def wrong_quotes(files: Sequence[Path], count: int, kind: str, seed: int) -> Iterator[Quote]:
    """Quotes made wrong in one way."""
    chance = random.Random(f"{seed} {kind}")  # noqa: S311
    left = count
    for _, (source, page) in zip(range(100 * count), pages(files, chance), strict=False):
        if left and (spoilt := WAYS[kind](page, chance)) is not None:
            left -= 1
            yield Quote(kind, source, *spoilt)
        if not left:
            return


Spoilt = tuple[Page, int, int]


def in_unit(page: Page, pattern: str, chance: random.Random) -> tuple[re.Match[str], int, int] | None:
    """A random match in a random unit of the page."""
    found = [
        (match, unit.start, unit.end)
        for unit in page.units
        for match in re.finditer(pattern, page.text[unit.start : unit.end])
    ]
    return chance.choice(found) if found else None


def digit_changed(page: Page, chance: random.Random) -> Spoilt | None:
    if (found := in_unit(page, r"\d", chance)) is None:
        return None
    match, start, end = found
    other = chance.choice([digit for digit in "0123456789" if digit != match[0]])
    return rewritten(page, start + match.start(), 1, other), start, end


def digit_dropped(page: Page, chance: random.Random) -> Spoilt | None:
    if (found := in_unit(page, r"(?<=\d)\d|\d(?=\d)", chance)) is None:
        return None
    match, start, end = found
    return rewritten(page, start + match.start(), 1, ""), start, end - 1


def sign_dropped(page: Page, chance: random.Random) -> Spoilt | None:
    if (found := in_unit(page, r"(?<!\S)[(−–-](?=\d)|(?<=\d)[%.,](?=\d|\s)|(?<=\d)%", chance)) is None:
        return None
    match, start, end = found
    # a point or comma behind a number ends a sentence
    if match[0] in ".," and not page.text[start + match.end()].isdigit():
        return None
    return rewritten(page, start + match.start(), 1, ""), start, end - 1


def word_dropped(page: Page, chance: random.Random) -> Spoilt | None:
    if (found := in_unit(page, r"(?<=\w )\w+ (?=\w)", chance)) is None:
        return None
    match, start, end = found
    return rewritten(page, start + match.start(), len(match[0]), ""), start, end - len(match[0])


def digit_cut_off(page: Page, chance: random.Random) -> Spoilt | None:
    """A number at the edge of a quote whose first digit has a box outside of the quote's."""
    if (found := in_unit(page, r"(?<!\S)\d{2,}(?=\s)", chance)) is None:
        return None
    match, start, _ = found
    at = start + match.start()
    word = page.words.between(at, at + 1)[0]
    if word.start != at or word.end < at + len(match[0]):
        return None
    share = 1 / (word.end - word.start)
    left = word.box.left + share * (word.box.right - word.box.left)
    records = [
        (w.start + 1, w.end, left, w.box.top, w.box.right, w.box.bottom) if w == word else (w.start, w.end, *sides(w))
        for w in page.words
    ]
    return replaced(page, page.text, records), at + 1, at + len(match[0])


def hidden(page: Page, chance: random.Random) -> Spoilt | None:
    """A sentence whose boxes lie where nothing is printed, or where something else is."""
    lines = list(lines_of(page.text))
    start, end = chance.choice(lines)
    words = page.words.between(start, end)
    text = " ".join(chance.choice(["the", "official", "amount", "total", "award", "is", "1", "USD"]) for _ in words)
    if not words or len(words) < 3:
        return None
    shift = 0.0 if chance.random() < 0.5 else free_band(page, words[0].box.bottom - words[0].box.top)
    if shift is None:
        return None
    records: list[Record] = []
    at = 0
    for word, new in zip(words, text.split(), strict=True):
        top = shift or word.box.top
        records.append((at, at + len(new), word.box.left, top, word.box.right, top + word.box.bottom - word.box.top))
        at += len(new) + 1
    return replaced(page, text, records), 0, len(text)


def free_band(page: Page, height: float) -> float | None:
    """The top of a band across the page without a word."""
    tops = sorted((word.box.top, word.box.bottom) for word in page.words)
    below = 0.0
    for top, bottom in tops:
        if top - below > 3 * height and below > 0:
            return below + height
        below = max(below, bottom)
    return below + height if below + 3 * height < 1 else None


def woven(page: Page, chance: random.Random) -> Spoilt | None:
    """Lines of two blocks of prose side by side, read across."""
    blocks = [block for block in page.blocks if block.kind == "text"]
    pairs = [
        (a, b) for a in blocks for b in blocks if a is not b and (rows := side_by_side(page, a, b)) and len(rows) > 1
    ]
    if not pairs:
        return None
    rows = side_by_side(page, *chance.choice(pairs))[:3]
    text = ""
    records: list[Record] = []
    for left, right in rows:
        for start, end in (left, right):
            text += "" if not text else ("\n" if (start, end) == left else " ")
            base = len(text)
            records += [
                (w.start - start + base, w.end - start + base, *sides(w)) for w in page.words.between(start, end)
            ]
            text += page.text[start:end]
    return replaced(page, text, records), 0, len(text)


def side_by_side(page: Page, left: object, right: object) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Pairs of lines of two blocks that stand on one height, with words of prose on both sides."""
    found = []
    lines = [
        [(start, end) for start, end in lines_of(page.text) if block.start <= start < block.end]  # type: ignore[attr-defined]
        for block in (left, right)
    ]
    for a in lines[0]:
        for b in lines[1]:
            one, two = page.words.between(*a), page.words.between(*b)
            if not one or not two or min(len(one), len(two)) < 3:
                continue
            apart = two[0].box.left - max(word.box.right for word in one)
            if 0 < apart < 0.15 and abs(one[0].box.top - two[0].box.top) < 0.3 * (one[0].box.bottom - one[0].box.top):
                found.append((a, b))
    return found


WAYS: dict[str, Callable[[Page, random.Random], Spoilt | None]] = {
    "digit changed": digit_changed,
    "digit dropped": digit_dropped,
    "digit cut off": digit_cut_off,
    "sign dropped": sign_dropped,
    "word dropped": word_dropped,
    "hidden": hidden,
    "woven": woven,
}


def rewritten(page: Page, at: int, length: int, new: str) -> Page:
    """The page with other characters from `at` on; words that lose all of theirs are gone."""
    change = len(new) - length

    def moved(offset: int) -> int:
        return offset if offset <= at else max(offset + change, at + len(new))

    records = [(moved(w.start), moved(w.end), *sides(w)) for w in page.words]
    return replaced(page, page.text[:at] + new + page.text[at + length :], [r for r in records if r[0] < r[1]])


def replaced(page: Page, text: str, records: Sequence[Record]) -> Page:
    return Page(locator=page.locator, text=text, width=page.width, height=page.height, words=WordBoxes.pack(records))


def sides(word: object) -> tuple[float, float, float, float]:
    box = word.box  # type: ignore[attr-defined]
    return box.left, box.top, box.right, box.bottom


if __name__ == "__main__":
    main()
