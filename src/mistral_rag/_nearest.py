"""Sentences that refuse a name nobody knows, with the nearest one that is known."""

from collections.abc import Collection
from difflib import get_close_matches
from functools import cache
from typing import Any, Final

from pydantic import AliasChoices, BaseModel

MAX_NAMES: Final = 40
"""Names that are listed for a misspelt one: a few lines."""


def refusal(what: str, name: str, known: Collection[str]) -> str:
    """Say that there is no such name: "no setting top_k; did you mean k?", or else which ones there are."""
    near = nearest(name, known)
    if near is not None:
        return f"{what} {name}; did you mean {near}?"
    return f"{what} {name}; there are: {listed(known)}"


def check_names(model: type[BaseModel], given: Any) -> Any:
    """Refuse names that are no field's; everything else that is given for a model is returned as it is.

    Raises:
        ValueError: a name is none of a field.
    """
    known = _field_names(model)
    for name in given if isinstance(given, dict) else ():
        if name not in known:
            raise ValueError(refusal("no parameter", name, known))
    return given


@cache
def _field_names(model: type[BaseModel]) -> frozenset[str]:
    names = set(model.model_fields)
    for field in model.model_fields.values():
        alias = field.validation_alias
        choices = alias.choices if isinstance(alias, AliasChoices) else [alias]
        names.update(one for one in (*choices, field.alias) if isinstance(one, str))
    return frozenset(names)


def listed(names: Collection[str]) -> str:
    """The names in their order, as many as are read."""
    return ", ".join(sorted(names)[:MAX_NAMES]) + (" …" if len(names) > MAX_NAMES else "")


def nearest(name: str, known: Collection[str]) -> str | None:
    """The known name that was meant: one that is a part of the name ("k" of "top_k"), else the closest in letters."""
    parts = name.lower().split("_")
    inside = [one for one in known if one.lower() in parts]
    if inside:
        return max(inside, key=len)
    close = get_close_matches(name.lower(), list(known), n=1)
    return close[0] if close else None
