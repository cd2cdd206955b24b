"""Where the platform is, who asks, and how patiently: what a client is made with."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import SecretStr

from mistral_rag.api.errors import AuthenticationError
from mistral_rag.api.retry import RetryPolicy
from mistral_rag.errors import ConfigurationError, MistralRagError

DEFAULT_BASE_URL = "https://api.mistral.ai/v1"
NO_KEY = (
    "There is no Mistral API key: set MISTRAL_API_KEY or pass api_key; "
    "keys are made at https://console.mistral.ai/api-keys"
)


def default_base_url() -> str:
    """MISTRAL_BASE_URL (includes /v1), or the platform's own host."""
    return os.environ.get("MISTRAL_BASE_URL") or DEFAULT_BASE_URL


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds for each step of a call; None waits for ever.

    `read` is the longest silence, not the length of the whole reply.
    """

    connect: float | None = 10.0
    read: float | None = 300.0
    write: float | None = 60.0
    pool: float | None = None

    @classmethod
    def of(cls, value: "float | Timeouts | None") -> "Timeouts":
        """One number is the longest wait for any step; connecting never takes longer than 10 seconds."""
        if isinstance(value, Timeouts):
            return value
        if value is None:
            return cls()
        return cls(connect=min(value, 10.0), read=value, write=value, pool=None)


@dataclass(frozen=True, slots=True)
class Settings:
    """Where and how to call. The key never shows."""

    base_url: str = field(default_factory=default_base_url)
    key: SecretStr | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeouts: Timeouts = Timeouts()
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    concurrency: int | None = None
    transport: Any = None


def plain(secret: SecretStr | None) -> str:
    """The key itself; "" when there is none."""
    return secret.get_secret_value().strip() if secret else ""


def key_problem(secret: SecretStr | None) -> MistralRagError | None:
    """What is wrong with a key, returned and not raised: a traceback would hold the key."""
    key = plain(secret)
    if not key:
        return AuthenticationError(NO_KEY)
    if not (key.isascii() and key.isprintable()):
        return ConfigurationError("The Mistral API key holds characters that no key has. Copy it again.")
    return None
