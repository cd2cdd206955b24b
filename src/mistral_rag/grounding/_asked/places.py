"""Places on a page: what stands above a unit, and what parts it from that."""

import re
from typing import Final

from mistral_rag.grounding._asked.things import Thing, codes_like, has_code
from mistral_rag.grounding._evidence.evidence import EvidenceUnit
from mistral_rag.schema import Page

MAX_HEAD_LINES: Final = 3
"""Lines at the start of a page that may be its running header and title."""
MAX_HEAD_LINE: Final = 120
"""Characters of such a line; longer ones are sentences of the text."""
_WORD: Final = re.compile(r"[^\W_]+")


def place_of(unit: EvidenceUnit) -> str:
    """Names of the place of a unit: headings, and the short lines that a page begins with."""
    page = unit.passage.page
    head: list[str] = []
    for first in page.units[:MAX_HEAD_LINES]:
        if first.kind == "row" or first.end - first.start > MAX_HEAD_LINE:
            break
        head.append(page.text[first.start : first.end])
    return " ".join((*unit.passage.chunk.headings, page.locator.label, *head))


def is_other_row(page: Page, index: int, other: int) -> bool:
    return page.units[index].kind == "row" == page.units[other].kind


def is_row_of_values(text: str) -> bool:
    """True for a row with a figure that is no field of a form: "Lagoon 2.22", not "Order: 17"."""
    return any(map(str.isdigit, text)) and not _label(text)


def has_rival(page: Page, first: int, last: int, thing: Thing) -> bool:
    """True when a label or heading of the same form, or another code, stands between `first` and `last`.

    "Customer: B" below "Customer: A", the heading of B's section below that of A's.
    """
    units = page.units
    label = _label(page.text[units[first].start : units[first].end])
    for index in range(first + 1, last + 1):
        if units[first].kind == "heading" == units[index].kind:
            return True
        text = page.text[units[index].start : units[index].end]
        if (label and _label(text) == label) or (thing.kind == "code" and _has_code_like(thing, text)):
            return True
    return False


def _has_code_like(thing: Thing, text: str) -> bool:
    return has_code(text) or (not thing.text.isdigit() and bool(codes_like(thing, text)))


def _label(text: str) -> str:
    """The words before the colon of a form's line; empty for other texts."""
    label, colon, value = text.partition(":")
    words = _WORD.findall(label.casefold())
    return " ".join(words) if colon and value.strip() and 0 < len(words) <= 6 else ""
