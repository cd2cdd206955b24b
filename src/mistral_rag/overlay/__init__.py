"""Pages with marks over their pictures, as a PNG, as one self-contained HTML file, or as a PDF with highlights.

What was read of a page (`reading_layers`) or what a citation quotes (`citation_layers`) becomes layers; `PagePictures`
draws the page in a child process; `png`, `html_page` and `PagePictures.highlighted` put one over the other. Texts of
documents are data here: nothing of them becomes markup. Names are loaded when first used.
"""

from __future__ import annotations

from mistral_rag._lazy import loader

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from mistral_rag.overlay._citations import CITATION_LEGEND, cell_lines, citation_layers, quoted_text
    from mistral_rag.overlay._html import Section, definitions, html_page, quotation
    from mistral_rag.overlay._marks import Layer, LegendEntry, Mark, MarkStyle, PageView, Raster
    from mistral_rag.overlay._originals import NotDrawnError, file_of, is_printed, unchanged_copy
    from mistral_rag.overlay._pictures import DPI, DrawingWorker, PagePicture, PagePictures
    from mistral_rag.overlay._png import png
    from mistral_rag.overlay._reading import LAYERS, HiddenText, reading_layers, reading_legend
    from mistral_rag.overlay._text import read_text, tables

__all__ = [
    "CITATION_LEGEND",
    "DPI",
    "LAYERS",
    "DrawingWorker",
    "HiddenText",
    "Layer",
    "LegendEntry",
    "Mark",
    "MarkStyle",
    "NotDrawnError",
    "PagePicture",
    "PagePictures",
    "PageView",
    "Raster",
    "Section",
    "cell_lines",
    "citation_layers",
    "definitions",
    "file_of",
    "html_page",
    "is_printed",
    "png",
    "quotation",
    "quoted_text",
    "read_text",
    "reading_layers",
    "reading_legend",
    "tables",
    "unchanged_copy",
]

__getattr__ = loader(
    __name__,
    {
        "CITATION_LEGEND": "_citations",
        "cell_lines": "_citations",
        "citation_layers": "_citations",
        "quoted_text": "_citations",
        "Section": "_html",
        "definitions": "_html",
        "html_page": "_html",
        "quotation": "_html",
        "Layer": "_marks",
        "LegendEntry": "_marks",
        "Mark": "_marks",
        "MarkStyle": "_marks",
        "PageView": "_marks",
        "Raster": "_marks",
        "NotDrawnError": "_originals",
        "file_of": "_originals",
        "is_printed": "_originals",
        "unchanged_copy": "_originals",
        "DPI": "_pictures",
        "DrawingWorker": "_pictures",
        "PagePicture": "_pictures",
        "PagePictures": "_pictures",
        "png": "_png",
        "LAYERS": "_reading",
        "HiddenText": "_reading",
        "reading_layers": "_reading",
        "reading_legend": "_reading",
        "read_text": "_text",
        "tables": "_text",
    },
)
