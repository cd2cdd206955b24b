"""Declarations that leave nothing of an element to see: not displayed, faint, cut off, or out of every window."""

import math
import re
from collections.abc import Mapping
from typing import Final

from ingest.parsing._html.colors import MIN_OPACITY, WHITE, color_of
from ingest.parsing._html.validity import places_of_sides

FAR_OUT: Final = 500.0
"""Pixels beyond an edge; menus that slide in begin a few hundred away, what is never seen thousands."""
MIN_SIDE: Final = 1.0
"""Pixels of a box that cuts off what does not fit: recipes for screen readers only leave one."""
LENGTH: Final = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(px|pt|em|rem|ex|ch|%|vw|vh|in|cm|mm|pc)?")
PIXELS: Final = {
    "px": 1.0, "pt": 4 / 3, "em": 16.0, "rem": 16.0, "ex": 8.0, "ch": 8.0, "vw": 5.0, "vh": 5.0, "%": 5.0,
    "in": 96.0, "cm": 37.8, "mm": 3.78, "pc": 16.0,
}  # fmt: skip
"""Shares of a window count half: half a window to the left is a way to centre, a whole one is out of sight."""
_MASKS: Final = ("mask", "mask-image", "-webkit-mask", "-webkit-mask-image")
_GRADIENT: Final = re.compile(r"(?:repeating-)?(?:linear|radial|conic)-gradient\((.*)\)[^,()]*")
_COMMA: Final = re.compile(r",(?![^(]*\))")
_STOP: Final = re.compile(r"(?:\s+[\d.]+(?:%|px|em|deg))+\s*$")
_WHITENING: Final = frozenset({"screen", "lighten", "color-dodge", "plus-lighter"})
"""Modes that give white for anything on white (Compositing and Blending 1, 9)."""
_TIME: Final = re.compile(r"(?<![\w.])(?!0*\.?0*m?s)[\d.]+m?s\b")
_OPACITY: Final = re.compile(r"opacity\(\s*([\d.]+)(%?)\s*\)")
_TRANSFORM: Final = re.compile(
    r"(rotatex|rotatey|scale|scalex|scaley|scale3d|translate|translatex|translatey|translate3d|matrix)\(([^()]*)\)"
)
_NOTHING: Final = re.compile(
    r"inset\(\s*(?:100|[5-9]\d)(?:\.\d+)?%|(?:circle|ellipse)\(\s*0(?:px|%)?\b|polygon\(\s*(?:0(?:px|%)?[\s,]*)+\)"
)
_SHAPE: Final = re.compile(r"(inset|rect|xywh)\(([^()]*)\)")
_DEGREES: Final = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))deg")
_CLIP: Final = re.compile(r"rect\(([^()]*)\)")


def hides(values: Mapping[str, str]) -> bool:
    """True when an element with these values shows nothing of what is inside, or strikes it out."""
    return bool(values) and (
        values.get("display") == "none"
        or values.get("content-visibility") == "hidden"
        or faintness(values) < MIN_OPACITY
        or _is_cut(values)
        or any(_is_masked(values.get(name, "")) for name in _MASKS)
        or _is_far_out(values)
        or "line-through" in values.get("text-decoration", "") + values.get("text-decoration-line", "")
    )


def is_whitened(values: Mapping[str, str], background: object) -> bool:
    """True for an element that is blended with white paper to nothing but white."""
    return values.get("mix-blend-mode", "") in _WHITENING and background == WHITE


def _is_masked(mask: str) -> bool:
    """True for a mask without ink: one gradient of colours that are all transparent."""
    gradient = _GRADIENT.match(mask)
    if gradient is None:
        return False
    colors = [color_of(_STOP.sub("", part)) for part in _COMMA.split(gradient[1])]
    # what is no colour is a direction or a place
    known = [opacity for color, opacity in colors if color is not None and not isinstance(color, str)]
    return any(opacity == 0.0 for _, opacity in colors) and all(opacity < MIN_OPACITY for opacity in known)


def faintness(values: Mapping[str, str]) -> float:
    """Opacity of an element itself, 0 to 1; 1 for one that fades in."""
    if _is_animated(values):
        return 1.0
    found = [(length[1], length[2]) for length in [LENGTH.fullmatch(values.get("opacity", "1"))] if length]
    found += [(number, unit) for number, unit in _OPACITY.findall(values.get("filter", "")) if _is_number(number)]
    return math.prod(min(max(float(number) * (0.01 if unit == "%" else 1), 0.0), 1.0) for number, unit in found)


def _is_number(text: str) -> bool:
    return text.count(".") < 2 and text != "."


def _is_animated(values: Mapping[str, str]) -> bool:
    """True for an element that a page fades in: it begins transparent, and scripts or key frames show it."""
    transition = values.get("transition", "")
    fades = values.get("transition-property", transition)
    is_fading = _TIME.search(transition) and re.search(r"opacity|\ball\b|^[\d.]", fades)
    return bool(is_fading or _TIME.search(values.get("animation", "")))


def _is_cut(values: Mapping[str, str]) -> bool:
    """True when nothing is left of an element: no size, clipped away, or turned or scaled to nothing."""
    if _is_clipped(values.get("clip-path", "")):
        return True
    if (clip := _CLIP.search(values.get("clip", ""))) and values.get("position") in {"absolute", "fixed"}:
        return _is_empty(clip[1])
    overflow = " ".join(values.get(name, "") for name in ("overflow", "overflow-x", "overflow-y"))
    if "hidden" in overflow or "clip" in overflow:
        sizes = (pixels(values.get(name, "")) for name in ("width", "height", "max-width", "max-height"))
        indent = pixels(values.get("text-indent", ""))
        if any(size is not None and size <= MIN_SIDE for size in sizes) or (indent is not None and indent >= FAR_OUT):
            return True
    return _is_flat("scale", values.get("scale", "")) or any(_is_flat(*call) for call in _transforms(values))


def _is_clipped(path: str) -> bool:
    if _NOTHING.search(path):
        return True
    shape = _SHAPE.search(path)
    if shape is None:
        return False
    sides = _sides(shape[2].partition("round")[0])
    if shape[1] == "rect":
        return _is_empty(shape[2])
    if shape[1] == "xywh":
        return len(sides) >= 4 and any(side is not None and side <= MIN_SIDE for side in sides[2:4])
    if not sides or None in sides:
        return False
    top, right, bottom, left = (sides[at] or 0.0 for at in places_of_sides(len(sides)))
    return top + bottom >= FAR_OUT or left + right >= FAR_OUT


def _is_flat(function: str, arguments: str) -> bool:
    """True for a transform that leaves no width or height."""
    numbers = [float(found[1]) for part in _split(arguments) if (found := LENGTH.fullmatch(part))]
    if function.startswith("matrix"):
        return (
            function == "matrix" and len(numbers) == 6 and abs(numbers[0] * numbers[3] - numbers[1] * numbers[2]) < 1e-4
        )
    if function.startswith("scale"):
        return any(abs(number) < 0.01 for number in numbers[:2])
    angle = _DEGREES.fullmatch(arguments.strip())
    return function in {"rotatex", "rotatey"} and angle is not None and abs(float(angle[1]) % 180 - 90) < 1


def _is_empty(rectangle: str) -> bool:
    """True for `top right bottom left` without an area."""
    sides = _sides(rectangle)
    if len(sides) != 4 or None in sides:
        return False
    top, right, bottom, left = (side or 0.0 for side in sides)
    return bottom - top <= MIN_SIDE or right - left <= MIN_SIDE


def _sides(text: str) -> list[float | None]:
    return [pixels(side) for side in _split(text)]


def _split(text: str) -> list[str]:
    return re.split(r"[\s,]+", text.strip())


def _transforms(values: Mapping[str, str]) -> list[tuple[str, str]]:
    return _TRANSFORM.findall(values.get("transform", ""))


def _is_far_out(values: Mapping[str, str]) -> bool:
    """True when an element or its text is moved out of every window."""
    moves = [values.get(name, "") for name in ("text-indent", "margin-left", "margin-top")]
    moves += values.get("margin", "").split()
    if values.get("position") in {"absolute", "fixed", "relative"}:
        moves += [values.get(name, "") for name in ("left", "top", "right", "bottom")]
    if any((length := pixels(move)) is not None and length <= -FAR_OUT for move in moves):
        return True
    shifts = [values.get("translate", ""), *(args for name, args in _transforms(values) if name.startswith("trans"))]
    parts = [part for shift in shifts for part in _split(shift)]
    if any((length := pixels(part)) is not None and abs(length) >= _limit(part, FAR_OUT * 2) for part in parts):
        return True
    # a page whose paragraphs are all placed has some far down, but none far to the side
    names = {"absolute": ("left", "right", "bottom"), "fixed": ("left", "right", "bottom", "top")}
    far = [values.get(name, "") for name in names.get(values.get("position", ""), ())]
    return any((length := pixels(move)) is not None and length >= _limit(move, 10 * FAR_OUT) for move in far)


def _limit(length: str, otherwise: float) -> float:
    """Pixels that count as out of sight: a whole window, else `otherwise`."""
    return FAR_OUT if length.endswith(("vw", "vh")) else otherwise


def pixels(value: str) -> float | None:
    length = LENGTH.fullmatch(value.strip())
    return float(length[1]) * PIXELS[length[2] or "px"] if length else None
