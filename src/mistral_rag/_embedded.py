"""Vectors that an embedding model of anyone's gives, checked before they are divided, compared or kept."""

from typing import Any

import numpy as np
import numpy.typing as npt

from mistral_rag._counting import counted
from mistral_rag.errors import ConfigurationError

Rows = npt.NDArray[np.float32]


def embedded_rows(vectors: Any, count: int, model: str) -> Rows:
    """The vectors of `count` texts as float32 rows, all finite and of one dimension.

    Raises:
        ConfigurationError: they are something else; names the model.
    """
    if not count and not len(vectors):
        return np.empty((0, 0), np.float32)
    try:
        numbers = np.asarray(vectors)
        with np.errstate(over="ignore"):
            rows = numbers.astype(np.float32, copy=False) if numbers.dtype.kind in "fiu" else None
    except (TypeError, ValueError, OverflowError):
        rows = None
    if rows is None or rows.ndim != 2 or not rows.shape[1]:
        raise ConfigurationError(
            f"the embedding model {model} gave something else than one vector of numbers a text, all of one length"
        )
    if len(rows) != count:
        raise ConfigurationError(
            f"the embedding model {model} gave {counted(len(rows), 'vector')} for {counted(count, 'text')}"
        )
    if not np.isfinite(rows).all():
        raise ConfigurationError(f"the embedding model {model} gave a vector with numbers that are not finite")
    return rows
