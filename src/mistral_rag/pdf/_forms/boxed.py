"""Forms of drawn boxes: each holds a label and what is filled in, and is read by itself."""

from collections.abc import Iterator, Sequence
from statistics import median
from typing import NamedTuple

from mistral_rag.pdf._forms.box_lines import BoxText, by_boxes
from mistral_rag.pdf._forms.boxes import BoxLine, DrawnBox, drawn_boxes
from mistral_rag.pdf._forms.labels import MAX_LABEL_WORDS, MAX_VALUE_WORDS
from mistral_rag.pdf._forms.stacked import SMALL, Restacked
from mistral_rag.pdf._layout import LineLayout
from mistral_rag.pdf._sheet import Sheet
from mistral_rag.pdf._tables.rulings import Rulings

_MIN_FIELDS = 4
"""Boxes with a label and a value that are a form; fewer may be the corner of a table."""
_MIN_SHARE = 0.5
"""Share of a form's boxes that are such fields; others are empty, or hold a title."""
_MIN_BROKEN = 0.8
"""The same where labels have the letters of values, and only the end of their line tells them."""
_MIN_FIGURES = 0.5
"""Share of such values that hold a digit: cells of names and what they are for have none."""
_MAX_LABEL_LINES = 4
_MAX_VALUE_LINES = 6
"""Lines of a value: an address has up to five."""
_ROW = 3.0
"""Points by which the upper sides of boxes beside each other differ."""


class _BoxForm(NamedTuple):
    """Boxes that touch each other; `label` is a line of a label where its letters tell it, else None."""

    boxes: Sequence[DrawnBox]
    label: BoxLine | None

    def label_lines(self, box: DrawnBox) -> int:
        """The number of lines of a box that are its label: all of an empty field, none of what is no field."""
        if self.label is None:
            return int(1 < len(box.lines) <= 1 + _MAX_VALUE_LINES and not box.lines[1].text[0].islower())
        if count := _label_lines(box):
            return count
        small = all(abs(line.height - self.label.height) < (1 - SMALL) * self.label.height for line in box.lines)
        _, _, words = " ".join(line.text for line in box.lines).partition(" ")
        # a number alone, or "Form 1099", may be filled in
        named = any(map(str.isalpha, words)) and not any(map(str.isdigit, words))
        alike = all(line.bold == self.label.bold for line in box.lines)
        return len(box.lines) if small and named and alike else 0


def boxed(sheet: Sheet, lines: Sequence[LineLayout], rulings: Rulings) -> Restacked | None:
    """The `lines` of a sheet with those of each box of a form together; None where a page has no such form."""
    groups = _touching(drawn_boxes(sheet, lines, rulings))
    forms = [form for boxes in groups if (form := _form_of(boxes)) is not None]
    return by_boxes(lines, [[_field_of(form, box) for box in form.boxes] for form in forms]) if forms else None


def _field_of(form: _BoxForm, box: DrawnBox) -> BoxText:
    labels = form.label_lines(box)
    return BoxText([box.lines[: labels or 1], *((line,) for line in box.lines[labels or 1 :])], is_field=labels > 0)


def _touching(boxes: Sequence[DrawnBox]) -> Iterator[list[DrawnBox]]:
    left = list(boxes)
    while left:
        form = [left.pop(0)]
        for box in form:
            near = [other for other in left if box.touches(other)]
            form += near
            left = [other for other in left if other not in near]
        yield sorted(form, key=boxes.index)


def _form_of(boxes: Sequence[DrawnBox]) -> _BoxForm | None:
    """The form of boxes with a label and a value each, the first ones too: a table begins with names alone."""
    first = [box for box in boxes if box.sides.top < boxes[0].sides.top + _ROW]
    labelled = [box for box in boxes if _label_lines(box)]
    if len(labelled) >= max(_MIN_FIELDS, _MIN_SHARE * len(boxes)):
        heights = median(box.lines[0].height for box in labelled)
        is_form = any(map(_label_lines, first)) or len(first) == 1
        return _BoxForm(boxes, labelled[0].lines[0]._replace(height=heights)) if is_form else None
    broken = [box for box in boxes if _ends_first_line(box)]
    figures = [box for box in broken if any(any(map(str.isdigit, line.text)) for line in box.lines[1:])]
    if len(broken) < max(_MIN_FIELDS, _MIN_BROKEN * len(boxes)) or len(figures) < _MIN_FIGURES * len(broken):
        return None
    return _BoxForm(boxes, None) if len(first) < len(boxes) and all(map(_ends_first_line, first)) else None


def _label_lines(box: DrawnBox) -> int:
    """The number of lines of a box that are its label: smaller than the value below, or bold above what is not."""
    for count in range(1, min(_MAX_LABEL_LINES, len(box.lines) - 1) + 1):
        label, value = box.lines[:count], box.lines[count:]
        smaller = max(line.height for line in label) < SMALL * value[0].height
        lighter = all(line.bold for line in label) and not value[0].bold
        # letters without capitals are as high as their ink: a small one may go on with the label
        goes_on = smaller and len(value) > 1 and value[0].text[0].islower()
        if (smaller or lighter) and not goes_on:
            short = all(len(line.places) <= MAX_VALUE_WORDS for line in value)
            return count if short and len(value) <= _MAX_VALUE_LINES else 0
    return 0


def _ends_first_line(box: DrawnBox) -> bool:
    """True when a line of a few words stands above another one whose first word it would have had room for."""
    if not 1 < len(box.lines) <= 1 + _MAX_VALUE_LINES:
        return False
    label, below = box.lines[:2]
    words = label.text.split()
    width = (below.box.right - below.box.left) * len(below.text.split()[0]) / len(below.text)
    room = box.sides.right - label.box.right - label.height
    figures = any(map(str.isdigit, "".join(words[1:])))
    return room > width and len(words) <= MAX_LABEL_WORDS and words[-1][-1].isalpha() and not figures
