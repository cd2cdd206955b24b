"""Routers from the configurations of gateways: Portkey's and LiteLLM's."""

from collections.abc import Callable, Mapping
from typing import Any

from langchain_core.language_models import BaseChatModel

from mistral_rag.errors import ConfigurationError
from mistral_rag.routing._litellm import router_of_model_list
from mistral_rag.routing._portkey import router_of_strategy
from mistral_rag.routing._router import ChatRouter

__all__ = ["router_of"]


def router_of(config: Mapping[str, Any], *, models: Mapping[str, BaseChatModel], model: str | None) -> ChatRouter:
    """The router for a configuration in either form.

    Raises:
        ConfigurationError: It is in neither form, or has a part that this router does not do.
    """
    if not isinstance(config, Mapping):
        raise ConfigurationError(f"A configuration is a dict, not {type(config).__name__}; read its file first.")
    if "model_list" in config:
        return _made(lambda: router_of_model_list(config, models=models, model=model))
    if model is not None:
        raise ConfigurationError("model names an entry of model_list, and this configuration has none.")
    if {"strategy", "targets"} & config.keys():
        return _made(lambda: router_of_strategy(config, models=models))
    raise ConfigurationError('A configuration has "strategy" and "targets" (Portkey) or "model_list" (LiteLLM).')


def _made(make: Callable[[], ChatRouter]) -> ChatRouter:
    """The router; what other people's files have in the place of a number, a list or a text is one kind of error."""
    try:
        return make()
    except ConfigurationError:
        raise
    except (AttributeError, TypeError, ValueError) as problem:
        raise ConfigurationError(f"A part of the configuration is of the wrong kind: {problem}") from problem
