"""What each printed line is: part of a sentence, a table row, a list item, a heading.

PDF pages say little about structure, so a line is judged by its own characters and by its neighbours.
"""

import re
from collections.abc import Sequence
from itertools import groupby, pairwise
from typing import Literal, NamedTuple

LineKind = Literal["blank", "prose", "row", "item", "heading", "line"]

NUMBER = r"[(\[]?[-–−+]?[$€£¥]?[-–−]?\(?\d(?:[\d.,/:]*\d)?\)?[%x]?\)?[\])]?(?:\(\w\))?"
CELL = re.compile(rf"{NUMBER}|[—–\-*]{{1,3}}|N/?[AM]|n/?[am]")
SIGN = re.compile(r"[$€£¥%)(]+|US\$|C\$|\)%|%\)")
GAP = re.compile(r"\t|[ \u00a0]{2,}")
LEADERS = re.compile(r"(?:\.[ \u00a0]?){4,}|_{4,}|…{2,}")
BULLET = re.compile(r"[•●▪‣◦○∙·■□➢►✓❑☐☒*–—-][ \t\u00a0]+\S")
ENUMERATED = re.compile(r"\((?:\d{1,2}|[a-zA-Z]|[ivxIVX]{1,5})\)[ \t\u00a0]+\S|(?:\d{1,2}|[a-z])[.)][ \t\u00a0]+\S")
NAMED_HEADING = re.compile(
    r"(?:PART|Part)\s+[IVX]+\b|(?:ITEM|Item)\s+\d{1,2}[A-C]?\s*[.:–—-]|(?:NOTE|Note)\s+\d{1,2}\s*[.:–—-]"
    r"|(?:Chapter|Section|Article|Artikel|Kapitel|Abschnitt|Chapitre|Artículo|Capítulo)\s+\d+|\d{1,2}(?:\.\d{1,2}){1,3}\.?\s+[A-Z]"
)
SENTENCE_END = re.compile(r"""[.!?:;。！？]["'”’»)\]]*(?:\(?\d{1,2}\)?)?$""")
SMALL_WORDS = frozenset(
    {
        "a",
        "an",
        "and",
        "as",
        "at",
        "by",
        "for",
        "from",
        "in",
        "of",
        "on",
        "or",
        "the",
        "to",
        "und",
        "der",
        "die",
        "das",
        "von",
        "de",
        "la",
        "le",
        "les",
        "et",
        "des",
        "du",
        "y",
        "los",
        "las",
        "el",
    }
)
HEADING_LENGTH = 100
LONGEST_RUN_OF_HEADINGS = 3


class Line(NamedTuple):
    """One line of a page, without the blanks around it; a blank line has start == end."""

    start: int
    end: int
    kind: LineKind


def read_lines(text: str, start: int, end: int) -> list[Line]:
    """The lines of ``text[start:end]`` with what each is."""
    ranges = list(_ranges(text, start, end))
    width = _full_width([stop - begin for begin, stop in ranges])
    lines: list[Line] = []
    for at, (begin, stop) in enumerate(ranges):
        following = text[slice(*ranges[at + 1])] if at + 1 < len(ranges) else ""
        before = lines[-1] if lines else Line(start, start, "blank")
        lines.append(
            Line(begin, stop, _kind(text[begin:stop], text[before.start : before.end], before.kind, following, width))
        )
    return _without_runs_of_headings(_with_table_labels(text, lines))


def _ranges(text: str, start: int, end: int) -> "list[tuple[int, int]]":
    found = []
    at = start
    for raw in text[start:end].split("\n"):
        body = raw.strip()
        lead = at + len(raw) - len(raw.lstrip()) if body else at
        found.append((lead, lead + len(body)))
        at += len(raw) + 1
    return found


def _full_width(lengths: Sequence[int]) -> int:
    """How long a full line of this page is: the 80th percentile of lines that are not short labels."""
    long = sorted(length for length in lengths if length > 30)
    return long[len(long) * 4 // 5] if long else 80


def _kind(line: str, before: str, kind_before: LineKind, following: str, width: int) -> LineKind:
    if not line:
        return "blank"
    if is_row(line):
        return "row"
    if BULLET.match(line) or ENUMERATED.match(line):
        return "item"
    opens = kind_before not in {"prose", "item"} or bool(SENTENCE_END.search(before)) or len(before) < 0.5 * width
    if opens and _is_heading(line, following, width):
        return "heading"
    return "prose"


def is_row(line: str) -> bool:
    """Whether a line looks like a row of a table: it ends in cells of numbers, or has wide gaps."""
    tokens = line.split()
    cells, signs = trailing_cells(tokens)
    gaps = len(GAP.findall(line))
    if cells >= 2 or gaps >= 2:
        return True
    if cells == 1:
        return len(tokens) - signs == 1 or signs > 0 or gaps > 0 or bool(LEADERS.search(line))
    return bool(LEADERS.search(line)) and len(tokens) > 1


def trailing_cells(tokens: Sequence[str]) -> tuple[int, int]:
    """How many of the last tokens are cells of numbers, and how many are signs between them."""
    cells = signs = 0
    for token in reversed(tokens):
        if CELL.fullmatch(token):
            cells += 1
        elif SIGN.fullmatch(token):
            signs += 1
        else:
            break
    return cells, signs


def _is_heading(line: str, following: str, width: int) -> bool:
    if len(line) > HEADING_LENGTH or (following and following[0].islower()):
        return False
    if NAMED_HEADING.match(line):
        return True
    if SENTENCE_END.search(line) or line[-1] in ",-" or not line[0].isupper():
        return False
    words = [word for word in line.split() if word[0].isalpha() and word.lower() not in SMALL_WORDS]
    capitals = sum(word[0].isupper() for word in words)
    return bool(words) and (
        len(line) < 0.5 * width or line.isupper() or (capitals == len(words) and len(line) < 0.8 * width)
    )


def _with_table_labels(text: str, lines: list[Line]) -> list[Line]:
    """Labels without numbers that stand between rows ("Current assets:") are rows of the table too."""
    rows = [at for at, line in enumerate(lines) if line.kind == "row"]
    for before, after in pairwise(rows):
        between = lines[before + 1 : after]
        if 0 < len(between) <= 2 and all(_is_label(text, line) for line in between):
            for at in range(before + 1, after):
                lines[at] = lines[at]._replace(kind="row")
    return lines


def _is_label(text: str, line: Line) -> bool:
    body = text[line.start : line.end]
    return 0 < len(body) <= HEADING_LENGTH and body[-1] != "." and not NAMED_HEADING.match(body)


def _without_runs_of_headings(lines: list[Line]) -> list[Line]:
    """Many short lines in a row are a cover page or an address, not headings."""
    result: list[Line] = []
    for kind, group in groupby(lines, key=lambda line: line.kind):
        run = list(group)
        if kind == "heading" and len(run) > LONGEST_RUN_OF_HEADINGS:
            run = [line._replace(kind="line") for line in run]
        result.extend(run)
    return result
