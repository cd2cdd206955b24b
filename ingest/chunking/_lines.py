"""Printed lines by what each is: part of a paragraph, a table row, a list item, a heading.

PDF pages say little about structure, so a line is judged by its own characters and by its neighbours.
"""

import re
from itertools import groupby
from typing import Literal, NamedTuple

from ingest.chunking._tables import GAP, is_row
from mistral_rag.text import can_begin

LineKind = Literal["blank", "prose", "row", "item", "heading", "line"]

BULLET = re.compile(r"[•●▪‣◦○∙·■□◆❖➢➔►✓❑☐☒*–—-][ \t\u00a0]+\S")
ENUMERATED = re.compile(r"\((?:\d{1,2}|[a-zA-Z]|[ivxIVX]{1,5})\)[ \t\u00a0]+\S|(?:\d{1,2}|[a-z])[.)][ \t\u00a0]+\S")
NAMED_HEADING = re.compile(
    r"(?:PART|Part)\s+[IVX]+\b|(?:ITEM|Item)\s+\d{1,2}[A-C]?\s*[.:–—-]|(?:NOTE|Note)\s+\d{1,2}\s*[.:–—-]"
    r"|(?:Chapter|Section|Article|Artikel|Kapitel|Abschnitt|Chapitre|Artículo|Capítulo)\s+\d+"
)
NUMBERED = re.compile(r"\d{1,2}(?:(?:\.\d{1,2}){1,3}\.?|\.)\s+(?=[A-ZÀ-Þ])")
HANGING = re.compile(r"[(\[]?\w{1,4}(?:\.\w{1,5})*[)\]*.]{0,2}(?:\t|[ \u00a0]{2,})(?:\S+ ){3}")
SENTENCE_WITHIN = re.compile(r"[^\W\d_]{3,}[.!?] +[A-ZÀ-Þ]")
SENTENCE_END = re.compile(r"""[.!?:;。！？]["'”’»)\]]*(?:\(?\d{1,2}\)?)?$""")
SMALL_WORDS = frozenset(
    {"a", "an", "and", "as", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with"}
    | {"und", "der", "die", "das", "von", "zur", "de", "la", "le", "les", "et", "des", "du", "y", "los", "las", "el"}
)
UNFINISHED = frozenset(
    {"a", "an", "and", "as", "at", "between", "by", "during", "for", "from", "her", "his", "into", "its", "nor", "of"}
    | {"or", "our", "than", "that", "the", "their", "to", "under", "until", "which", "with", "within", "your"}
    | {"und", "oder", "der", "die", "das", "dem", "den", "des", "ein", "eine", "einem", "einen", "einer", "eines"}
    | {"vom", "von", "zum", "zur", "im", "am", "beim", "bis", "für", "mit", "durch", "zwischen", "sowie"}
    | {"le", "la", "les", "un", "une", "et", "ou", "du", "de", "aux", "au", "dans", "pour", "avec", "chez", "entre"}
    | {"el", "los", "las", "una", "del", "al", "con", "para", "por", "hasta", "desde"}
    | {"il", "lo", "gli", "di", "della", "dei", "delle", "dal", "dalla", "nel", "nella", "alla", "per", "tra", "fra"}
    | {"het", "een", "van", "voor", "met", "tot", "tussen", "os", "dos", "das", "da", "em", "com", "até"}
)
"""Words that no sentence and no name ends with, but for "in", "on", "up", "zu", "an": these are parts of verbs too."""
CURRENCIES = frozenset(
    {"€", "$", "£", "¥", "₹", "US$", "Rs", "Rs.", "kr", "zł", "Kč", "EUR", "USD", "GBP", "CHF", "JPY", "CNY", "INR"}
    | {"SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "RON", "TRY", "CAD", "AUD", "NZD", "BRL", "MXN", "ZAR", "SGD", "HKD"}
)
"""Currencies at the end of a line, whose amount may begin the next one."""
MAX_LABEL_WORDS = 3
"""Words of a label, which may end with any: "Bill to", "Not valid until"; and of "Dear Mr. Baird,"."""
MIN_FULL_LINE = 30
"""Characters from which on a line counts for the width of its page: shorter ones are labels and cells."""
TYPICAL_WIDTH = 80
"""Characters of a full line on a page that has none."""
MAX_HEADING = 100
"""Characters of one line of a heading: what is longer fills the line as prose does."""
FULL_HEADING = 60
"""Characters from which on a heading may have a second line."""
MAX_HEADINGS_IN_A_ROW = 3
"""Short lines in a row that may be headings, each below another: more are a cover page or an address."""


class TextLine(NamedTuple):
    """One line of a page, without the blanks around it; a blank line has start == end.

    `opens` says that it does not go on with the paragraph of the line before it.
    """

    start: int
    end: int
    kind: LineKind
    opens: bool


def full_width(text: str) -> int:
    """Length of a full line of a page: the 80th percentile of its lines that are not short labels."""
    long = sorted(length for line in text.split("\n") if (length := len(line)) > MIN_FULL_LINE)
    return long[len(long) * 4 // 5] if long else TYPICAL_WIDTH


def read_lines(
    text: str, start: int, end: int, *, width: int = TYPICAL_WIDTH, one_item: bool = False
) -> list[TextLine]:
    """The lines of ``text[start:end]`` with what each is; `width` is that of the page's full lines.

    In `one_item`, which the layout of a page has told from others, only the first line begins an item: "– as agreed –".
    """
    ranges = _ranges(text, start, end)
    bodies = [text[begin:stop] for begin, stop in ranges]
    lines: list[TextLine] = []
    kind: LineKind = "blank"
    before = ""
    for (begin, stop), body, following in zip(ranges, bodies, [*bodies[1:], ""], strict=True):
        opens = kind not in {"prose", "item"} or _ended(before, body, width)
        kind = _kind(body, following, width, opens=opens)
        if one_item and kind == "item" and before and not opens and HANGING.match(body) is None:
            kind = "prose"
        lines.append(TextLine(begin, stop, kind, opens))
        before = body
    return _without_runs_of_headings(lines)


def same_lines(text: str, start: int, end: int, kind: LineKind) -> list[TextLine]:
    """The lines of a run of text that is known to be a table, or code."""
    return [TextLine(begin, stop, kind if stop > begin else "blank", True) for begin, stop in _ranges(text, start, end)]


def _ranges(text: str, start: int, end: int) -> list[tuple[int, int]]:
    found = []
    at = start
    for raw in text[start:end].split("\n"):
        body = raw.strip()
        lead = at + len(raw) - len(raw.lstrip()) if body else at
        found.append((lead, lead + len(body)))
        at += len(raw) + 1
    return found


def _ended(before: str, line: str, width: int) -> bool:
    """True when a paragraph ends with the line `before`: it is far from full, and `line` begins anew."""
    if not before:
        return True
    if line and before[-1] == ":":
        return can_begin(line)
    if len(before) >= 0.85 * width or not line or not can_begin(line) or before[-1] in ",-–":
        return False
    if is_unfinished(before, line):
        return False
    return len(before) < 0.6 * width or ends_sentence(before)


def ends_sentence(line: str) -> bool:
    """True when the last characters of a line are those of a sentence, or of a clause."""
    return SENTENCE_END.search(line, max(0, len(line) - 10)) is not None


def is_unfinished(before: str, line: str) -> bool:
    """True when a text can't end with the line `before`: `line`, which stands below it, goes on with it."""
    words = before.split()
    # the items of a sentence end with "; and"
    if len(words) <= MAX_LABEL_WORDS or words[-2][-1] == ";" or ENUMERATED.match(line):
        return False
    return (
        before[-1] in ",-–(" or words[-1] in UNFINISHED or (line[:1].isdigit() and words[-1].lstrip("(") in CURRENCIES)
    )


def _kind(line: str, following: str, width: int, *, opens: bool) -> LineKind:
    if not line:
        return "blank"
    bullet = BULLET.match(line)
    if is_row(line[1:].lstrip() if bullet else line):
        return "row"
    if not any(map(str.isalnum, line)):
        return "line"
    if opens and _is_heading(line, following, width):
        return "heading"
    if bullet or ENUMERATED.match(line) or HANGING.match(line):
        return "item"
    return "line" if opens and GAP.search(line) else "prose"


def _is_heading(line: str, following: str, width: int) -> bool:
    if len(line) > MAX_HEADING or not can_begin(following) or (following and is_unfinished(line, following)):
        return False
    if NAMED_HEADING.match(line):
        return True
    name = NUMBERED.sub("", line)
    if GAP.search(name) or ends_sentence(name) or name[-1] in ",-–" or not _is_capital(name):
        return False
    words = [word for word in name.split() if word[0].isalpha()]
    large = [word for word in words if word.lower() not in SMALL_WORDS]
    if not large or words[-1].lower() in SMALL_WORDS or SENTENCE_WITHIN.search(name):
        return False
    titled = all(map(_is_capital, large))
    return (titled and len(line) < 0.8 * width) or (len(line) < 0.5 * width and name == line) or name.isupper()


def _is_capital(text: str) -> bool:
    return text[0].isupper() or text[1:2].isupper()


def heading_wraps(heading: str, following: str) -> bool:
    """True when a heading can't end here, so that the next line belongs to it."""
    if heading[-1] in ",&-–—" or heading.split()[-1].lower() in SMALL_WORDS or not can_begin(following):
        return True
    if NAMED_HEADING.match(following):
        return False
    return len(heading) > FULL_HEADING or (heading.isupper() and following.isupper())


def _without_runs_of_headings(lines: list[TextLine]) -> list[TextLine]:
    """Take many short lines in a row as what they are: a cover page or an address, not headings."""
    result: list[TextLine] = []
    for kind, group in groupby(lines, key=lambda line: line.kind):
        run = list(group)
        if kind == "heading" and len(run) > MAX_HEADINGS_IN_A_ROW:
            run = [line._replace(kind="line") for line in run]
        result.extend(run)
    return result
