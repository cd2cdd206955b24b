"""Settings of a client: host, credentials, timeouts, retries; and the checks of URL and credentials."""

import base64
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn
from urllib.parse import parse_qsl, unquote

from pydantic import SecretStr

from mistral_rag.api._errors import AuthenticationError
from mistral_rag.api._keys import SECRET_NAME, Key, Redactor, as_key, secret_values
from mistral_rag.api._retry import RetryPolicy
from mistral_rag.errors import ConfigurationError, MistralRagError

DEFAULT_BASE_URL = "https://api.mistral.ai/v1"
KEY_HEADERS = frozenset({"authorization", "api-key", "x-api-key", "x-goog-api-key", "ocp-apim-subscription-key"})
"""Headers that hold a key in the place of `Authorization`: Azure's, AWS's, Google's and Azure API Management's."""
NO_KEY = (
    "There is no Mistral API key: set MISTRAL_API_KEY or pass api_key; "
    "keys are made at https://console.mistral.ai/api-keys"
)
ODD_KEY = "The Mistral API key holds characters that no key has. Copy it again."


def default_base_url() -> str:
    """MISTRAL_BASE_URL (includes /v1), or the platform's own host."""
    return os.environ.get("MISTRAL_BASE_URL") or DEFAULT_BASE_URL


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds for each step of a call; None waits for ever.

    `read` limits the time between two chunks, not that of the whole response; its default leaves a reasoning model
    minutes before its first token; `pool` limits the wait for another call to end while
    `max_concurrent_requests` are running.
    """

    connect: float | None = 10.0
    read: float | None = 300.0
    write: float | None = 60.0
    pool: float | None = None

    @classmethod
    def of(cls, value: Any) -> "Timeouts":
        """Convert a number (a limit for every step, at most 10 seconds for connecting), an httpx.Timeout, or None.

        Raises:
            ConfigurationError: The value is no positive number.
        """
        if isinstance(value, Timeouts):
            return value
        if is_httpx_timeout(value):
            return cls(value.connect, value.read, value.write, value.pool)
        if value is None:
            return cls()
        if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
            raise ConfigurationError("timeout must be a number of seconds above 0, or Timeouts.")
        return cls(connect=min(value, 10.0), read=value, write=value, pool=None)


def is_httpx_timeout(value: Any) -> bool:
    """True when `value` has the attributes of an httpx.Timeout, which is not imported to find out."""
    return all(hasattr(value, name) for name in ("connect", "read", "write", "pool"))


@dataclass(frozen=True, slots=True)
class Settings:
    """Host, credentials, timeouts and retries of a client; a `login` ("user:password") is sent instead of the key.

    Key, login, headers and URL, whose query may hold a key, are in no repr. `transport`, `http_client` and
    `http_async_client` are the caller's httpx objects. `concurrency` limits the calls that run at once; None for no
    limit.
    """

    base_url: str = field(default_factory=default_base_url, repr=False)
    key: SecretStr | None = None
    login: SecretStr | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeouts: Timeouts = Timeouts()
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    concurrency: int | None = None
    transport: Any = None
    http_client: Any = None
    http_async_client: Any = None

    def __post_init__(self) -> None:
        for name in ("key", "login"):
            object.__setattr__(self, name, as_key(getattr(self, name)))

    def __reduce__(self) -> NoReturn:
        raise ConfigurationError("A client and its settings hold a key and are not pickled; pickle the model.")

    @property
    def credentials(self) -> SecretStr | None:
        """The login in base64, or else the key, as the Authorization header carries it."""
        return Key(base64.b64encode(plain(self.login).encode()).decode()) if self.login else self.key

    @property
    def identity(self) -> str:
        """The credentials as one text, equal for clients that share limits; a key by callable is its function."""
        key = self.key
        own = f"callable {hash(key)}" if isinstance(key, Key) and key.rotates else plain(key)
        named = {name.lower(): value for name, value in self.headers.items() if SECRET_NAME.search(name)}
        return json.dumps([own, plain(self.login), sorted(named.items())])

    @property
    def redactor(self) -> Redactor:
        """All that must not be seen again: key, login and password, secret headers, secrets in the URL's query."""
        keys = [key for key in (self.key, self.login) if isinstance(key, Key)]
        query = dict(parse_qsl(self.base_url.partition("?")[2]))
        password = plain(self.login).partition(":")[2]
        return Redactor(keys, [password, *secret_values(self.headers), *secret_values(query)])

    @property
    def host(self) -> str:
        """The base URL for messages: its query may hold a key."""
        return self.base_url.partition("?")[0]

    @property
    def authorization(self) -> str:
        """The value of the Authorization header."""
        return f"{'Basic' if self.login else 'Bearer'} {plain(self.credentials)}"


def split_login(url: str) -> tuple[str, SecretStr | None]:
    """Split a URL into the URL without user and password, and these as "user:password".

    Raises:
        ConfigurationError: The URL has no http scheme, no host, or a port that is no number.
    """
    parts = _parts(url)
    if isinstance(parts, ConfigurationError):
        url = ""  # the traceback would hold the password
        raise parts
    return parts


def _parts(url: str) -> tuple[str, Key | None] | ConfigurationError:
    scheme, mark, rest = url.partition("://")
    if scheme.lower() not in {"http", "https"} or not rest:
        return ConfigurationError("base_url must begin with http:// or https:// and name a host.")
    authority, slash, path = rest.partition("/")
    login, found, host = authority.rpartition("@")
    port = host.rpartition("]")[2].partition(":")[2]
    if port and not port.isdigit():
        # The message leaves the URL out: the text after the colon may be a password.
        return ConfigurationError(
            "base_url has no valid host and port. Write / @ and : in a user or password as %2F, %40 and %3A."
        )
    return f"{scheme}{mark}{host}{slash}{path}", Key(unquote(login)) if found else None


def plain(secret: SecretStr | None) -> str:
    """The key itself; "" when there is none."""
    return "" if secret is None else secret.get_secret_value().strip()


def credentials_error(settings: Settings) -> MistralRagError | None:
    """The error for unusable credentials or headers, None when they are usable.

    Returned and not raised here: the traceback would hold the key. A login, or a header with a key, replaces the key.
    """
    key = plain(settings.key)
    for name, value in settings.headers.items():
        if not (_sendable(name) and _sendable(value)):
            return ConfigurationError(f"The header {name!r} in default_headers holds characters that can't be sent.")
    if settings.login or (not key and has_key_header(settings.headers)):
        return None
    if not key:
        return AuthenticationError(NO_KEY)
    return None if _sendable(key) else ConfigurationError(ODD_KEY)


def has_key_header(headers: Mapping[str, str]) -> bool:
    """True when a header holds a key."""
    return any(name.lower() in KEY_HEADERS for name in headers)


def _sendable(text: str) -> bool:
    return text.isascii() and text.isprintable()
