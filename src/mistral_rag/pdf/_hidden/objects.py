"""Texts of a page that a reader may not see, and the shapes, pictures and notes that may hide them."""

from typing import Any, NamedTuple

import numpy as np

from mistral_rag.pdf._geometry import Booleans, Floats
from mistral_rag.pdf._hidden.contrast import contrasting_rows
from mistral_rag.pdf._hidden.covers import doubts_by_place
from mistral_rag.pdf._hidden.doubts import Doubt, text_doubts
from mistral_rag.pdf._hidden.drawing import Drawing
from mistral_rag.pdf._hidden.fields import fields_of, notes_of


class PageObjects(NamedTuple):
    """Texts in doubt by the address of the text object, and the shapes, pictures and notes of a page.

    `fields` is (n, 4): left, bottom, right, top in PDFium's coordinates, in the order in which they are drawn;
    `is_picture` and `is_opaque` (n) say which are pictures or shadings, and which let nothing through. `order` (n) and
    `text_order` are places in the order of drawing; `addresses` (n) are 0 for notes.
    """

    doubts: dict[int, Doubt]
    fields: Floats
    is_picture: Booleans
    is_opaque: Booleans
    order: Floats
    text_order: dict[int, int]
    addresses: list[int]


def objects_of(page: Any, drawing: Drawing) -> PageObjects:
    """Look at everything that draws a loaded page, pictures and notes included."""
    fields = [*fields_of(drawing), *notes_of(page, len(drawing.addresses))]
    doubts, levels = text_doubts(drawing)
    doubts |= doubts_by_place(drawing, fields)
    doubts[contrasting_rows(drawing, fields, doubts, levels)] = 0
    found = np.flatnonzero(doubts).tolist()
    texts = [drawing.addresses[at] for at in drawing.texts] if found else []
    return PageObjects(
        {texts[at]: Doubt(int(doubts[at])) for at in found},
        np.array([field.box for field in fields], dtype=np.float64).reshape(-1, 4),
        np.array([field.is_picture for field in fields], dtype=bool),
        np.array([field.is_opaque for field in fields], dtype=bool),
        np.array([field.order for field in fields], dtype=np.float64),
        dict(zip(texts, drawing.texts, strict=False)),
        [field.address for field in fields],
    )
