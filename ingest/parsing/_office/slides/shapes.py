"""Shapes of a slide with their places, those of groups and placeholders included."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element

from ingest.parsing._office.package import Package
from ingest.parsing._office.slides.order import PlacedShape
from ingest.parsing._office.xml import value_of, whole

RUNNING: Final = frozenset({"dt", "ftr", "sldNum", "hdr"})
"""Placeholders of what stands on every slide."""
_SHAPES: Final = frozenset({"p_sp", "p_graphicFrame", "p_cxnSp", "p_pic"})
_TITLES: Final = frozenset({"title", "ctrTitle"})


@dataclass(frozen=True, slots=True)
class ShapeFrame:
    """The way from a group's own units to those of the slide: a scale and a shift for each direction."""

    scale_x: float = 1.0
    scale_y: float = 1.0
    shift_x: float = 0.0
    shift_y: float = 0.0


class SlideShapes:
    """The shapes of one slide; places that it does not say come from its layout, or from the master of that."""

    def __init__(self, package: Package, part: str, root: Element) -> None:
        layout = package.related(part, "slideLayout")
        master = package.related(layout, "slideMaster") if layout else None
        trees = (package.tree_if_any(name) for name in (layout, master))
        self._below = [list(tree.iter("p_sp")) for tree in trees if tree is not None]
        self._tree = root.find("p_cSld/p_spTree")

    def __iter__(self) -> Iterator[PlacedShape[Element]]:
        """The shapes in the order of the file, without those that are marked hidden."""
        if self._tree is not None:
            yield from self._inside(self._tree, ShapeFrame())

    def hidden(self) -> Iterator[Element]:
        """The shapes that are marked hidden."""
        for element in () if self._tree is None else self._tree.iter():
            if element.tag in _SHAPES and is_hidden(element):
                yield element

    def _inside(self, group: Element, frame: ShapeFrame) -> Iterator[PlacedShape[Element]]:
        for element in group:
            if is_hidden(element):
                continue
            if element.tag == "p_grpSp":
                yield from self._inside(element, _inner(element, frame))
            elif element.tag == "mc_AlternateContent":
                yield from self._inside(next(iter(element), element), frame)
            elif element.tag in _SHAPES:
                yield self._placed(element, frame)

    def _placed(self, element: Element, frame: ShapeFrame) -> PlacedShape[Element]:
        transform = _transform(element)
        if transform is None:
            for shapes in self._below:
                same = next((shape for shape in shapes if _is_same(placeholder(shape), placeholder(element))), None)
                transform = transform if transform is not None or same is None else _transform(same)
        x, y = (whole(value_of(transform, "a_off", name)) for name in ("x", "y"))
        width, height = (whole(value_of(transform, "a_ext", name)) for name in ("cx", "cy"))
        left, top = frame.scale_x * x + frame.shift_x, frame.scale_y * y + frame.shift_y
        return PlacedShape(left, top, left + frame.scale_x * width, top + frame.scale_y * height, element)


def placeholder(element: Element) -> Element | None:
    """The part in the layout that a shape states."""
    return next(element.iter("p_ph"), None) if element.tag in _SHAPES else None


def is_title(element: Element) -> bool:
    """True for the title of the slide."""
    found = placeholder(element)
    return found is not None and found.get("type") in _TITLES


def is_running(element: Element) -> bool:
    """True for date, footer and number of the slide."""
    found = placeholder(element)
    return found is not None and found.get("type") in RUNNING


def is_hidden(element: Element) -> bool:
    """True for a shape that its author has hidden."""
    return any(
        properties.get("hidden") in ("1", "true")
        for head in element
        if head.tag.startswith("p_nv")
        for properties in head.iterfind("p_cNvPr")
    )


def _is_same(below: Element | None, own: Element | None) -> bool:
    """True when the placeholder of a layout is the one that a shape fills: by its number, else by its kind."""
    if below is None or own is None:
        return False
    if own.get("idx") is not None and below.get("idx") == own.get("idx"):
        return True
    kinds = {below.get("type", "body"), own.get("type", "body")}
    return len(kinds) == 1 or kinds <= _TITLES


def _transform(element: Element) -> Element | None:
    found = element.find("p_xfrm")
    return element.find("p_spPr/a_xfrm") if found is None else found


def _inner(group: Element, frame: ShapeFrame) -> ShapeFrame:
    transform = group.find("p_grpSpPr/a_xfrm")
    if transform is None:
        return frame
    left, top = (whole(value_of(transform, "a_off", name)) for name in ("x", "y"))
    width, height = (whole(value_of(transform, "a_ext", name)) for name in ("cx", "cy"))
    own_left, own_top = (whole(value_of(transform, "a_chOff", name)) for name in ("x", "y"))
    own_width, own_height = (whole(value_of(transform, "a_chExt", name)) for name in ("cx", "cy"))
    scale_x = width / own_width if own_width else 1.0
    scale_y = height / own_height if own_height else 1.0
    return ShapeFrame(
        frame.scale_x * scale_x,
        frame.scale_y * scale_y,
        frame.scale_x * (left - scale_x * own_left) + frame.shift_x,
        frame.scale_y * (top - scale_y * own_top) + frame.shift_y,
    )
