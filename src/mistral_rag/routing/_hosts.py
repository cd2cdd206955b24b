"""Chat models for the targets of a gateway's configuration."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from langchain_core.language_models import BaseChatModel

from mistral_rag.chat_models import ChatMistral
from mistral_rag.errors import ConfigurationError

MISTRAL: Final = frozenset({"mistral", "mistral-ai", "mistralai", "codestral", "text-completion-codestral"})
"""Names of the platform, by LiteLLM and Portkey."""

COMPATIBLE: Final = frozenset(
    {"openai", "openai_like", "custom_openai", "hosted_vllm", "vllm", "litellm_proxy", "lm_studio", "llamafile"}
)
"""Providers that speak the platform's protocol when the configuration names their address."""

NO_KEY: Final = "none"
"""Key for a host that asks for none: the platform's own, in MISTRAL_API_KEY, must stay at home."""

OF_ENVIRONMENT: Final = "os.environ/"
RETRY: Final = frozenset({"attempts", "on_status_codes", "use_retry_after_headers"})
RETRIED: Final = frozenset({408, 429, *range(500, 600)})


@dataclass(frozen=True, slots=True)
class Host:
    """The model of a target and where it is served."""

    provider: str
    model: str
    key: str | None = field(default=None, repr=False)
    address: str | None = None
    timeout: float | None = None
    retries: int = 0
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def chat_model(
        self, models: Mapping[str, BaseChatModel], *, names: Iterable[str | None], vault: str | None, where: str
    ) -> BaseChatModel:
        """The model among `models` with one of these names, or else a ChatMistral.

        Raises:
            ConfigurationError: The provider speaks another protocol, or its key is in a vault.
        """
        known = self._known(models, names)
        if known is not None:
            return known
        if vault:
            raise ConfigurationError(
                f"{where}: the key behind the virtual key {vault!r} is in Portkey's vault. "
                f"Give api_key, or from_config(…, models={{{vault!r}: …}})."
            )
        if self.provider not in MISTRAL and not (self.provider in COMPATIBLE and self.address):
            raise ConfigurationError(
                f"{where}: {self.provider!r} is no host of Mistral's protocol. "
                f"Give its chat model: from_config(…, models={{{self.provider!r}: …}})."
            )
        return ChatMistral.model_validate({**self._settings(), "max_retries": self.retries})

    def is_made(self, models: Mapping[str, BaseChatModel], *, names: Iterable[str | None]) -> bool:
        """True when `chat_model` makes the model, so that it has its name already."""
        return self._known(models, names) is None

    def _known(self, models: Mapping[str, BaseChatModel], names: Iterable[str | None]) -> BaseChatModel | None:
        return next((models[name] for name in names if name and name in models), None)

    def _settings(self) -> dict[str, Any]:
        key = from_environment(self.key)
        if key is None and self.provider not in MISTRAL:
            key = NO_KEY
        given = {
            "model": self.model or None,
            "api_key": key,
            "base_url": from_environment(self.address),
            "timeout": self.timeout,
            "default_headers": dict(self.headers) or None,
        }
        return {name: value for name, value in given.items() if value is not None}


def from_environment(value: str | None) -> str | None:
    """The value; LiteLLM writes "os.environ/NAME" for a variable of the environment.

    Raises:
        ConfigurationError: The variable is not set.
    """
    if value is None or not value.startswith(OF_ENVIRONMENT):
        return value
    name = value.removeprefix(OF_ENVIRONMENT)
    if name not in os.environ:
        raise ConfigurationError(f"The configuration takes a value from {name}, which is not set.")
    return os.environ[name]


def checked(given: Mapping[str, Any], known: frozenset[str], *, where: str) -> Mapping[str, Any]:
    """The part of a configuration.

    Raises:
        ConfigurationError: It is no dict, or has an entry that is not `known`: better than to leave out what somebody
            relies on.
    """
    if not isinstance(given, Mapping):
        raise ConfigurationError(f"{where} must be a dict, not {type(given).__name__}.")
    unknown = sorted(given.keys() - known)
    if unknown:
        raise ConfigurationError(
            f"{where}: {', '.join(unknown)} can't be used here. Known: {', '.join(sorted(known))}."
        )
    return given


def retries_of(given: Any, *, where: str) -> int:
    """The number of retries in Portkey's `retry`.

    Raises:
        ConfigurationError: It asks for retries after other statuses than those that are retried.
    """
    held = checked(given or {}, RETRY, where=f"{where}.retry")
    others = sorted(set(held.get("on_status_codes") or ()) - RETRIED)
    if others:
        raise ConfigurationError(f"{where}.retry: only 408, 429 and 5xx are retried, not {others}.")
    return int(held.get("attempts", 0))
