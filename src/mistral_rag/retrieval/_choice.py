"""The hits of a ranking: read from the index, reranked, chosen, and what stands beside them."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from mistral_rag.index import StoredChunk, View
from mistral_rag.retrieval._diversification import at_most_each, marginal
from mistral_rag.retrieval._hits import Hit
from mistral_rag.retrieval._reranking import Reranker, reranked
from mistral_rag.retrieval._row_table import RowTable
from mistral_rag.retrieval._score_breakdown import Ranked

Vector = npt.NDArray[np.float32]


def ranked_hits(view: View, ranked: Sequence[Ranked], *, layouts: bool) -> list[Hit]:
    """The hits of ranked rows, in their order; rows that are gone meanwhile drop out."""
    by_row = {one.row: one for one in view.chunks([one.row for one in ranked], layouts=layouts)}
    return [
        Hit(by_row[one.row], one.score, one.parts, one.ranks, older=one.superseded)
        for one in ranked
        if one.row in by_row
    ]


def reranked_hits(reranker: Reranker, question: str, hits: Sequence[Hit]) -> list[Hit]:
    """The hits in a reranker's order, with its scores; it may leave some out."""
    order = reranked(reranker, question, [hit.to_document() for hit in hits])
    return [hits[position].reranked(score) for position, score in order]


def chosen_hits(
    hits: Sequence[Hit], vectors: Mapping[int, Vector], k: int, *, mmr: float | None, most_per_document: int | None
) -> list[Hit]:
    """The `k` best hits: no more of a document than wanted, and varied by `vectors` (by row) where `mmr` is given."""
    if most_per_document is not None:
        hits = [hits[position] for position in at_most_each([hit.source.uri for hit in hits], most_per_document)]
    if mmr is not None and vectors:
        rows = np.stack([vectors[hit.stored.row] for hit in hits]) if hits else np.empty((0, 1), np.float32)
        hits = [hits[position] for position in marginal([hit.score for hit in hits], rows, k, mmr)]
    return list(hits[:k])


def vectors_of(view: View, hits: Sequence[Hit]) -> dict[int, Vector]:
    """The vectors of hits by row; zeros for a row without one."""
    found, vectors = view.vectors_of(hit.stored.row for hit in hits)
    nothing = np.zeros(vectors.shape[1], dtype=np.float32)
    known = dict(zip(found.tolist(), vectors.astype(np.float32), strict=True))
    return {hit.stored.row: known.get(hit.stored.row, nothing) for hit in hits}


def stored_beside(
    view: View, table: RowTable, hits: Iterable[Hit], count: int, *, layouts: bool
) -> dict[int, StoredChunk]:
    """The passages up to `count` places before and behind each hit, by row."""
    rows = {row for hit in hits for row in table.beside([hit.stored.row], count)}
    return {stored.row: stored for stored in view.chunks(sorted(rows), layouts=layouts)} if rows else {}


def hits_beside(table: RowTable, hits: Iterable[Hit], count: int, stored: Mapping[int, StoredChunk]) -> list[Hit]:
    """The neighbours of what was chosen, as context."""
    rows = table.beside([hit.stored.row for hit in hits], count)
    return [Hit(stored[row], 0.0, context=True) for row in rows if row in stored]
