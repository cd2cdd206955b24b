"""Texts in OpenDocument (odt) into pages: sections by heading path, with the numbers that are printed."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from ingest.parsing._office.opendocument.blocks import OpenBlocks
from ingest.parsing._office.opendocument.inline import read_inline
from ingest.parsing._office.opendocument.styles import OpenStyles
from ingest.parsing._office.package import Package
from ingest.parsing._office.properties import open_properties
from ingest.parsing._pages.titles import written_title
from ingest.parsing._result import PageProblem, Parsed
from ingest.parsing._texts.outline import RUNNING, Outline, with_appendix


def read_text_document(package: Package, main: str) -> Parsed:
    """A text's sections as pages; deletions of tracked changes are left out and counted."""
    root = package.tree(main)
    styles = OpenStyles(package, root)
    outline = Outline()
    blocks = OpenBlocks(styles, outline)
    body = root.find("office_body/office_text")
    blocks.read([] if body is None else body)
    outline.has_title = bool(blocks.title)
    title, metadata = open_properties(package)
    deleted = sum(_length(e) for e in root.iterfind("office_body/office_text/text_tracked-changes//text_deletion"))
    remark = f"tracked changes are read as accepted: {deleted:,} deleted characters left out"
    return Parsed(
        written_title(title) or written_title(blocks.title) or outline.title,
        metadata,
        with_appendix(outline.pages(), RUNNING, _running(package, styles)),
        problems=(PageProblem(None, remark),) if deleted else (),
        hidden={0: blocks.hidden} if blocks.hidden else {},
        attachments=sum(name.startswith("object ") and name.count("/") == 1 for name in package.names()) // 4,
    )


def _running(package: Package, styles: OpenStyles) -> Iterator[str]:
    """The paragraphs of headers and footers, each once; those of numbers alone are left out."""
    root = package.tree_if_any("styles.xml")
    texts: dict[str, None] = {}
    for element in () if root is None else root.iter():
        if element.tag.startswith(("style_header", "style_footer")) and not element.tag.endswith("style"):
            for paragraph in element.iter("text_p"):
                text = " ".join(read_inline(paragraph, styles).text.split())
                if any(map(str.isalpha, text)):
                    texts[text] = None
    return iter(texts)


def _length(element: Element) -> int:
    return sum(sum(map(len, "".join(p.itertext()).split())) for p in element if p.tag in ("text_p", "text_h"))
