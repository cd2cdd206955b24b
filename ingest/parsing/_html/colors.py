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
    aliceblue:f0f8ff antiquewhite:faebd7 aqua:00ffff aquamarine:7fffd4 azure:f0ffff beige:f5f5dc bisque:ffe4c4
    black:000000 blanchedalmond:ffebcd blue:0000ff blueviolet:8a2be2 brown:a52a2a burlywood:deb887 cadetblue:5f9ea0
    chartreuse:7fff00 chocolate:d2691e coral:ff7f50 cornflowerblue:6495ed cornsilk:fff8dc crimson:dc143c cyan:00ffff
    darkblue:00008b darkcyan:008b8b darkgoldenrod:b8860b darkgray:a9a9a9 darkgrey:a9a9a9 darkgreen:006400
    darkkhaki:bdb76b darkmagenta:8b008b darkolivegreen:556b2f darkorange:ff8c00 darkorchid:9932cc darkred:8b0000
    darksalmon:e9967a darkseagreen:8fbc8f darkslateblue:483d8b darkslategray:2f4f4f darkslategrey:2f4f4f
    darkturquoise:00ced1 darkviolet:9400d3 deeppink:ff1493 deepskyblue:00bfff dimgray:696969 dimgrey:696969
    dodgerblue:1e90ff firebrick:b22222 floralwhite:fffaf0 forestgreen:228b22 fuchsia:ff00ff gainsboro:dcdcdc
    ghostwhite:f8f8ff gold:ffd700 goldenrod:daa520 gray:808080 grey:808080 green:008000 greenyellow:adff2f
    honeydew:f0fff0 hotpink:ff69b4 indianred:cd5c5c indigo:4b0082 ivory:fffff0 khaki:f0e68c lavender:e6e6fa
    lavenderblush:fff0f5 lawngreen:7cfc00 lemonchiffon:fffacd lightblue:add8e6 lightcoral:f08080 lightcyan:e0ffff
    lightgoldenrodyellow:fafad2 lightgreen:90ee90 lightgray:d3d3d3 lightgrey:d3d3d3 lightpink:ffb6c1
    lightsalmon:ffa07a lightseagreen:20b2aa lightskyblue:87cefa lightslategray:778899 lightslategrey:778899
    lightsteelblue:b0c4de lightyellow:ffffe0 lime:00ff00 limegreen:32cd32 linen:faf0e6 magenta:ff00ff maroon:800000
    mediumaquamarine:66cdaa mediumblue:0000cd mediumorchid:ba55d3 mediumpurple:9370db mediumseagreen:3cb371
    mediumslateblue:7b68ee mediumspringgreen:00fa9a mediumturquoise:48d1cc mediumvioletred:c71585
    midnightblue:191970 mintcream:f5fffa mistyrose:ffe4e1 moccasin:ffe4b5 navajowhite:ffdead navy:000080
    oldlace:fdf5e6 olive:808000 olivedrab:6b8e23 orange:ffa500 orangered:ff4500 orchid:da70d6 palegoldenrod:eee8aa
    palegreen:98fb98 paleturquoise:afeeee palevioletred:db7093 papayawhip:ffefd5 peachpuff:ffdab9 peru:cd853f
    pink:ffc0cb plum:dda0dd powderblue:b0e0e6 purple:800080 rebeccapurple:663399 red:ff0000 rosybrown:bc8f8f
    royalblue:4169e1 saddlebrown:8b4513 salmon:fa8072 sandybrown:f4a460 seagreen:2e8b57 seashell:fff5ee
    sienna:a0522d silver:c0c0c0 skyblue:87ceeb slateblue:6a5acd slategray:708090 slategrey:708090 snow:fffafa
    springgreen:00ff7f steelblue:4682b4 tan:d2b48c teal:008080 thistle:d8bfd8 tomato:ff6347 turquoise:40e0d0
    violet:ee82ee wheat:f5deb3 white:ffffff whitesmoke:f5f5f5 yellow:ffff00 yellowgreen:9acd32 canvas:ffffff
    canvastext:000000 field:ffffff fieldtext:000000 buttontext:000000 linktext:0000ee window:ffffff
    windowtext:000000
"""
_NAMES: Final = {
    name: tuple(float(level) for level in bytes.fromhex(value))
    for name, _, value in (pair.partition(":") for pair in _KNOWN.split())
}
_HEX: Final = re.compile(r"#?([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})")
_FUNCTION: Final = re.compile(r"(rgb|hsl)a?\(([^()]*)\)")
_MODERN: Final = re.compile(r"(hwb|lab|lch|oklab|oklch|color)\(([^()/]+)(?:/\s*(?:1|100%)\s*)?\)")
_COMMA: Final = re.compile(r",(?![^(]*\))")
_NUMBER: Final = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(%?)")
_SHARE: Final = re.compile(r"(?<![\w.(-])(\d+\.?\d*|\.\d+)%(?![^()]*\))")
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
    if value.startswith("light-dark("):
        return color_of(_COMMA.split(value[len("light-dark(") : -1])[0])
    if value.startswith("color-mix("):
        return _mixed(_COMMA.split(value[len("color-mix(") : -1])[1:])
    if found := _MODERN.fullmatch(value):
        return _modern(found[1], found[2].split()), 1.0
    return (value, 1.0) if _NAME.fullmatch(value) else (None, 1.0)


def _mixed(parts: list[str]) -> tuple[Color, float]:
    """A mixture of two colours (CSS Color 5, "color-mix"), worked out in sRGB whatever space it names.

    Other spaces give other colours between two, but not another end: white with white, or all of one, is the same.
    """
    if len(parts) != 2:
        return None, 1.0
    shares = [[float(found[1]) for found in _SHARE.finditer(part)] for part in parts]
    colors = [color_of(_SHARE.sub("", part)) for part in parts]
    first = shares[0][0] if shares[0] else 100 - shares[1][0] if shares[1] else 50.0
    second = shares[1][0] if shares[1] else 100 - first
    total = first + second
    if total <= 0:
        return None, 1.0
    weights = [share / total * opacity for share, (_, opacity) in zip((first, second), colors, strict=True)]
    opacity = sum(weights) * min(total, 100) / 100
    levels = [color for weight, (color, _) in zip(weights, colors, strict=True) if weight]
    if len(levels) < 2:
        return (levels[0] if levels else None), opacity
    (a, b), known = levels, all(isinstance(color, tuple) for color in levels)
    if not known or a is None or b is None or isinstance(a, str) or isinstance(b, str):
        return (a if a == b else None), opacity
    return tuple((x * weights[0] + y * weights[1]) / sum(weights) for x, y in zip(a, b, strict=True)), opacity


def _modern(function: str, words: list[str]) -> Color:
    """A grey in a newer colour space; any other colour is only equal to itself."""
    numbers = [(float(found[1]), found[2]) for word in words if (found := _NUMBER.fullmatch(word.removesuffix("deg")))]
    if function == "color" and words[0] == "srgb" and len(words) == 4 and len(numbers) == 3:
        return tuple(255 * number * (0.01 if percent else 1) for number, percent in numbers)
    if function == "color" or len(numbers) != 3:
        return f"{function}({' '.join(words)})"
    (first, percent), (second, _), (third, _) = numbers
    if function == "hwb" and second + third >= 100:
        return (255 * second / (second + third),) * 3
    chroma = second if function in {"lch", "oklch"} else max(abs(second), abs(third))
    if function == "hwb" or chroma > 0.001:
        return f"{function}({' '.join(words)})"
    if function.startswith("ok"):  # the cube of the lightness is linear light, 0 to 1
        return _grey((first * (0.01 if percent else 1)) ** 3)
    return _grey(((first + 16) / 116) ** 3 if first > 8 else first / 903.3)


def _grey(light: float) -> Color:
    """A grey of sRGB by its linear light (IEC 61966-2-1)."""
    light = min(max(light, 0.0), 1.0)
    level = 12.92 * light if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055
    return (255 * level,) * 3


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
