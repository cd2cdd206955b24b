"""Pages of scripts that are written to the left: their tables run from the right, so they are read in a mirror."""

from mistral_rag.pdf._fragments import reads_leftward
from mistral_rag.pdf._sheet import Sheet
from mistral_rag.pdf._tables.rulings import Ruling, Rulings
from mistral_rag.schema import Box, Table, WordBoxes


def runs_from_right(sheet: Sheet) -> bool:
    """True when most letters of a page are of a script that is written to the left."""
    return reads_leftward([sheet.text])


def mirrored(sheet: Sheet) -> Sheet:
    """The sheet as a mirror shows it: what stood at the right stands at the left, the text is the same.

    Letters that PDFium gives one by one are put together to words, since digits of a number still run to the right.
    """
    whole: list[list[int]] = []
    for start, end, left, top, right, bottom in WordBoxes.RECORD.iter_unpack(sheet.words.data):
        left, right = WordBoxes.SCALE - right, WordBoxes.SCALE - left
        if whole and whole[-1][1] == start:
            _, _, low, high, far, deep = whole[-1]
            whole[-1][1:] = [end, min(low, left), min(high, top), max(far, right), max(deep, bottom)]
        else:
            whole.append([start, end, left, top, right, bottom])
    return sheet._replace(
        words=WordBoxes(b"".join(WordBoxes.RECORD.pack(*word) for word in whole)),
        lines=tuple(
            line._replace(box=line.box._replace(left=1 - line.box.right, right=1 - line.box.left))
            for line in sheet.lines
        ),
        rulings=_mirrored_rulings(sheet.rulings, sheet.width),
    )


def _mirrored_rulings(rulings: Rulings, width: float) -> Rulings:
    return Rulings(
        tuple(Ruling(rule.place, width - rule.high, width - rule.low) for rule in rulings.across),
        tuple(sorted(rule._replace(place=width - rule.place) for rule in rulings.down)),
        tuple(
            shade._replace(box=shade.box._replace(left=width - shade.box.right, right=width - shade.box.left))
            for shade in rulings.shades
        ),
    )


def turned_back(table: Table) -> Table:
    """A table of a mirrored sheet with its boxes where they stand on the page; its columns stay those of a reader."""
    cells = tuple(cell.model_copy(update={"box": _turned_back(cell.box)}) for cell in table.cells)
    return table.model_copy(update={"cells": cells, "box": _turned_back(table.box)})


def _turned_back(box: Box | None) -> Box | None:
    return box and box.model_copy(update={"left": 1 - box.right, "right": 1 - box.left})
