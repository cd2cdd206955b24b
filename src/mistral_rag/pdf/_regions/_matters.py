"""Kinds of matters beside each other: lists, pairs of a form, addresses, short paragraphs, tables.

Lines beside each other are cells of one row unless both sides show that they are read by themselves.
"""

import re
from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

from mistral_rag.pdf._fragments import Fragment
from mistral_rag.pdf._regions._beside import groups_of, on_level
from mistral_rag.pdf._regions._strips import between, strips_of

_MAX_EDGE_SHIFT = 0.6
"""Uneven left edges of one column, times the height of a line."""
MIN_AT_EDGE = 0.4
"""Share of the lines of a column that begin at its edge; the others are indented, those of items all but the first."""
MIN_MARKS = 2
"""Items on either side: one line may begin with a number by chance."""
_MIN_PAIRS = 0.6
"""Share of the lines of a form that begin with a name and a colon; the others are values that go on."""
_MAX_NAME_WORDS = 5
"""Words before the colon of a name."""
_MIN_ADDRESS_LINES, _MAX_ADDRESS_LINES = 3, 9
_MIN_ADDRESS_DIGITS = 3
"""Digits of a house number and a postal code, or of a telephone number."""
_MAX_SIGNATURE_WORDS = 12
"""Words of a line above or below a signature: "for and on behalf of Alderton Mills Limited by its director"."""
_MIN_LETTERS = 0.5
"""Share of the characters of an address that are letters."""
_MIN_ENDED = 0.7
"""Share of the paragraphs of a text that end as sentences do: the others are its headings."""
_MIN_TEXT_WIDTH = 11.0
"""Times the height of a line: as wide is a column of text."""
_MIN_SENTENCE_LETTERS = 18
"""Mean letters of a paragraph: a cell with a full stop ("N. Amer.") is shorter."""
_MIN_LABELS = 0.7
"""Share of the rows of a table that begin with words at its left edge."""
_MAX_LEVEL_ROWS = 0.6
"""Rows of two tables that stand on one level by chance."""
_MIN_TABLE_ROWS = 2
_MARK = re.compile(r"[•●▪‣◦○∙·■□◆❖➢➔►✓❑☐☒*–—-]|\(?(?:\d{1,2}|[a-zA-Z]|[ivxIVX]{1,4})[.)]")
_ROMAN = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii", "xiii", "xiv", "xv")
_AMOUNT = re.compile(r"[$€£¥]|\d[.,]\d|%")
_YEAR = re.compile(r"(?:19|20)\d\d")
_SIGNING_LINE = re.compile(r"_{6,}|\.{12,}|…{6,}")
"""Underscores or dots as long as a name."""
_SENTENCE_END = re.compile(r"[.!?。！？؟।]['\"”’)」]*$")


class Side(NamedTuple):
    """The rows of one side, those without a fragment left out."""

    rows: list[list[Fragment]]
    texts: Sequence[str]

    @property
    def height(self) -> float:
        return median(row[0].box.bottom - row[0].box.top for row in self.rows)

    @property
    def left(self) -> float:
        """The left edge: the first one that enough rows begin at."""
        reach = _MAX_EDGE_SHIFT * self.height
        lefts = sorted(row[0].box.left for row in self.rows)
        shared = (left for left in lefts if sum(abs(left - o) <= reach for o in lefts) >= MIN_AT_EDGE * len(lefts))
        return next(shared, lefts[0])

    @property
    def width(self) -> float:
        return max(p.box.right for row in self.rows for p in row) - min(row[0].box.left for row in self.rows)

    def is_aligned(self) -> bool:
        """True when enough rows begin at one edge, and none left of it."""
        left, reach = self.left, _MAX_EDGE_SHIFT * self.height
        lefts = [row[0].box.left for row in self.rows]
        at_edge = sum(abs(other - left) <= reach for other in lefts)
        return at_edge >= MIN_AT_EDGE * len(lefts) and min(lefts) >= left - reach

    def text(self, row: Sequence[Fragment]) -> str:
        return " ".join(self.texts[word] for fragment in row for word in fragment.words)

    def columns(self) -> list["Side"]:
        """Its columns, where strips of white part it."""
        strips = strips_of(self.rows)
        columns: dict[int, list[list[Fragment]]] = {}
        for row in self.rows:
            for group in between(row, strips):
                at = sum(strip.middle <= group[0].box.left for strip in strips)
                columns.setdefault(at, []).append(group)
        return [Side(columns[at], self.texts) for at in sorted(columns)]


def is_mark(word: str) -> bool:
    """True for a bullet, and for the number or the letter of an item."""
    return _MARK.fullmatch(word) is not None


def are_apart(left: Side, right: Side) -> bool:
    """True when two sides are read by themselves; pairs of a form are told by `has_pairs`."""
    return (
        _are_lists(left, right)
        or _are_addresses(left, right)
        or _is_address_beside_pairs(left, right)
        or _is_address_beside_pairs(right, left)
        or (_has_sentences(left) and _has_sentences(right))
        or _are_tables(left, right)
    )


def _are_lists(left: Side, right: Side) -> bool:
    """True when both sides begin with items, whose marks are all alike, or count on from side to side."""
    marks = [_marks(side) for side in (left, right)]
    if min(map(len, marks)) < MIN_MARKS:
        return False
    if len({*marks[0], *marks[1]}) == 1:
        return True
    first, last, second = (_places_of(mark) for mark in (marks[0][0], marks[0][-1], marks[1][0]))
    return bool(second & (first | {place + 1 for place in first | last}))


def _marks(side: Side) -> list[str]:
    """The marks of the items, where they begin at the top and have words behind them."""
    marked = [row for row in side.rows if is_mark(side.texts[row[0].words[0]])]
    words = sum(len(fragment.words) for row in side.rows for fragment in row)
    if not marked or marked[0] is not side.rows[0] or words <= 2 * len(marked):
        return []
    return [side.texts[row[0].words[0]] for row in marked if any(map(str.isalpha, side.text(row)))]


def _places_of(mark: str) -> set[int]:
    """The places that a number or a letter may have in its row: "i" is the ninth letter, or one; none for a bullet."""
    name = mark.strip("().").lower()
    if name.isdecimal():
        return {int(name)}
    found = {_ROMAN.index(name) + 1} if name in _ROMAN else set()
    return found | {ord(name) - ord("a") + 1} if len(name) == 1 and name.isalpha() else found


def has_pairs(side: Side) -> bool:
    """True when the lines begin with a name and a colon, and some have a value behind it."""
    named = [row for row in side.rows if begins_with_name(row, side.texts)]
    valued = [row for row in named if not side.text(row).endswith(":")]
    return len(valued) >= MIN_MARKS and len(named) >= _MIN_PAIRS * len(side.rows)


def begins_with_name(row: Sequence[Fragment], texts: Sequence[str]) -> bool:
    """True when a name and a colon begin a line."""
    words = [texts[word] for fragment in row for word in fragment.words]
    return any(word.endswith(":") for word in words[:_MAX_NAME_WORDS])


def are_signatures(left: Side, right: Side) -> bool:
    """True when both sides have a line to sign on among short lines."""
    return all(
        any(_SIGNING_LINE.search(side.text(row)) for row in side.rows)
        and all(len(side.text(row).split()) <= _MAX_SIGNATURE_WORDS for row in side.rows)
        for side in (left, right)
    )


def _are_addresses(left: Side, right: Side) -> bool:
    if not all(_MIN_ADDRESS_LINES <= len(side.rows) <= _MAX_ADDRESS_LINES for side in (left, right)):
        return False
    columns = [*left.columns(), *right.columns()]
    if not all(_is_block(column) for column in columns):
        return False
    headed = all(column.text(column.rows[0]).endswith(":") for column in columns)
    return headed or all(_has_address_line(column) for column in columns)


def _is_address_beside_pairs(address: Side, pairs: Side) -> bool:
    """True for the head of a letter: who gets it at one side, its date and its references at the other."""
    return (
        min(len(address.rows), len(pairs.rows)) >= _MIN_ADDRESS_LINES
        and has_pairs(pairs)
        and _is_block(address)
        and _has_address_line(address)
        and not any(begins_with_name(row, address.texts) for row in address.rows)
    )


def _is_block(side: Side) -> bool:
    """True when some short lines are no names of values, and no values."""
    texts = [side.text(row) for row in side.rows]
    joined = "".join(texts).replace(" ", "")
    return (
        _MIN_ADDRESS_LINES <= len(texts) <= _MAX_ADDRESS_LINES
        and all(len(row) == 1 for row in side.rows)
        and sum(map(str.isalpha, joined)) >= _MIN_LETTERS * len(joined)
        and not any(text.endswith(":") or _AMOUNT.search(text) for text in texts[1:])
        and any(not any(map(str.isdigit, text)) for text in texts)
    )


def _has_address_line(side: Side) -> bool:
    """True when lines of words have the digits of a house number and a postal code, or of a telephone."""
    mixed = (text for row in side.rows if any(map(str.isalpha, text := _YEAR.sub("", side.text(row)))))
    return sum(map(str.isdigit, "".join(mixed))) >= _MIN_ADDRESS_DIGITS


def _has_sentences(side: Side) -> bool:
    """True when a side is as wide as a column of text, and its paragraphs end as sentences do."""
    if side.width < _MIN_TEXT_WIDTH * side.height or any(len(row) > 2 for row in side.rows):
        return False
    paragraphs = [" ".join(side.text(row) for row in group.rows) for group in groups_of(side.rows)]
    ended = sum(_SENTENCE_END.search(text) is not None for text in paragraphs)
    letters = sum(map(str.isalpha, "".join(paragraphs)))
    return (
        len(side.rows) >= MIN_MARKS
        and ended >= _MIN_ENDED * len(paragraphs)
        and letters >= _MIN_SENTENCE_LETTERS * len(paragraphs)
    )


# --- tables -------------------------------------------------------------------------------------------------------


def _are_tables(left: Side, right: Side) -> bool:
    """True when both sides are tables with names of their own for rows and columns."""
    if not (is_table(left) and is_table(right)):
        return False
    return _have_same_heads(left, right) or (_has_title(left) and _has_title(right)) or not _are_level(left, right)


def is_table(side: Side) -> bool:
    """True when its rows begin with words at the left edge, and numbers follow."""
    reach = _MAX_EDGE_SHIFT * side.height
    rows = [row for row in side.rows if len(row) > 1]
    labelled = [
        row
        for row in rows
        if abs(row[0].box.left - side.left) <= reach
        and _is_label(row[0], side.texts)
        and _is_value(row[-1], side.texts)
    ]
    return len(labelled) >= max(_MIN_TABLE_ROWS, _MIN_LABELS * (len(rows) - 1))


def _is_label(fragment: Fragment, texts: Sequence[str]) -> bool:
    return any(map(str.isalpha, texts[fragment.words[0]]))


def _is_value(fragment: Fragment, texts: Sequence[str]) -> bool:
    text = texts[fragment.words[-1]]
    return any(map(str.isdigit, text)) or not any(map(str.isalpha, text))


def _have_same_heads(left: Side, right: Side) -> bool:
    """True when the same names stand over the columns of both sides."""
    heads, others = (
        [[" ".join(side.texts[word] for word in fragment.words) for fragment in row] for row in side.rows[:2]]
        for side in (left, right)
    )
    return any(len(a) > 1 and a == b[: len(a)] for a in heads for b in others)


def _has_title(side: Side) -> bool:
    """True when one line stands above several names of columns, at the left edge."""
    first, second = side.rows[:2]
    reach = _MAX_EDGE_SHIFT * side.height
    return (
        len(first) == 1
        and len(second) > 1
        and abs(first[0].box.left - second[0].box.left) <= reach
        and _is_label(first[0], side.texts)
        and not any(_is_value(fragment, side.texts) for fragment in second)
    )


def _are_level(left: Side, right: Side) -> bool:
    """True when rows of both sides stand on one level, as those of one table do."""
    lefts, rights = ([row[0].box for row in side.rows if len(row) > 1] for side in (left, right))
    level = sum(any(on_level(box, other) for box in lefts) for other in rights)
    return level > _MAX_LEVEL_ROWS * min(len(lefts), len(rights))
