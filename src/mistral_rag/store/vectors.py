"""Exact search by vectors, in memory."""

import faiss
import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float32]
Vectors = npt.NDArray[np.float32]


class DenseIndex:
    """Inner products of unit vectors (their cosine) with a FAISS flat index; a row may not come twice.

    One thread changes it; searches may run in any number of threads beside each other.
    """

    def __init__(self, dimension: int) -> None:
        self.dimension = dimension
        self._index = faiss.IndexFlatIP(dimension)
        self._rows = np.empty(0, dtype=np.int64)
        self._sum = np.zeros(dimension, dtype=np.float64)

    @classmethod
    def build(cls, rows: Rows, vectors: npt.NDArray[np.floating]) -> "DenseIndex":
        """The index of ``vectors[i]`` for ``rows[i]``."""
        index = cls(vectors.shape[1])
        index.add(rows, vectors)
        return index

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, rows: Rows, vectors: npt.NDArray[np.floating]) -> None:
        """Add rows behind the ones that are here."""
        self._index.add(np.ascontiguousarray(vectors, dtype=np.float32))
        self._sum += np.asarray(vectors).sum(axis=0, dtype=np.float64)
        self._rows = np.concatenate((self._rows, np.asarray(rows, dtype=np.int64)))

    def remove(self, rows: Rows) -> None:
        """Take rows out."""
        gone = np.flatnonzero(np.isin(self._rows, rows))
        if len(gone):
            self._sum -= self._index.reconstruct_batch(gone).sum(axis=0, dtype=np.float64)
        self._index.remove_ids(faiss.IDSelectorBatch(gone))
        self._rows = np.delete(self._rows, gone)

    def usual(self, vector: Vectors) -> float:
        """The mean of the cosines of all rows."""
        return float(self._sum @ np.asarray(vector, dtype=np.float64).ravel()) / max(len(self._rows), 1)

    def search(self, vector: Vectors, k: int, *, rows: Rows | None = None) -> tuple[Rows, Scores]:
        """The `k` nearest rows and their cosines, best first, among equals the lower row. `rows`: only these."""
        chosen = None if rows is None else np.isin(self._rows, rows)
        count = min(k, len(self._rows) if chosen is None else int(np.count_nonzero(chosen)))
        if count == 0:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        asked = np.ascontiguousarray(vector, dtype=np.float32).reshape(1, self.dimension)
        if chosen is None:
            scores, places = self._index.search(asked, count)
        else:
            bits = np.packbits(chosen, bitorder="little")
            only = faiss.SearchParameters()
            only.sel = faiss.IDSelectorBitmap(len(chosen), faiss.swig_ptr(bits))
            scores, places = self._index.search(asked, count, params=only)
        found = self._rows[places[0]]
        order = np.lexsort((found, -scores[0]))
        return found[order], scores[0][order]

    def scores(self, vector: Vectors, rows: Rows) -> Scores:
        """Cosines of some rows, in their order; 0 for a row without a vector."""
        order = np.argsort(self._rows, kind="stable")
        at = np.searchsorted(self._rows, rows, sorter=order)
        here = at < len(order)
        here[here] = self._rows[order[at[here]]] == rows[here]
        scores = np.zeros(len(rows), dtype=np.float32)
        places = order[at[here]].astype(np.int64)
        if len(places):
            scores[here] = self._index.reconstruct_batch(places) @ np.asarray(vector, dtype=np.float32).ravel()
        return scores
