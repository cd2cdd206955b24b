"""Conditions of style sheets (`@media`, `@container`, `@supports`), for one screen."""

import re
from collections.abc import Callable
from typing import Final

WIDTH: Final = 1280.0
HEIGHT: Final = 800.0
"""Pixels of a window of a common laptop."""
MAX_CONDITION: Final = 1000
"""Characters; longer conditions are not known."""

_INNERMOST: Final = re.compile(r"\(([^()]*)\)")
_LENGTH: Final = re.compile(r"(\d+\.?\d*|\.\d+)(px|em|rem)?")
_RANGE: Final = re.compile(r"([^<>=]*)(<=?|>=?|=)([^<>=]*)(?:(<=?|>=?)([^<>=]*))?")
_SIZES: Final = {
    "width": WIDTH, "device-width": WIDTH, "inline-size": WIDTH,
    "height": HEIGHT, "device-height": HEIGHT, "block-size": HEIGHT,
}  # fmt: skip
_VALUES: Final = {
    "orientation": "landscape",
    "prefers-color-scheme": "light",
    "prefers-contrast": "no-preference",
    "prefers-reduced-data": "no-preference",
    "prefers-reduced-motion": "no-preference",
    "prefers-reduced-transparency": "no-preference",
    "forced-colors": "none",
    "inverted-colors": "none",
    "display-mode": "browser",
    "hover": "hover",
    "any-hover": "hover",
    "pointer": "fine",
    "any-pointer": "fine",
    "update": "fast",
    "scripting": "enabled",
    "color-gamut": "srgb",
}
_DECLARATIONS = """
    display:grid display:flex display:inline-flex display:inline-grid display:block display:contents display:flow-root
    display:none position:sticky object-fit:cover object-fit:contain
"""
_SUPPORTED: Final = frozenset(_DECLARATIONS.split())
"""Declarations that all browsers have known since 2020; for others nobody can say."""
_WORDS: Final = {"true": True, "false": False, "screen": True, "all": True, "print": False, "speech": False}


def holds(rule: str, condition: str) -> bool:
    """True when the condition of an at-rule, `media` for example, is known to hold on the screen."""
    condition = condition.strip().lower()
    if len(condition) > MAX_CONDITION:
        return False
    if rule == "supports":
        return _holds(condition, _is_supported) is True
    if rule == "container":  # as wide as the screen; its name stands before the condition
        condition = condition[condition.find("(") :] if "(" in condition else "unknown"
    return not condition or any(_holds(query, _has_feature) is True for query in condition.split(","))


def _holds(query: str, feature: Callable[[str], bool | None]) -> bool | None:
    """Truth of a query; None when it is not known."""

    def value(match: re.Match[str]) -> str:
        inside = match[1].strip()
        known = feature(inside) if re.search(r"[:<>=]", inside) else _combined(inside.split(), feature)
        return f" {known} ".lower()

    while True:
        query, count = _INNERMOST.subn(value, query)
        if not count:
            return _combined(query.split(), feature)


def _combined(words: list[str], feature: Callable[[str], bool | None]) -> bool | None:
    if words[:1] == ["not"]:
        known = _combined_without_not(words[1:], feature)
        return None if known is None else not known
    return _combined_without_not(words, feature)


def _combined_without_not(words: list[str], feature: Callable[[str], bool | None]) -> bool | None:
    words = words[words[:1] == ["only"] :]
    joints = set(words[1::2])
    if not words or len(words) % 2 == 0 or joints - {"and", "or"} or len(joints) > 1:
        return None
    values = [_WORDS[word] if word in _WORDS else feature(word) for word in words[::2]]
    decisive = joints == {"or"}
    if decisive in values:
        return decisive
    return None if None in values else not decisive


def _has_feature(text: str) -> bool | None:
    name, colon, value = (part.strip() for part in text.partition(":"))
    if not colon:
        return _in_range(text) if re.search("[<>=]", text) else _is_on(name)
    if name in _VALUES:
        return value == _VALUES[name] or (name, value) == ("prefers-color-scheme", "no-preference")
    bound, _, name = ("", "", name) if name in _SIZES else name.partition("-")
    sign = {"": "=", "min": ">=", "max": "<="}.get(bound)
    return _in_range(f"{name}{sign}{value}") if sign and name in _SIZES else None


def _is_on(name: str) -> bool | None:
    """Truth of a feature without a value."""
    if name in _SIZES or name == "color":
        return True
    if name in {"monochrome", "grid"}:
        return False
    return _VALUES[name] not in {"none", "no-preference"} if name in _VALUES else None


def _in_range(text: str) -> bool | None:
    match = _RANGE.fullmatch(text)
    if match is None:
        return None
    left, sign, middle, second, right = match.groups()
    found = [_pixels(side) for side in (left, middle, right or "0")]
    if found[0] is None or found[1] is None or found[2] is None:
        return None
    return _compared(found[0], sign, found[1]) and (not second or _compared(found[1], second, found[2]))


def _compared(left: float, sign: str, right: float) -> bool:
    return (left < right and "<" in sign) or (left > right and ">" in sign) or (left == right and "=" in sign)


def _pixels(text: str) -> float | None:
    text = text.strip()
    if text in _SIZES:
        return _SIZES[text]
    length = _LENGTH.fullmatch(text)
    return float(length[1]) * (16.0 if (length[2] or "px") != "px" else 1.0) if length else None


def _is_supported(text: str) -> bool | None:
    name, _, value = (part.strip() for part in text.partition(":"))
    return True if name.startswith("--") or f"{name}:{value}" in _SUPPORTED else None
