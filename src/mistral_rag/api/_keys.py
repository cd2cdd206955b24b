"""Keys and other secrets: held so that nothing shows or stores them, and taken out of what a host says back."""

import html
import json
import logging
import re
import weakref
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import quote

from pydantic import SecretStr

from mistral_rag.errors import ConfigurationError

SHOWN = "[key]"
"""What stands in place of a secret in messages and logs."""

MIN_SECRET = 4
"""Characters from which a secret is searched for in errors: shorter ones stand in any text by chance."""

MIN_CERTAIN = 16
"""Characters from which one is searched for in good replies, too, which must not change when a password is a word."""

MAX_DEPTH = 50
"""Levels of a JSON value that are looked at; what lies deeper is left out."""

MAX_ROTATED = 4
"""Values of a key by callable that are remembered: an answer may say back one that was replaced meanwhile."""

SECRET_NAME = re.compile(r"auth|key|token|secret|cookie|passw|credential|signature", re.IGNORECASE)
"""Names of headers and parameters whose values are secrets."""

LOGGERS = (
    "httpx", "httpcore.connection", "httpcore.http11", "httpcore.http2", "httpcore.proxy", "httpcore.socks",
    "hpack.hpack", "hpack.table",
)  # fmt: skip
"""Loggers that write headers of requests and responses at level DEBUG."""


class Key(SecretStr):
    """A secret, or a function without arguments that gives it and is called for every call.

    No pickle holds it: what is unpickled is empty. Copies inside a process are the same object.
    """

    def __init__(self, value: str | Callable[[], str]) -> None:
        super().__init__("" if callable(value) else value)
        self._source = value if callable(value) else None
        self.values: tuple[str, ...] = () if callable(value) else (value,)

    def get_secret_value(self) -> str:
        """The secret now. Raises ConfigurationError when the function gives something else than a text."""
        if self._source is None:
            return self._secret_value
        value: object = self._source()
        if isinstance(value, SecretStr):
            value = value.get_secret_value()
        if not isinstance(value, str):
            raise ConfigurationError(f"api_key is a function that gives {type(value).__name__}; it must give a text.")
        if value not in self.values:
            self.values = (*self.values, value)[-MAX_ROTATED:]
        return value

    @property
    def rotates(self) -> bool:
        """True for a key by callable."""
        return self._source is not None

    def begins_with(self, prefix: str) -> bool:
        """True when the secret, or one that the function has given, begins with `prefix`."""
        return any(value.startswith(prefix) for value in self.values)

    def _display(self) -> str:
        return "**********" if self else ""

    def __len__(self) -> int:
        return 1 if self._source is not None else len(self._secret_value)

    def __eq__(self, other: object) -> bool:
        if self._source is not None or (isinstance(other, Key) and other._source is not None):
            return isinstance(other, Key) and self._source is other._source
        return isinstance(other, SecretStr) and SecretStr(self._secret_value) == SecretStr(other.get_secret_value())

    def __hash__(self) -> int:
        return hash(self._source or self._secret_value)

    def __copy__(self) -> "Key":
        return self

    def __deepcopy__(self, memo: object) -> "Key":
        return self

    def __reduce__(self) -> tuple[type["Key"], tuple[str]]:
        return Key, ("",)


def as_key(given: Any) -> Any:
    """The key for what a caller gives: a text, a secret or a function; anything else unchanged."""
    if isinstance(given, Key):
        return given
    if isinstance(given, SecretStr):
        return Key(given.get_secret_value())
    return Key(given) if isinstance(given, str) or callable(given) else given


def forms(secret: str) -> tuple[str, ...]:
    """The ways in which a host may write a secret: as it is, in base64, in a URL, in JSON, in HTML; longest first."""
    if not secret:
        return ()
    encoded = secret.encode(errors="replace")
    ways = {secret, b64encode(encoded).decode(), quote(secret, safe=""), json.dumps(secret)[1:-1], html.escape(secret)}
    return tuple(sorted(ways, key=len, reverse=True))


class Redactor:
    """Secrets of a client, to be taken out of what its host says: some gateways quote requests in their errors."""

    def __init__(self, keys: Iterable[Key], others: Iterable[str] = ()) -> None:
        self._keys = tuple(keys)
        self._others = tuple(others)
        self._values: tuple[tuple[str, ...], ...] | None = None
        self._searched: Mapping[int, tuple[str, ...]] = {}

    def text(self, text: str) -> str:
        """The text with `SHOWN` for every secret, however it is written."""
        for found in self._all(MIN_SECRET):
            if found in text:
                text = text.replace(found, SHOWN)
        return text

    def value(self, value: Any, depth: int = 0) -> Any:
        """A parsed JSON value with redacted texts."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list | dict) and depth > MAX_DEPTH:
            return None
        if isinstance(value, list):
            return [self.value(one, depth + 1) for one in value]
        if isinstance(value, dict):
            return {self.text(name): self.value(one, depth + 1) for name, one in value.items()}
        return value

    def is_in(self, text: str | bytes, *, least: int = MIN_SECRET) -> bool:
        """True when the text holds a secret of at least so many characters."""
        if isinstance(text, str):
            return any(found in text for found in self._all(least))
        return any(found.encode() in text for found in self._all(least))

    def _all(self, least: int) -> tuple[str, ...]:
        values = tuple([key.values for key in self._keys])
        if values != self._values:
            secrets = [secret.strip() for of_one in (*values, self._others) for secret in of_one]
            self._searched = {
                size: tuple(form for secret in secrets if len(secret) >= size for form in forms(secret))
                for size in (MIN_SECRET, MIN_CERTAIN)
            }
            self._values = values
        return self._searched[least]


NOTHING = Redactor(())
"""A redactor without secrets."""


def secret_values(named: Mapping[str, str]) -> list[str]:
    """The secrets among headers or parameters, and what follows the scheme in them ("Bearer …")."""
    values = [value for name, value in named.items() if SECRET_NAME.search(name)]
    return [*values, *(value.partition(" ")[2] for value in values)]


def redact_logs(redactor: Redactor) -> None:
    """Take the secrets out of what HTTP libraries log, as long as the redactor lives."""
    watched = weakref.ref(redactor)

    def clean(record: logging.LogRecord) -> bool:
        known = watched()
        if known is not None and known.is_in(message := record.getMessage()):
            record.msg, record.args = known.text(message), None
        return True

    weakref.finalize(redactor, _forget, clean)
    for name in LOGGERS:
        logging.getLogger(name).addFilter(clean)


def _forget(clean: Callable[[logging.LogRecord], bool]) -> None:
    for name in LOGGERS:
        logging.getLogger(name).removeFilter(clean)
