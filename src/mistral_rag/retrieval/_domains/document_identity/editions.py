"""Versions of one text: which files are the same work, and which of them is the newest."""

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, Final

from mistral_rag.text import NON_ALPHANUMERIC

_DATE: Final = re.compile(r"(?<!\d)((?:19|20)\d\d)(?:[-_. ]?(0[1-9]|1[0-2]))?(?:[-_. ]?(0[1-9]|[12]\d|3[01]))?(?!\d)")
_VERSION: Final = re.compile(
    r"(?<![a-z0-9])(?:v|ver|version|rev|revision|edition|issue)[-_. ]?(\d+(?:[._]\d+)*)(?![a-z0-9])"
)
_WORKING: Final = re.compile(r"(?<![a-z])(?:draft|final|copy|new|old|signed|approved|revised|updated)(?![a-z])")

_STATUS_FIELDS: Final = ("status", "document_status", "state")
_OUT_OF_FORCE: Final = re.compile(
    r"\b(?:superseded|replaced|obsolete|withdrawn|deprecated|expired|outdated|archived|retired|revoked|void"
    r"|not in force"
    r"|ersetzt|veraltet|überholt|abgelöst|zurückgezogen|außer kraft|ungültig|abgelaufen"
    r"|remplacée?|obsolète|abrogée?|périmée?|caduque?|sustituid[oa]|derogad[oa]|obsolet[oa])\b",
    re.IGNORECASE,
)

Edition = tuple[int, ...]


def edition_of(name: str) -> tuple[str, Edition]:
    """The work that a file's path names and the edition it is; both empty when the name tells no edition.

    "handbook/Employee Handbook 2024.md" is edition (2024,) of "handbook/employee handbook". Years come before
    numbers: a file has one kind of edition, and works are told apart by folder, the rest of the name and its ending.
    """
    path = PurePosixPath(name.lower())
    for pattern in (_DATE, _VERSION):
        if found := pattern.search(path.stem):
            rest = _WORKING.sub(" ", pattern.sub(" ", path.stem))
            bare = NON_ALPHANUMERIC.sub(" ", rest).strip()
            if not bare:
                break
            numbers = (part for group in found.groups() if group for part in re.split(r"[._]", group))
            return f"{path.parent}/{bare}", tuple(int(part) for part in numbers)
    return "", ()


def is_superseded(metadata: Mapping[str, Any]) -> bool:
    """True when a document's own status says that it is no longer in force: "status: superseded"."""
    stated = {key.lower(): value for key, value in metadata.items()}
    return any(_OUT_OF_FORCE.search(str(stated.get(name, ""))) for name in _STATUS_FIELDS)
