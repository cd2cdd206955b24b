"""Where the platform is, who asks, and how patiently: what a client is made with."""

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from pydantic import SecretStr

from mistral_rag.api._errors import AuthenticationError
from mistral_rag.api._retry import RetryPolicy
from mistral_rag.errors import ConfigurationError, MistralRagError

DEFAULT_BASE_URL = "https://api.mistral.ai/v1"
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

    `read` is the longest silence, not the length of the whole reply; `pool` is how long a call waits for others to end
    while `max_concurrent_requests` are under way.
    """

    connect: float | None = 10.0
    read: float | None = 300.0
    write: float | None = 60.0
    pool: float | None = None

    @classmethod
    def of(cls, value: Any) -> "Timeouts":
        """Read a number, the longest wait for any step (10 seconds for connecting), or an httpx.Timeout."""
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
    """Whether `value` has the attributes of an httpx.Timeout (which is not imported for that)."""
    return all(hasattr(value, name) for name in ("connect", "read", "write", "pool"))


@dataclass(frozen=True, slots=True)
class Settings:
    """Where and how to call. Neither key nor login shows; a `login` ("user:password") is sent instead of the key."""

    base_url: str = field(default_factory=default_base_url)
    key: SecretStr | None = None
    login: SecretStr | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeouts: Timeouts = Timeouts()
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    concurrency: int | None = None
    transport: Any = None
    http_client: Any = None
    http_async_client: Any = None

    @property
    def credentials(self) -> SecretStr | None:
        """What is sent to prove who asks, as it is sent."""
        return SecretStr(base64.b64encode(plain(self.login).encode()).decode()) if self.login else self.key

    @property
    def authorization(self) -> str:
        """The header that proves who asks."""
        return f"{'Basic' if self.login else 'Bearer'} {plain(self.credentials)}"


def login_apart(url: str) -> tuple[str, SecretStr | None]:
    """A URL without the user and password that stand in it, and these as "user:password"."""
    scheme, mark, rest = url.partition("://")
    if scheme.lower() not in {"http", "https"} or not rest:
        raise ConfigurationError("base_url must begin with http:// or https:// and name a host.")
    place, slash, path = rest.partition("/")
    login, found, host = place.rpartition("@")
    port = host.rpartition("]")[2].partition(":")[2]
    if port and not port.isdigit():
        # Said without the URL: what looks like a port may be a password.
        raise ConfigurationError(
            "base_url has no valid host and port. Write / @ and : in a user or password as %2F, %40 and %3A."
        )
    return f"{scheme}{mark}{host}{slash}{path}", SecretStr(unquote(login)) if found else None


def plain(secret: SecretStr | None) -> str:
    """The key itself; "" when there is none."""
    return secret.get_secret_value().strip() if secret else ""


def credentials_problem(settings: Settings) -> MistralRagError | None:
    """What is wrong with key and headers, returned and not raised: a traceback would hold them.

    Who brings a login or an `Authorization` of their own needs no key.
    """
    key = plain(settings.key)
    for name, value in settings.headers.items():
        if not (_sendable(name) and _sendable(value)):
            return ConfigurationError(f"The header {name!r} in default_headers holds characters that can't be sent.")
    if settings.login or any(name.lower() == "authorization" for name in settings.headers):
        return None
    if not key:
        return AuthenticationError(NO_KEY)
    return None if _sendable(key) else ConfigurationError(ODD_KEY)


def _sendable(text: str) -> bool:
    return text.isascii() and text.isprintable()
