"""Rows that names of groups hold together: "North America" above "Revenue" and "Cost".

`docs/adr/0071-rules-of-tables.md` gives the rule.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

_SUM: Final = re.compile(
    r"\b(?:(?:grand |sub)?tota(?:ls?|les?|ux)|sums?|sommes?|sumas?|(?:ins)?gesamt\w*|(?:zwischen|end)?summen?|ensemble|"
    r"итого|всего)\b|合計|总计|總計|小計|小计|합계",
    re.IGNORECASE,
)
"""Words of the row that adds up the rows of a group, or all rows of a table."""
_SMALL: Final = frozenset(
    (
        "a",
        "an",
        "and",
        "by",
        "for",
        "from",
        "in",
        "of",
        "on",
        "the",
        "to",
        "das",
        "de",
        "del",
        "der",
        "des",
        "die",
        "el",
    )
)
_WORD: Final = re.compile(r"\w+")
_MAX_DEPTH: Final = 8
"""Groups within groups; a made table with one in each row would take the square of its length."""


class RowLabel(NamedTuple):
    """The label of a row as it looks.

    `left` is its left edge in a measure in which `slack` (of `group_scopes`) is nothing. `is_group` is True for a label
    in a row without values; `is_over` for one that is set over the columns and not into that of the labels.
    """

    text: str
    left: float = 0.0
    is_group: bool = False
    is_over: bool = False
    is_bold: bool = False

    @property
    def is_sum(self) -> bool:
        """True for the label of a sum."""
        return _SUM.search(self.text) is not None

    @property
    def own_words(self) -> frozenset[str]:
        """The words of the label but for those of any sum, and small ones."""
        return frozenset(_WORD.findall(_SUM.sub(" ", self.text).casefold())) - _SMALL

    def is_sum_of(self, group: str) -> bool:
        """True for the sum that says the name of a group and nothing else: "Total current assets"."""
        return self.is_sum and bool(self.own_words) and self.own_words == RowLabel(group).own_words


def group_scopes(labels: Sequence[RowLabel | None], slack: float) -> list[int]:
    """The number of rows below each row that its label names; 0 for the labels of rows with values.

    `labels` are those of all rows of a table in order, None for a row without one.
    """
    repeated = _repeated(labels)
    scopes = [0] * len(labels)
    around: list[tuple[int, RowLabel]] = []
    for at, label in enumerate(labels):
        around = [(end, outer) for end, outer in around if end > at]
        if label is not None and label.is_group and len(around) < _MAX_DEPTH:
            group = _Group(label, slack, repeated, around[-1][1].own_words if around else frozenset())
            own = list(group.until_next(labels, at + 1))
            around.append((at + 1 + len(own), label))
            scopes[at] = group.scope(own, is_last=around[-1][0] == len(labels))
    return scopes


def _repeated(labels: Sequence[RowLabel | None]) -> frozenset[str]:
    """Labels of rows with values that stand under several groups."""
    seen: dict[str, set[int]] = {}
    number = 0
    for label in labels:
        if label is not None and label.is_group:
            number += 1
        elif label is not None and number:
            seen.setdefault(label.text.casefold(), set()).add(number)
    return frozenset(text for text, groups in seen.items() if len(groups) > 1)


class _Group(NamedTuple):
    """A label without values, those that stand under several groups, and the words of the group around this one."""

    label: RowLabel
    slack: float
    repeated: frozenset[str]
    outer: frozenset[str]

    def until_next(self, labels: Sequence[RowLabel | None], first: int) -> Iterator[RowLabel | None]:
        """The rows from `first` down to the next group that is not one within this one."""
        for at in range(first, len(labels)):
            row = labels[at]
            if row is not None and row.is_group:
                within = self.label.is_over and not row.is_over
                if not within and (row.is_over or not self._is_deeper(row)):
                    return
            yield row

    def scope(self, own: Sequence[RowLabel | None], *, is_last: bool) -> int:
        """The number of the rows down to the next group that are in this one; with `is_last` the table ends there."""
        first = next((row for row in own if row is not None and not row.is_group), None)
        if first is None or not self._is_sure(first):
            return 0
        inner = ""
        for at, row in enumerate(own):
            if row is None or row.is_group:
                inner = row.text if row is not None else inner
                continue
            if row.is_sum_of(self.label.text):
                return at + 1
            if not row.is_sum_of(inner) and self._ends_at(row, first):
                return at
        return 0 if is_last and not self._is_set_apart(first) else len(own)

    def _ends_at(self, row: RowLabel, first: RowLabel) -> bool:
        """True for a row on the level of the group's name: not set in below it, as bold as it, or a sum of more.

        "Cash generated by operating activities" ends a group within that of the operating activities.
        """
        if self.outer and self.outer <= row.own_words and not self.outer <= self.label.own_words:
            return True
        if self._is_deeper(first):
            is_level = not self._is_deeper(row)
        else:
            is_level = row.is_sum or (self.label.is_bold and row.is_bold and not first.is_bold)
        if not is_level or (row.is_sum and row.text.casefold() in self.repeated):
            return False
        return not (self.label.is_over and row.is_sum and row.own_words and row.own_words <= self.label.own_words)

    def _is_deeper(self, row: RowLabel) -> bool:
        return not self.label.is_over and row.left > self.label.left + self.slack

    def _is_set_apart(self, first: RowLabel) -> bool:
        """True when the print says where the group ends, or its rows stand below other groups too."""
        is_bold = self.label.is_bold and not first.is_bold
        return self.label.is_over or self._is_deeper(first) or is_bold or first.text.casefold() in self.repeated

    def _is_sure(self, first: RowLabel) -> bool:
        """True unless the label may be that of a row whose values are missing."""
        return self.label.text.rstrip().endswith((":", "：")) or self._is_set_apart(first)
