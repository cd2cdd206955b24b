"""Fields that a filter names, and those of them that no document has."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from mistral_rag._nearest import listed
from mistral_rag.errors import InvalidFilterError
from mistral_rag.index import View

_PASS_WITHOUT: Final = frozenset({"$ne", "$nin"})
"""Conditions that a document without the field passes: there a field that nobody has may be meant."""


def require_fields(view: View, named: Iterable[str], known: set[str]) -> None:
    """Raise InvalidFilterError for a field that no readable document has: it is misspelt, rather than not there.

    `known` are fields that are known to be there; those of the view are added to it when another one is named. An
    index without passages has no fields to miss.
    """
    missing = [name for name in named if name not in known]
    if not missing or not view.count():
        return
    known |= view.fields()
    for name in missing:
        if name not in known:
            raise InvalidFilterError(f"no document has a field {name} to filter by; there are: {listed(known)}")


def named_fields(wanted: Mapping[str, Any] | None, *, needed: bool = False) -> Iterator[str]:
    """Names of the fields of a filter; what is no filter is left to the index, which says so.

    `needed`: only those that a document must have to pass.
    """
    waiting: list[object] = [wanted]
    while waiting:
        part = waiting.pop()
        for name, value in part.items() if isinstance(part, Mapping) else ():
            if not isinstance(name, str) or (needed and name == "$not"):
                continue
            if name.startswith("$"):
                waiting += value if isinstance(value, list | tuple) else [value]
            elif not (needed and _may_be_missing(value)):
                yield name


def _may_be_missing(condition: object) -> bool:
    return isinstance(condition, Mapping) and any(
        name in _PASS_WITHOUT or (name == "$exists" and not value) for name, value in condition.items()
    )
