"""Colours of CSS and HTML, and the difference that an eye sees."""

import re
from typing import Final

Color = tuple[float, ...] | str | None
"""Red, green, blue, 0 to 255; a name that is not known, which is only equal to itself; None for what is not known."""

WHITE: Final = (255.0, 255.0, 255.0)
BLACK: Final = (0.0, 0.0, 0.0)
MIN_DIFFERENCE: Final = 24.0
"""Levels of 255, as for PDF: #E7E7E7 on white has a contrast of 1.2 to 1."""
MIN_OPACITY: Final = 0.1
"""Black text of a tenth is #E6E6E6 on white."""
HUE: Final = 0.4
"""Weight of a change of one channel alone: red on green of the same brightness is seen, yellow on white hardly."""
_KNOWN = """
    white:ffffff black:000000 red:ff0000 green:008000 blue:0000ff yellow:ffff00 gray:808080 grey:808080
    silver:c0c0c0 maroon:800000 purple:800080 fuchsia:ff00ff magenta:ff00ff lime:00ff00 olive:808000
    navy:000080 teal:008080 aqua:00ffff cyan:00ffff orange:ffa500 snow:fffafa ivory:fffff0
    ghostwhite:f8f8ff whitesmoke:f5f5f5 floralwhite:fffaf0 mintcream:f5fffa azure:f0ffff aliceblue:f0f8ff
    seashell:fff5ee honeydew:f0fff0 lightyellow:ffffe0 oldlace:fdf5e6 linen:faf0e6 cornsilk:fff8dc
    beige:f5f5dc gainsboro:dcdcdc lavenderblush:fff0f5 lavender:e6e6fa lightgray:d3d3d3 lightgrey:d3d3d3
"""
_NAMES: Final = {
    name: tuple(float(level) for level in bytes.fromhex(value))
    for name, _, value in (pair.partition(":") for pair in _KNOWN.split())
}
_HEX: Final = re.compile(r"#?([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})")
_FUNCTION: Final = re.compile(r"(rgb|hsl)a?\(([^()]*)\)")
_NUMBER: Final = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(%?)")
_NAME: Final = re.compile(r"[a-z]+")


def color_of(value: str) -> tuple[Color, float]:
    """A colour and its opacity, 0 to 1."""
    value = value.strip().lower()
    if value == "transparent":
        return None, 0.0
    if value in _NAMES:
        return _NAMES[value], 1.0
    if found := _HEX.fullmatch(value):
        digits = found[1] if len(found[1]) > 4 else "".join(digit * 2 for digit in found[1])
        levels = [float(level) for level in bytes.fromhex(digits)]
        return tuple(levels[:3]), levels[3] / 255 if len(levels) == 4 else 1.0
    if found := _FUNCTION.fullmatch(value):
        return _called(found[1], _NUMBER.findall(found[2]))
    return (value, 1.0) if _NAME.fullmatch(value) else (None, 1.0)


def is_color(word: str) -> bool:
    """True for a colour whose levels are known."""
    return word in _NAMES or (word[:1] == "#" and _HEX.fullmatch(word) is not None)


def _called(function: str, numbers: list[tuple[str, str]]) -> tuple[Color, float]:
    if len(numbers) < 3:
        return None, 1.0
    opacity = float(numbers[3][0]) / (100 if numbers[3][1] else 1) if len(numbers) > 3 else 1.0
    if function == "rgb":
        return tuple(float(number) * (2.55 if percent else 1) for number, percent in numbers[:3]), opacity
    hue, saturation, lightness = (float(number) for number, _ in numbers[:3])
    spread = saturation / 100 * min(lightness, 100 - lightness) / 100
    turns = ((start + hue / 30) % 12 for start in (0, 8, 4))
    return tuple(255 * (lightness / 100 - spread * max(-1, min(k - 3, 9 - k, 1))) for k in turns), opacity


def is_same(text: Color, behind: Color) -> bool:
    """True when text of one colour is not seen on the other."""
    if text is None or behind is None:
        return False
    if isinstance(text, str) or isinstance(behind, str):
        return text == behind
    levels = [abs(a - b) for a, b in zip(text, behind, strict=True)]
    brightness = 0.299 * levels[0] + 0.587 * levels[1] + 0.114 * levels[2]
    return max(brightness, HUE * max(levels)) < MIN_DIFFERENCE


def blended(color: Color, behind: Color, opacity: float) -> Color:
    """A translucent colour on another."""
    if opacity >= 1 or color is None or isinstance(color, str):
        return color
    if behind is None or isinstance(behind, str):
        return None
    return tuple(opacity * a + (1 - opacity) * b for a, b in zip(color, behind, strict=True))
