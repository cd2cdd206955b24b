"""The picture of a page and the layers over it, as one SVG element of an HTML page."""

import base64
import io
from collections.abc import Iterable
from html import escape
from itertools import groupby

from PIL import Image

from mistral_rag.overlay._marks import Layer, PageView, Raster, is_light
from mistral_rag.overlay._shapes import Area, Route, Shape, Tag, shapes, unit_of, word_areas


def svg(view: PageView, *, prefix: str) -> str:
    """The element; the names of its marks begin with `prefix`. It needs neither scripts nor a network."""
    width, height = view.size
    hatches = {mark.style.color for layer in view.layers for mark in layer.marks if mark.style.hatched}
    parts = [
        f'<svg class="page" viewBox="0 0 {_number(width)} {_number(height)}" xmlns="http://www.w3.org/2000/svg" '
        f'role="img" aria-label="{escape(str(view.page.locator))}">',
        "<defs>",
        *(_hatch(color, unit_of(width, height), prefix) for color in sorted(hatches)),
        "</defs>",
    ]
    if view.raster is not None:
        source = data_uri(view.raster)
        parts.append(f'<image href="{source}" width="{_number(width)}" height="{_number(height)}"/>')
    words = word_areas(view.page, width, height)
    parts += (_layer(layer, shapes(layer, width, height, words), prefix) for layer in view.layers)
    return "\n".join([*parts, "</svg>"])


def data_uri(raster: Raster) -> str:
    """The picture as a PNG within a URI."""
    file = io.BytesIO()
    Image.frombytes("RGB", (raster.width, raster.height), raster.pixels).save(file, "PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


def _layer(layer: Layer, found: Iterable[Shape], prefix: str) -> str:
    marks = (_group(name, list(group), prefix) for name, group in groupby(found, key=_name))
    return f'<g class="layer-{escape(layer.name)}">{"".join(marks)}</g>'


def _name(shape: Shape) -> str:
    return shape.name if isinstance(shape, Area) else ""


def _group(name: str, group: Iterable[Shape], prefix: str) -> str:
    drawn = "".join(_drawn(shape, prefix) for shape in group)
    return f'<g id="{escape(prefix + name)}">{drawn}</g>' if name else drawn


def _drawn(shape: Shape, prefix: str) -> str:
    if isinstance(shape, Area):
        return _area(shape, prefix)
    return _route(shape) if isinstance(shape, Route) else _tag(shape)


def _area(area: Area, prefix: str) -> str:
    style = area.style
    fill = f"url(#{prefix}hatch{style.color[1:]})" if style.hatched else style.color
    opacity = "" if style.hatched else f' fill-opacity="{_number(style.fill)}"'
    dashes = f' stroke-dasharray="{_number(area.width * 3)} {_number(area.width * 2)}"' if style.dashed else ""
    stroke = f' stroke="{style.color}" stroke-width="{_number(area.width)}"{dashes}' if area.width else ""
    title = f"<title>{escape(area.title)}</title>" if area.title else ""
    return (
        f'<rect class="area" x="{_number(area.left)}" y="{_number(area.top)}" '
        f'width="{_number(area.right - area.left)}" height="{_number(area.bottom - area.top)}" '
        f'fill="{fill}"{opacity}{stroke}>{title}</rect>'
    )


def _route(route: Route) -> str:
    points = " ".join(f"{_number(x)},{_number(y)}" for x, y in route.points)
    return (
        f'<polyline points="{points}" fill="none" stroke="{route.style.color}" '
        f'stroke-width="{_number(route.width)}" stroke-opacity="0.7"/>'
    )


def _tag(tag: Tag) -> str:
    high = tag.bottom - tag.top
    radius = f' rx="{_number(high / 2)}"' if tag.round else ""
    ink = "#000000" if is_light(tag.style.color) else "#FFFFFF"
    return (
        f'<rect x="{_number(tag.left)}" y="{_number(tag.top)}" width="{_number(tag.right - tag.left)}" '
        f'height="{_number(high)}"{radius} fill="{tag.style.color}"/>'
        f'<text x="{_number((tag.left + tag.right) / 2)}" y="{_number(tag.bottom - high * 0.26)}" '
        f'font-size="{_number(tag.size)}" text-anchor="middle" fill="{ink}">{escape(tag.text)}</text>'
    )


def _hatch(color: str, unit: float, prefix: str) -> str:
    side = _number(4 * unit)
    return (
        f'<pattern id="{prefix}hatch{color[1:]}" width="{side}" height="{side}" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate(45)"><rect width="{side}" height="{side}" fill="{color}" fill-opacity="0.15"/>'
        f'<line x1="0" y1="0" x2="0" y2="{side}" stroke="{color}" stroke-width="{_number(1.4 * unit)}"/></pattern>'
    )


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
