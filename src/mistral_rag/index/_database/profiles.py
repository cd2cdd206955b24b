"""Profiles of documents, which signals learned: a row beside the document's own, removed with it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from mistral_rag.index._database.rows import Value, plain_json, unreadable


@dataclass(frozen=True, slots=True)
class Profile:
    """The knowledge that signals gained of a document when it was indexed.

    Attributes:
        label: a name for it that word search finds beside its title; empty for none.
        learned: plain JSON, by the name of the signal.
    """

    label: str = ""
    learned: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The profile as plain JSON."""
        return {"label": self.label, "learned": dict(self.learned)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """The profile that `to_json` made this of. Raises ValueError for anything else."""
        label, learned = value.get("label"), value.get("learned")
        if not isinstance(label, str) or not isinstance(learned, dict):
            raise ValueError("a profile is a label and an object")
        return cls(label, learned)


def profile_values(profile: Profile) -> tuple[Value, ...]:
    """The columns of a row behind its source."""
    return profile.label, json.dumps(dict(profile.learned), ensure_ascii=False, separators=(",", ":"))


def stored_profile(values: Sequence[Value]) -> Profile:
    """The profile of such columns. Raises IndexDamagedError for others."""
    label, learned = values
    with unreadable("profile"):
        return Profile.from_json({"label": label, "learned": plain_json(str(learned))})
