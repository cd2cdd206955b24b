"""Settings of a call, for retrievers that are not ours."""

import inspect
from collections.abc import Mapping
from typing import Any

from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable

from mistral_rag.errors import ConfigurationError


def require_settings(retriever: Runnable[Any, Any], settings: Mapping[str, Any]) -> None:
    """Raise ConfigurationError for a setting that the retriever would leave out without a word."""
    if not settings:
        return
    taken = (
        inspect.signature(retriever._get_relevant_documents).parameters if isinstance(retriever, BaseRetriever) else {}
    )
    every = any(parameter.kind is parameter.VAR_KEYWORD for parameter in taken.values())
    for name in settings:
        if name == "groups" or not (every or name in taken):
            raise ConfigurationError(f"{name} can't be given to a call: {type(retriever).__name__} does not take it")
