"""JSON of replies, whose depth is bounded: what is deeper than any reply ends Python's recursion somewhere later."""

import json
from typing import Any

MAX_DEPTH = 100
"""Arrays and objects inside of each other; the deepest reply known has 9, and Python's readers stop below 1,000."""


def load_json(text: str | bytes) -> Any:
    """The value of a JSON text; raises ValueError for no JSON, and for what is nested deeper than `MAX_DEPTH`."""
    try:
        value = json.loads(text)
    except RecursionError:
        raise ValueError(f"JSON is nested deeper than {MAX_DEPTH} levels") from None
    if _openings(text) > MAX_DEPTH:
        _check_depth(value)
    return value


def _openings(text: str | bytes) -> int:
    return text.count(b"[") + text.count(b"{") if isinstance(text, bytes) else text.count("[") + text.count("{")


def _check_depth(value: Any) -> None:
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(MAX_DEPTH):
        held = (item.values() if isinstance(item, dict) else item for item in level)
        level = [inner for items in held for inner in items if isinstance(inner, dict | list)]
        if not level:
            return
    raise ValueError(f"JSON is nested deeper than {MAX_DEPTH} levels")
