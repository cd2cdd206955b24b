"""Routers from the configurations of gateways: Portkey's and LiteLLM's."""

from collections.abc import Mapping
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
    if "model_list" in config:
        return router_of_model_list(config, models=models, model=model)
    if model is not None:
        raise ConfigurationError("model names an entry of model_list, and this configuration has none.")
    if {"strategy", "targets"} & config.keys():
        return router_of_strategy(config, models=models)
    raise ConfigurationError('A configuration has "strategy" and "targets" (Portkey) or "model_list" (LiteLLM).')
