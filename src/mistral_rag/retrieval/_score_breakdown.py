"""The parts of a row's score, and the ranking by it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from mistral_rag.retrieval._fusion import Scores, convex_sum, reciprocal_ranks

Rows = npt.NDArray[np.int64]
Fusion = Literal["convex", "rrf"]


@dataclass(frozen=True, slots=True)
class Ranked:
    """A row, the parts of its score, and its rank (from 1) by each side alone; None where a side has none.

    `superseded` rows are of a document of which there is a newer version, where the question asks for the newest.
    """

    row: int
    score: float
    parts: Mapping[str, float]
    ranks: Mapping[str, int | None]
    superseded: bool


@dataclass(frozen=True, slots=True)
class Ranking:
    """Rows, best first; the share of the question that the words of one passage cover, and the vectors' weight."""

    ranked: list[Ranked]
    covered: float
    dense_weight: float


@dataclass(frozen=True, slots=True)
class Breakdown:
    """The parts of the scores of some rows; words and vectors between 0 and 1, boosts are added.

    `covered` is the share of the question that the best passage covers by its words.
    """

    lexical: Scores
    dense: Scores
    document_boost: Scores
    page_boost: Scores
    superseded: npt.NDArray[np.bool_]
    dense_weight: float
    covered: float

    def ranked(self, rows: Rows, k: int, fusion: Fusion) -> list[Ranked]:
        """The best `k` rows, best first; among equals the lower row."""
        boost = self.document_boost + self.page_boost
        if fusion == "rrf":
            sides = (self.lexical, self.dense) if self.dense_weight else (self.lexical,)
            fused = reciprocal_ranks(*(side + boost for side in sides))
        else:
            fused = convex_sum(self.lexical, self.dense, self.dense_weight) + boost
        order = np.lexsort((rows, -fused))[:k]
        ranks = {name: _ranks(getattr(self, name), rows) for name in ("lexical", "dense")}
        return [
            Ranked(
                int(rows[i]),
                float(fused[i]),
                self._of(int(i)),
                {name: int(of[i]) or None for name, of in ranks.items()},
                bool(self.superseded[i]),
            )
            for i in order
        ]

    def _of(self, i: int) -> dict[str, float]:
        names = ("lexical", "dense", "document_boost", "page_boost")
        here = {name: float(getattr(self, name)[i]) for name in names}
        return {**here, "dense_weight": self.dense_weight, "covered": self.covered}


def _ranks(scores: Scores, rows: Rows) -> Rows:
    """The rank of each row, from 1; 0 for rows with a score of 0."""
    ranks = np.empty(len(scores), dtype=np.int64)
    ranks[np.lexsort((rows, -scores))] = np.arange(1, len(scores) + 1)
    return np.where(scores > 0, ranks, 0)
