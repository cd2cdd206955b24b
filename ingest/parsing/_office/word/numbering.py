"""Numbers of paragraphs as Word prints them, by the lists of `numbering.xml` (ECMA-376 part 1, 17.9)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element

from ingest.parsing._office.word.styles import StyleSheet, is_on
from ingest.parsing._office.xml import value_of, whole
from ingest.parsing._pages.printed_numbers import OFFICE_FORMS

LEVELS: Final = 9
"""Levels of a list."""
MAX_MARKER: Final = 60
"""Characters of a printed number; a level's pattern may hold any text."""
_PLACE: Final = re.compile(r"%([1-9])")


@dataclass(frozen=True, slots=True)
class ListLevel:
    """A level of a list: its first number, form, pattern ("%1.%2"), and the level at which it begins anew.

    `restart` is None for the usual way (after any higher level), 0 for never.
    """

    start: int = 1
    form: str = "decimal"
    pattern: str = ""
    style: str = ""
    legal: bool = False
    restart: int | None = None


@dataclass(frozen=True, slots=True)
class NumberedList:
    """A list as paragraphs name it: where its numbers are counted, its levels, and the numbers it begins with."""

    counted_in: str
    levels: Mapping[int, ListLevel]
    starts: Mapping[int, int]


class WordNumbering:
    """Counts the paragraphs of a document and gives the number that stands before each."""

    def __init__(self, root: Element | None, styles: StyleSheet) -> None:
        self._styles = styles
        self._abstract = {
            e.get("w_abstractNumId", ""): e for e in (() if root is None else root.findall("w_abstractNum"))
        }
        self._nums = {e.get("w_numId", ""): e for e in (() if root is None else root.findall("w_num"))}
        self._lists: dict[str, NumberedList | None] = {}
        self._counts: dict[str, list[int | None]] = {}
        self._begun: set[tuple[str, int]] = set()

    def marker(self, list_id: str, level: int | None, style: str) -> str | None:
        """The number of the next paragraph of a list, empty for a bullet; None when there is no such list.

        Without a level it is that which the list has for the paragraph's `style`.
        """
        found = self._list(list_id)
        if found is None:
            return None
        if level is None:
            level = next((at for at, one in found.levels.items() if one.style == style), 0)
        if not 0 <= level < LEVELS:
            return None
        counts = self._counts.setdefault(found.counted_in, [None] * LEVELS)
        self._count(found, list_id, level, counts)
        return _printed(found, level, counts)

    def _count(self, found: NumberedList, list_id: str, level: int, counts: list[int | None]) -> None:
        start = found.levels.get(level, ListLevel()).start
        before = counts[level]
        counts[level] = start if before is None else before + 1
        if level in found.starts and (list_id, level) not in self._begun:
            counts[level] = found.starts[level]
        self._begun.add((list_id, level))
        for below in range(level + 1, LEVELS):
            restart = found.levels.get(below, ListLevel()).restart
            if restart is None or level < restart:
                counts[below] = None

    def _list(self, list_id: str) -> NumberedList | None:
        if list_id not in self._lists:
            self._lists[list_id] = self._read_list(list_id)
        return self._lists[list_id]

    def _read_list(self, list_id: str, depth: int = 0) -> NumberedList | None:
        num = self._nums.get(list_id)
        counted_in = value_of(num, "w_abstractNumId", "w_val") or ""
        abstract = self._abstract.get(counted_in)
        if num is None or abstract is None:
            return None
        link = value_of(abstract, "w_numStyleLink", "w_val")
        linked = self._styles.list_of(link) if link else None
        if linked and not depth:
            return self._read_list(linked, depth + 1)
        levels = dict(map(_read_level, abstract.findall("w_lvl")))
        starts: dict[int, int] = {}
        for change in num.findall("w_lvlOverride"):
            at = whole(change.get("w_ilvl"))
            if (own := change.find("w_lvl")) is not None:
                levels[at] = _read_level(own)[1]
                starts[at] = levels[at].start
            if (start := value_of(change, "w_startOverride", "w_val")) is not None:
                starts[at] = whole(start, 1)
        return NumberedList(counted_in, levels, starts)


def _read_level(element: Element) -> tuple[int, ListLevel]:
    form = value_of(element, "w_numFmt", "w_val") or value_of(element, ".//w_numFmt", "w_val") or "decimal"
    restart = value_of(element, "w_lvlRestart", "w_val")
    legal = element.find("w_isLgl")
    return whole(element.get("w_ilvl")), ListLevel(
        start=whole(value_of(element, "w_start", "w_val"), 0),
        form=form,
        pattern=value_of(element, "w_lvlText", "w_val") or "",
        style=value_of(element, "w_pStyle", "w_val") or "",
        legal=legal is not None and is_on(legal.get("w_val")),
        restart=None if restart is None else whole(restart),
    )


def _printed(found: NumberedList, level: int, counts: list[int | None]) -> str:
    own = found.levels.get(level, ListLevel())
    if own.form in ("bullet", "none") and "%" not in own.pattern:
        return ""

    def number(place: re.Match[str]) -> str:
        at = int(place[1]) - 1
        of = found.levels.get(at, ListLevel())
        count = counts[at]
        form = "decimal" if own.legal else of.form
        return OFFICE_FORMS.get(form, str)(of.start if count is None else count)

    return _PLACE.sub(number, own.pattern)[:MAX_MARKER].strip()
