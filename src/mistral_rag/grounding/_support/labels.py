"""Labels and their values: the smallest run of units that holds both.

A label stands in the unit of its value ("Cashier: A. Bell", a row of a table), above it (a heading and the line below,
the lines of an item above its price), or below it (the caption of a figure).
"""

import re
from collections.abc import Callable
from typing import Final

from mistral_rag.grounding._support.wanted import WantedValue
from mistral_rag.schema import Page

MAX_BELOW: Final = 3
"""Units below a label in which its value is looked for."""
MAX_LABEL: Final = 200
"""Characters of a label that stands below or above its value; longer texts are statements of their own."""
MAX_ITEM_LINES: Final = 4
"""Lines of an item above its price: its name, its number, its quantity, a discount."""
MIN_CAPTIONS: Final = 2
"""Labels below their values from which on they are taken for captions: one alone may be the next value's label."""
MAX_ITEM_LINE: Final = 80
"""Characters of such a line."""
_OWN_VALUE: Final = re.compile(r"[^:：\n]{1,60}[:：]\s*\S")
_WORD: Final = re.compile(r"[^\W\d_]{3,}")
_CURRENCY: Final = re.compile(r"(?:eur|usd|gbp|chf|cny|jpy|inr|myr|sek|nok|dkk|pln|euros?)", re.IGNORECASE)

Share = Callable[[str], float]
"""The share of a question's words that a text holds."""


def is_bare(text: str) -> bool:
    """True for a text of numbers and signs only, but for a currency: "2 x 4.50  9.00 EUR"."""
    named = (word for word in _WORD.findall(text) if not _CURRENCY.fullmatch(word))
    return any(map(str.isdigit, text)) and next(named, None) is None


def has_own_value(text: str) -> bool:
    """True for a label with its value in one unit: "Warehouse: East"."""
    return _OWN_VALUE.match(text) is not None


class Runs:
    """Runs of the units of one page."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._texts = [page.text[unit.start : unit.end] for unit in page.units]
        self._heads = {unit.header for unit in page.units}
        self._captions = self._below_their_values()

    def holds_names(self, index: int) -> bool:
        """True for a row with the names of columns."""
        return index in self._heads

    def around(self, index: int, wanted: WantedValue, share: Share, *, says_nothing_new: bool) -> tuple[int, int]:
        """First and last unit of the smallest run around a unit with a label and a value of the wanted kind."""
        unit, own = self._page.units[index], self._texts[index]
        if index in self._captions:
            return index - 1, index
        if index + 1 in self._captions:
            return index, index + 1
        if is_bare(own) and unit.header is None:
            return self._top_of_item(index, share), index
        if is_bare(own) and self._is_name(index - 1):
            return index - 1, index
        if unit.kind == "row":
            return index, index + self._has_value_below(index, says_nothing_new=says_nothing_new)
        if (value := self._value_beside(index, wanted)) is not None:
            label = self._label_of(index, value, share)
            return min(label, value), max(label, value)
        is_statement = wanted.kind is not None and own.rstrip().endswith(".")
        announces = unit.kind == "heading" or own.rstrip().endswith((":", "?"))
        announces = announces or (says_nothing_new and not is_statement)
        below = self._text(index + 1)
        # a field below a heading has its own label
        is_named = unit.kind == "heading" and has_own_value(below)
        if not announces or has_own_value(own) or not below or is_named:
            return index, index
        # a sentence that says all that its heading says is a run by itself
        says_all = unit.kind == "heading" and share(f"{own} {below}") <= share(below)
        return index + says_all, index + 1

    def _below_their_values(self) -> frozenset[int]:
        """Indices of labels that stand below their values: those of runs that begin with a value and end with a label.

        "37", "New hires", "1,284", "Instruments delivered": the other way round a label would be the first.
        """
        found: list[int] = []
        at = 0
        while at < len(self._texts):
            end = at
            while self._is_value_line(end) and self._is_label(end + 1) and self._page.units[end + 1].kind != "heading":
                end += 2
            if end - at >= 2 * MIN_CAPTIONS and not self._is_value_line(end):
                found += range(at + 1, end, 2)
            at = max(end, at + 1)
        return frozenset(found)

    def _is_value_line(self, index: int) -> bool:
        text = self._text(index)
        return len(text) <= MAX_ITEM_LINE and is_bare(text)

    def _text(self, index: int) -> str:
        """The text of a unit that is no row of a table; empty for others."""
        if not 0 <= index < len(self._texts) or self._page.units[index].kind == "row":
            return ""
        return self._texts[index]

    def _is_name(self, index: int) -> bool:
        """True for a row of words alone, not of columns' names: the item whose figures stand in the row below."""
        is_row = index >= 0 and self._page.units[index].kind == "row" and not self.holds_names(index)
        return is_row and not any(map(str.isdigit, self._texts[index]))

    def _has_value_below(self, index: int, *, says_nothing_new: bool) -> bool:
        """True for a row that is the name of an item, with its figures in the next."""
        # other rows have their labels and the names of their columns; what stands above and below them are other rows
        is_name = says_nothing_new or not any(map(str.isdigit, self._texts[index]))
        below = index + 1
        alone = self._page.units[index].header is None
        return is_name and alone and below < len(self._texts) and is_bare(self._texts[below])

    def _top_of_item(self, index: int, share: Share) -> int:
        """The highest line of the item above a bare value that has words of the question; else the next one above."""
        lines: list[int] = []
        for other in range(index - 1, max(index - 1 - MAX_ITEM_LINES, -1), -1):
            between = self._page.text[self._page.units[other].end : self._page.units[other + 1].start]
            # an item's lines follow each other; what is set apart is a heading
            apart = bool(lines) and "\n\n" in between
            if is_bare(self._texts[other]) or len(self._texts[other]) > MAX_ITEM_LINE or apart:
                break
            lines.append(other)
        named = (other for other in reversed(lines) if share(self._texts[other]) > 0)
        return next(named, lines[0] if lines else index)

    def _value_beside(self, index: int, wanted: WantedValue) -> int | None:
        """Index of the unit with the wanted value: this one, else the next below a label, else right above it."""
        if wanted.kind is None:
            return None
        if wanted.is_in(self._texts[index]):
            return index
        if not self._is_label(index):
            return None
        for other in range(index + 1, index + 1 + MAX_BELOW):
            # another label's value, and what stands below it or a sentence, is not this label's
            if has_own_value(self._text(other)):
                break
            if wanted.is_in(self._text(other)):
                return other
            if not self._is_label(other):
                break
        above = self._text(index - 1)
        return index - 1 if wanted.is_in(above) and not has_own_value(above) else None

    def _label_of(self, index: int, value: int, share: Share) -> int:
        """Index of the label of a value: the one with most words of the question; the value's own where it has one."""
        own = self._texts[value]
        beside = (value - 1, value + 1) if is_bare(own) else (value - 1,)
        labels = {other for other in (index, *beside) if self._is_label(other)} - {value}
        if not labels or (index == value and has_own_value(own)):
            return value
        label = max(labels, key=lambda other: (share(self._texts[other]), -abs(other - value)))
        # a value that says itself what it is needs no label, nor a heading whose words it repeats
        with_label = self._texts[label] if index == value else f"{self._texts[label]} {own}"
        return value if not is_bare(own) and share(with_label) <= share(own) else label

    def _is_label(self, index: int) -> bool:
        """True for a short text that is no sentence, and has no value of its own: "Total 165.00" is no label."""
        text = self._text(index).rstrip()
        if not text or len(text) > MAX_LABEL or has_own_value(text):
            return False
        return text[-1] not in ".!" and not text[-1].isdigit()
