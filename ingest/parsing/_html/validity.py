"""Values that browsers accept for a property: a declaration with any other is passed over."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from ingest.parsing._html.colors import is_color

_LOGICAL: Final = {
    "inset-inline-start": "left",
    "inset-inline-end": "right",
    "inset-block-start": "top",
    "inset-block-end": "bottom",
    "margin-inline-start": "margin-left",
    "padding-inline-start": "padding-left",
    "margin-block-start": "margin-top",
    "inline-size": "width",
    "block-size": "height",
    "max-inline-size": "max-width",
    "max-block-size": "max-height",
}
"""Properties of a text that runs from left to right."""
_FONT_SIZE: Final = re.compile(r"(?:^|\s)(0|[\d.]+(?:px|pt|em|rem|%))(?:/|\s)")
_FONT_BOLD: Final = re.compile(r"(?:^|\s)(?:bold(?:er)?|[6-9]00)\s")
_WIDE: Final = frozenset({"inherit", "initial", "unset", "revert", "revert-layer"})


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_KEYWORDS: Final[Mapping[str, frozenset[str]]] = {
    "display": _words(
        "none block inline inline-block flex inline-flex grid inline-grid flow flow-root contents list-item table "
        "inline-table table-row table-cell table-row-group table-header-group table-footer-group table-column "
        "table-column-group table-caption ruby ruby-base ruby-text math -webkit-box -webkit-inline-box -webkit-flex "
        "-webkit-inline-flex -ms-flexbox -ms-grid run-in"
    ),
    "visibility": _words("visible hidden collapse"),
    "position": _words("static relative absolute fixed sticky -webkit-sticky"),
    "content-visibility": _words("visible hidden auto"),
    "overflow": _words("visible hidden clip scroll auto overlay"),
    "overflow-x": _words("visible hidden clip scroll auto overlay"),
    "overflow-y": _words("visible hidden clip scroll auto overlay"),
    "opacity": frozenset(),
    "font-size": _words("xx-small x-small small medium large x-large xx-large xxx-large smaller larger"),
    "font-weight": _words("normal bold bolder lighter"),
    **dict.fromkeys(("left", "right", "top", "bottom", "margin-left", "margin-top"), _words("auto")),
    "padding-left": frozenset(),
    **dict.fromkeys(
        ("width", "height", "max-width", "max-height"),
        _words("auto none min-content max-content fit-content stretch -webkit-fill-available -moz-available"),
    ),
    **dict.fromkeys(("clip", "clip-path", "transform", "translate", "scale", "filter"), _words("auto none")),
}
_SIZED: Final = _words(
    "opacity font-size font-weight left right top bottom margin-left margin-top padding-left width height max-width "
    "max-height translate scale"
)
_SIZE: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?(?:%|[a-z]{1,5})?")
_TWO_WORDS: Final = _words("display overflow translate scale")
_CALL: Final = re.compile(r"-?[a-z][a-z0-9-]*\(")
_COLORS: Final = _words("color background-color fill -webkit-text-fill-color")
_COLOR_CALLS: Final = _words("rgb rgba hsl hsla hwb lab lch oklab oklch color color-mix light-dark var device-cmyk url")


def longhands(name: str, value: str) -> Iterator[tuple[str, str]]:
    """The properties that a declaration sets, as far as they can hide text or tell the heads of tables."""
    if name == "font":
        found = _FONT_SIZE.search(value)
        yield "font-size", found[1] if found else "inherit"
        yield "font-weight", "bold" if _FONT_BOLD.search(value) else "normal"
    elif name in {"inset", "margin", "padding"}:
        prefix = "" if name == "inset" else f"{name}-"
        sides = value.split() or [""]
        for side, at in zip(("top", "right", "bottom", "left"), places_of_sides(len(sides)), strict=True):
            yield prefix + side, sides[at]
    else:
        yield _LOGICAL.get(name, name), value


def places_of_sides(count: int) -> tuple[int, int, int, int]:
    """Places of the top, right, bottom and left side among `count` values, as CSS completes them."""
    return {1: (0, 0, 0, 0), 2: (0, 1, 0, 1), 3: (0, 1, 2, 1)}.get(count, (0, 1, 2, 3))


def is_valid(name: str, value: str) -> bool:
    """True for a value that the property can have, and for one that only a browser can tell."""
    if value in _WIDE or "var(" in value:
        return True
    if name in _COLORS:
        return _is_color(value)
    if name not in _KEYWORDS:
        return True
    words = value.split()
    if _CALL.match(value):
        return name not in {"display", "visibility", "position"}
    if len(words) != 1 and not (words and name in _TWO_WORDS):
        return False
    return all(word in _KEYWORDS[name] or (name in _SIZED and _SIZE.fullmatch(word)) for word in words) and not (
        len(words) > 1 and "none" in words
    )


def _is_color(value: str) -> bool:
    if _CALL.match(value):
        return value.partition("(")[0] in _COLOR_CALLS
    return is_color(value) or value in {"transparent", "currentcolor", "none"}
