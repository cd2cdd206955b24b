"""Custom properties of CSS (`--name`, `var()`) and sums of plain numbers (`calc()`, `min()`), worked out."""

import re
from collections.abc import Mapping
from typing import Final

from ingest.parsing._html.validity import is_valid

MAX_CUSTOM: Final = 2000
"""Custom properties of an element; large frameworks have some hundreds."""
MAX_VALUE: Final = 1000
"""Characters of a value: names that stand for each other may grow without an end."""
MAX_ROUNDS: Final = 20
"""Names that stand for names, one after the other; those that go in a circle have no value."""

_VAR: Final = re.compile(r"var\(\s*(--[^\s,()]+)\s*(,[^()]*)?\)")
_SUM: Final = re.compile(r"\b(calc|min|max|clamp)\(([^()]*)\)")
_NUMBER: Final = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(%|[a-z]*)")
_SIGN: Final = re.compile(r"\s+([+-])\s+|\s*([*/])\s*")


def with_own(custom: Mapping[str, str], values: Mapping[str, str]) -> Mapping[str, str]:
    """Custom properties of an element, by those of the one around it and its own `values`."""
    own = {name: value for name, value in values.items() if name.startswith("--")}
    if own.items() <= custom.items():
        return custom
    return dict(list({**custom, **own}.items())[:MAX_CUSTOM])


def resolved(values: Mapping[str, str], custom: Mapping[str, str]) -> dict[str, str]:
    """Values without custom properties; one that has no known value is left out, as if it were not declared."""
    found = {name: value for name, value in values.items() if not name.startswith("--")}
    for name, value in values.items():
        if name in found and "(" in value:
            plain = _without_sums(_without_names(value, custom))
            if plain and is_valid(name, plain):
                found[name] = plain
            elif not name.startswith("background"):  # theme colours often come from another file: not known
                del found[name]
    return found


def _without_names(value: str, custom: Mapping[str, str]) -> str:
    """The value with each name replaced; empty when a name is unknown or stands for itself."""
    for _ in range(MAX_ROUNDS):
        names = _VAR.findall(value)
        if not names:
            return "" if "var(" in value else value
        if len(value) > MAX_VALUE or any(name not in custom and not fallback for name, fallback in names):
            return ""
        value = _VAR.sub(lambda found: custom.get(found[1], (found[2] or ",")[1:].strip()), value)
    return ""


def _without_sums(value: str) -> str:
    """The value with each sum of numbers of one unit worked out; others stay."""
    for _ in range(MAX_ROUNDS):
        worked_out = _SUM.sub(_worked_out, value) if len(value) <= MAX_VALUE else value
        if worked_out == value:
            break
        value = worked_out
    return value


def _worked_out(call: re.Match[str]) -> str:
    terms = [_term(part) for part in call[2].split(",")]
    known = [term for term in terms if term is not None]
    units = {unit for number, unit in known if number} or {""}
    if len(known) != len(terms) or len(units) != 1 or (call[1] == "calc" and len(known) != 1):
        return call[0]
    numbers = [number for number, _ in known]
    if call[1] == "clamp" and len(numbers) == 3:
        number = max(numbers[0], min(numbers[1], numbers[2]))
    else:
        number = min(numbers) if call[1] == "min" else max(numbers)
    return f"{number:.6f}{units.pop()}"


def _term(text: str) -> tuple[float, str] | None:
    """Number and unit of numbers that are added, or multiplied, from left to right; None for all else."""
    parts = [part for part in _SIGN.split(text.strip()) if part is not None]
    numbers = [_NUMBER.fullmatch(part) for part in parts[::2]]
    signs = set(parts[1::2])
    if None in numbers or (signs - {"+", "-"} and signs - {"*"}):
        return None
    found = [(float(number[1]), number[2]) for number in numbers if number]
    units = {unit for number, unit in found if unit} or {""}
    if len(units) != 1:
        return None
    total = found[0][0]
    for sign, (number, _) in zip(parts[1::2], found[1:], strict=True):
        total = total * number if sign == "*" else total + (number if sign == "+" else -number)
    return total, units.pop()
