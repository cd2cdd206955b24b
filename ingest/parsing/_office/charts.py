"""Charts as tables of the values that they were drawn with, and the texts of SmartArt."""

from collections.abc import Iterator
from typing import Final, Protocol
from xml.etree.ElementTree import Element

from ingest.parsing._office.clean import one_line
from ingest.parsing._office.number_formats import shown_number
from ingest.parsing._office.package import Package
from ingest.parsing._office.xml import value_of, whole
from mistral_rag.schema import BlockKind
from mistral_rag.text import TableGrid

MAX_POINTS: Final = 1000
"""Points of a series: a chart with more shows a shape, not numbers."""
MAX_SERIES: Final = 50


class BlockSink(Protocol):
    """Anything that takes blocks in reading order: an outline, a page."""

    def block(self, kind: BlockKind, text: str) -> None:
        """Take a paragraph, list item or caption."""

    def table(self, grid: TableGrid) -> None:
        """Take a table."""


def read_drawings(package: Package, part: str, drawing: Element, outline: BlockSink) -> None:
    """Add the charts and the SmartArt that a drawing of a part refers to."""
    for element in drawing.iter():
        if element.tag == "c_chart":
            chart = package.tree_if_any(package.target(part, element.get("r_id")))
            if chart is not None:
                add_chart(chart, outline)
        elif element.tag == "dgm_relIds":
            data = package.tree_if_any(package.target(part, element.get("r_dm")))
            for text in [] if data is None else diagram_texts(data):
                outline.block("list", text)


def add_chart(chart: Element, outline: BlockSink) -> None:
    """Add a chart's title and its values, one row a category and one column a series."""
    title = "".join(part.text or "" for part in chart.iterfind("c_chart/c_title//a_t"))
    if title:
        outline.block("caption", title)
    grid = chart_grid(chart)
    if grid is not None:
        outline.table(grid)


def chart_grid(chart: Element) -> TableGrid | None:
    """The cached values of a chart; None when it keeps none."""
    series = list(chart.iterfind("c_chart/c_plotArea//c_ser"))[:MAX_SERIES]
    values = [_points(one, "c_val") or _points(one, "c_yVal") for one in series]
    names = [_first(_points(one, "c_tx")) for one in series]
    categories: dict[int, str] = {}
    for one in series:
        categories = {**(_points(one, "c_cat") or _points(one, "c_xVal")), **categories}
    places = sorted({at for points in values for at in points})
    if not places:
        return None
    grid = TableGrid()
    if any(names):
        for name in ["", *names]:
            grid.add(one_line(name), is_head=True)
        grid.end_row(in_head=True)
    for at in places:
        grid.add(one_line(categories.get(at, "")))
        for points in values:
            grid.add(one_line(points.get(at, "")))
        grid.end_row()
    return grid


def diagram_texts(data: Element) -> Iterator[str]:
    """The texts of SmartArt, parents before their children."""
    points = {point.get("modelId", ""): point for point in data.iterfind("dgm_ptLst/dgm_pt")}
    below: dict[str, list[tuple[int, str]]] = {}
    children: set[str] = set()
    for link in data.iterfind("dgm_cxnLst/dgm_cxn"):
        if link.get("type", "parOf") == "parOf":
            child = link.get("destId", "")
            below.setdefault(link.get("srcId", ""), []).append((whole(link.get("srcOrd")), child))
            children.add(child)
    waiting = [identity for identity in reversed(points) if identity not in children]
    seen: set[str] = set()
    while waiting:
        identity = waiting.pop()
        if identity in seen or identity not in points:
            continue
        seen.add(identity)
        text = " ".join("".join(t.text or "" for t in p.iter("a_t")) for p in points[identity].iterfind("dgm_t/a_p"))
        if text.strip():
            yield text
        waiting += [child for _, child in sorted(below.get(identity, []), reverse=True)]


def _points(series: Element, name: str) -> dict[int, str]:
    """The cached points of a part of a series, as they are shown."""
    found: dict[int, str] = {}
    holder = series.find(name)
    if holder is None:
        return found
    form = next((e.text for e in holder.iter("c_formatCode")), None) or "General"
    is_number = holder.find(".//c_numCache") is not None or holder.find(".//c_numLit") is not None
    for point in holder.iter("c_pt"):
        at = whole(point.get("idx"))
        text = (point.findtext("c_v") or "").strip()
        if len(found) < MAX_POINTS:
            known = f"{found[at]} " if at in found else ""
            found[at] = known + (shown_number(text, value_of(point, ".", "formatCode") or form) if is_number else text)
    return found


def _first(points: dict[int, str]) -> str:
    return next(iter(points.values()), "")
