"""The chance that what was found answers a question, by signs that can be explained."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Signs:
    """Signs that evidence answers a question, each 0 to 1.

    - ``covered``: share of the question's words in the best page, and their nearness in it;
    - ``page``: share of the question's words, or of others of their meaning, weighted by rarity, in what was found of the
      first quote's page;
    - ``absent``: 1 when a noun of the question, and any other word of its meaning, stands nowhere on that page; for the
      number of a case or a phone, when it does not stand beside the first quote;
    - ``value``: how surely a quote holds a value of the kind that is asked for; 1 where the kind is not known;
    - ``about``: share of the things named in the question that the first quote is about;
    - ``unnamed``: share of the names in the question that nothing found mentions;
    - ``likeness``: mean cosine of the question with the first quote, and with the quote and its neighbours; 0 without
      a known model, whose weights then know of none.
    """

    covered: float
    page: float
    absent: float
    value: float
    about: float
    unnamed: float
    likeness: float = 0.0


@dataclass(frozen=True, slots=True)
class Calibration:
    """Weights of the signs and of a bias, by name, and the chance from which on an answer is given."""

    weights: Mapping[str, float]
    threshold: float

    def likelihood(self, signs: Signs) -> float:
        """The chance that what was found answers the question: the logistic function of the weighted sum."""
        held = asdict(signs)
        score = self.weights["bias"] + sum(weight * held[name] for name, weight in self.weights.items() if name in held)
        return 1 / (1 + math.exp(-max(min(score, 30.0), -30.0)))


WORDS: Final = "words"
"""Scale of signs without cosines: for other models' embeddings, whose cosines have other scales (ADR 34), and none."""
MULTILINGUAL: Final = "local-use@"
"""The model that is good across languages."""
ENGLISH: Final = "local-minilm@"
"""The model that knows English only."""
SCALES: Final = (ENGLISH, MULTILINGUAL)
"""Starts of the names of models whose cosines are a sign."""


def scale_of(embeddings: object) -> str:
    """The scale on which the cosines of these embeddings are; `WORDS` where they are no sign."""
    name = str(getattr(embeddings, "model", ""))
    known = hasattr(embeddings, "embed_matrix")
    return next((scale for scale in SCALES if known and name.startswith(scale)), WORDS)


ACROSS: Final = "local-use@ across languages"
"""Scale for a question in another language than the documents: the words of the two have little in common."""

DEFAULTS: Final[Mapping[str, Calibration]] = MappingProxyType(
    {
        WORDS: Calibration(
            MappingProxyType(
                {"bias": -4.7, "covered": 2.8, "best": 0.75, "known": 0.0, "value": 1.0, "about": 1.45,
                 "unnamed": -2.6, "fit": 0.55, "page": 0.75}
            ),
            0.4,
        ),
        ENGLISH: Calibration(
            MappingProxyType(
                {"bias": -6.3, "covered": 1.4, "best": 0.25, "known": 0.0, "value": 1.0, "about": 1.2,
                 "unnamed": -2.25, "fit": 0.75, "page": 1.8, "likeness": 4.7}
            ),
            0.42,
        ),
        MULTILINGUAL: Calibration(
            MappingProxyType(
                {"bias": -5.8, "covered": 0.0, "best": 3.15, "known": 0.4, "value": 1.0, "about": 2.55,
                 "unnamed": -1.2, "fit": 0.9, "likeness": 2.7}
            ),
            0.6,
        ),
        ACROSS: Calibration(
            MappingProxyType({"bias": -5.2, "value": 1.0, "about": 1.2, "unnamed": -1.0, "likeness": 6.0}), 0.45
        ),
    }
)  # fmt: skip
"""Fitted to questions with and without their documents: `WORDS` and `ENGLISH` to XQuAD, CLAPNQ, FinanceBench and the
tuning half of `benchmarks.questions` (ADR 107), the others to XQuAD and OHR-Bench (ADR 72)."""
