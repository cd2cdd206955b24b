"""Texts as Documents, and the vectors that belong to them."""

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from pydantic_core import to_jsonable_python

from mistral_rag._counting import counted
from mistral_rag.schema import clean_text
from mistral_rag.text import drop_invisible


def as_documents(
    texts: Iterable[str], metadatas: Sequence[dict[str, Any]] | None, ids: Sequence[str | None] | None
) -> list[Document]:
    """Clean Documents with plain metadata, each with an id. Raises ValueError where the numbers do not fit."""
    every = [clean_text(drop_invisible(text)) for text in texts]
    for noun, given in (("metadata", metadatas), ("id", ids)):
        if given is not None and len(given) != len(every):
            raise ValueError(f"{counted(len(given), noun)} for {counted(len(every), 'text')}")
    return [
        Document(id=given or str(uuid.uuid4()), page_content=text, metadata=_as_json(meta))
        for text, meta, given in zip(every, metadatas or ({} for _ in every), ids or (None for _ in every), strict=True)
    ]


def _as_json(metadata: dict[str, Any]) -> Any:
    try:
        return to_jsonable_python(metadata, fallback=_plain)
    except UnicodeEncodeError:
        raise ValueError("metadata holds half of a surrogate pair, which no JSON can hold") from None


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else str(value)


def unit_length(matrix: np.ndarray) -> np.ndarray:
    """Rows divided by their length; a row of zeros stays one."""
    if not len(matrix):
        return matrix
    lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
    unit: np.ndarray = matrix / np.where(lengths > 0, lengths, 1)
    return unit


def model_of(embedding: Embeddings) -> str | None:
    """The name the embeddings give their model; None when they give none: vectors are then not kept for reuse."""
    for attribute in ("model", "model_name", "name"):
        value = getattr(embedding, attribute, None)
        if isinstance(value, str) and value:
            return value
    return None


def name_of(embedding: Embeddings) -> str:
    """The name of the embeddings in the identity of an index."""
    return model_of(embedding) or type(embedding).__name__
