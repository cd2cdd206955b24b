"""An inverted file: rows in lists by the centre they are nearest to, so that a search looks into some of them only."""

from dataclasses import dataclass
from typing import Any, Final

import faiss
import numpy as np
import numpy.typing as npt

from mistral_rag.index._dense.vector_rows import Floats, Mask

PER_LIST: Final = 40
"""Vectors of a sample for each centre."""

REACHED: Final = 0.995
"""Share of the true nearest 10 that have to be in the lists that are looked into."""


@dataclass(frozen=True, slots=True)
class Lists:
    """The centres of the lists, and how many lists a search looks into."""

    centres: Floats
    probes: int

    @classmethod
    def none(cls, dimension: int) -> "Lists":
        """No lists: every row is looked at."""
        return cls(np.empty((0, dimension), dtype=np.float32), 0)

    @classmethod
    def learned(cls, vectors: Floats, count: int) -> "Lists":
        """`count` centres of a sample; all lists are looked into."""
        count = min(count, len(vectors))
        if not count:
            return cls.none(vectors.shape[1])
        means, found = faiss.Clustering(vectors.shape[1], count), faiss.IndexFlatL2(vectors.shape[1])
        means.niter, means.min_points_per_centroid, means.seed = 8, 1, 1
        means.train(np.ascontiguousarray(vectors), found)
        # not from `means`: once PyMuPDF is imported, its class takes the place of the one for C++ lists of numbers
        return cls(np.asarray(found.reconstruct_n(0, count), dtype=np.float32), count)

    def __len__(self) -> int:
        return len(self.centres)

    def of(self, vectors: Floats) -> npt.NDArray[np.int32]:
        """The list of each vector; 0 where there are no lists."""
        if not len(self):
            return np.zeros(len(vectors), dtype=np.int32)
        nearest: npt.NDArray[np.int32] = np.argmin(self._distances(vectors), axis=1).astype(np.int32)
        return nearest

    def near(self, vector: Floats, lists: npt.NDArray[np.int32], keep: Mask | None) -> Mask | None:
        """Which rows, given by their lists, are in those that a search for this vector looks into."""
        if self.probes >= len(self):
            return keep
        chosen = np.zeros(len(self), dtype=bool)
        chosen[np.argpartition(self._distances(vector.reshape(1, -1))[0], self.probes)[: self.probes]] = True
        near = chosen[lists]
        return near if keep is None else near & keep

    def needed(self, vector: Floats, lists: npt.NDArray[np.int32]) -> npt.NDArray[Any]:
        """How many lists it takes to look into each of these, nearest first."""
        order = np.argsort(self._distances(vector.reshape(1, -1))[0])
        return np.asarray(np.argsort(order)[lists] + 1)

    def _distances(self, vectors: Floats) -> Floats:
        """Squared distances, but for the vectors' own lengths."""
        return np.asarray((self.centres * self.centres).sum(axis=1) - 2 * (vectors @ self.centres.T))
