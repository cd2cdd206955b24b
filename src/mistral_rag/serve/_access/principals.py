"""Principals: names with groups, found by bearer tokens of which only hashes are kept."""

import hashlib
import hmac
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from mistral_rag.errors import ConfigurationError
from mistral_rag.index import checked_groups

MIN_TOKEN: Final = 16
"""Characters of a token: a hash without a salt only holds what nobody can guess."""
MAX_TOKENS_FILE: Final = 4 << 20
"""Bytes of a tokens file: some ten thousand tokens."""


@dataclass(frozen=True, slots=True)
class Principal:
    """A name that asks, and the groups it belongs to.

    Attributes:
        name: as the audit log and the metrics say it.
        groups: of the index; None for what everyone may read, with the scores of passages.
        may_write: may upload, replace and delete documents, where the server takes uploads.
        may_operate: may read the metrics and the costs of all.
    """

    name: str
    groups: tuple[str, ...] | None = None
    may_write: bool = False
    may_operate: bool = False


@dataclass(frozen=True, slots=True)
class Tokens:
    """The principals by the SHA-256 of their tokens; none means that nobody has to sign in."""

    known: tuple[tuple[bytes, Principal], ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, token: str, principal: Principal) -> Self:
        """One token. Raises ConfigurationError for one that can be guessed."""
        if len(token) < MIN_TOKEN or not token.isascii() or not token.isprintable() or " " in token:
            raise ConfigurationError(
                f"a token has at least {MIN_TOKEN} letters, digits and signs; make one with: openssl rand -hex 24"
            )
        return cls(((_digest(token), principal),))

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Self:
        """The tokens in a JSON file: `{"tokens": [{"sha256": "…", "name": "anna", "groups": ["hr"]}]}`.

        `"write": true` lets a token upload, `"operate": true` read metrics and costs.

        Raises:
            ConfigurationError: the file can't be read, or an entry is wrong; the message names it.
        """
        try:
            with Path(path).open("rb") as file:
                given = json.loads(file.read(MAX_TOKENS_FILE))
        except (OSError, ValueError, RecursionError) as error:
            raise ConfigurationError(f"the tokens file {path} can't be read: {error}") from None
        entries = given.get("tokens") if isinstance(given, dict) else None
        if not isinstance(entries, list) or not entries:
            raise ConfigurationError(f'the tokens file {path} needs a list "tokens" of at least one entry')
        return cls(_checked(path, [_entry(path, number, entry) for number, entry in enumerate(entries, 1)]))

    def __bool__(self) -> bool:
        return bool(self.known)

    def find(self, token: str) -> Principal | None:
        """The principal of a token; None for no one. It takes the same time for each token, known or not."""
        presented = _digest(token)
        found = None
        for digest, principal in self.known:
            if hmac.compare_digest(digest, presented):
                found = principal
        return found


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="replace")).digest()


def _entry(path: str | os.PathLike[str], number: int, entry: Any) -> tuple[bytes, Principal]:
    known = {"sha256", "name", "groups", "write", "operate"}
    try:
        if not isinstance(entry, dict) or entry.keys() - known:
            raise ValueError(f"it may have {', '.join(sorted(known))}")
        digest = bytes.fromhex(entry["sha256"])
        name, flags = entry["name"], (entry.get("write", False), entry.get("operate", False))
        if len(digest) != hashlib.sha256().digest_size or not all(isinstance(flag, bool) for flag in flags):
            raise ValueError("sha256 is 64 hex digits; write and operate are true or false")
        if not isinstance(name, str) or not name.strip() or not name.isprintable():
            raise ValueError("name is a text")
        # a token always has groups, if none: what it finds is what everyone may read, and no raw scores
        groups = checked_groups(_texts(entry.get("groups", [])))
    except (KeyError, ValueError, TypeError) as error:
        raise ConfigurationError(f"the tokens file {path}, entry {number}: {error}") from None
    return digest, Principal(name, groups, may_write=flags[0], may_operate=flags[1])


def _checked(
    path: str | os.PathLike[str], entries: Sequence[tuple[bytes, Principal]]
) -> tuple[tuple[bytes, Principal], ...]:
    """The entries. Raises ConfigurationError for a token that is there twice, or a name with two sets of rights."""
    tokens: dict[bytes, int] = {}
    # answers and jobs go by the name: one with fewer groups would see those of the other
    names: dict[str, tuple[int, Principal]] = {}
    for number, (digest, principal) in enumerate(entries, 1):
        same = tokens.setdefault(digest, number)
        first, known = names.setdefault(principal.name, (number, principal))
        wrong = f"the token of entry {same}" if same != number else ""
        if known != principal:
            wrong = f"the name of entry {first} with other groups or rights"
        if wrong:
            raise ConfigurationError(f"the tokens file {path}, entry {number}: {wrong}")
    return tuple(entries)


def _texts(groups: Any) -> list[str]:
    if not isinstance(groups, list):
        raise TypeError("groups is a list of names")
    return groups
