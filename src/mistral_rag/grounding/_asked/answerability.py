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
    - ``page``: share of the question's words, or of others of their meaning, weighted by rarity, in what was found of
      the first quote's page;
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
                {"bias": -2.5, "covered": 0.4, "page": 1.7, "absent": -2.0, "value": 1.65, "about": 0.6,
                 "unnamed": -2.4}
            ),
            0.38,
        ),
        ENGLISH: Calibration(
            MappingProxyType(
                {"bias": -3.55, "page": 1.4, "absent": -1.95, "value": 1.9, "about": 0.4, "unnamed": -2.3,
                 "likeness": 2.75}
            ),
            0.35,
        ),
        MULTILINGUAL: Calibration(
            MappingProxyType(
                {"bias": -4.25, "covered": 2.3, "page": 1.65, "absent": -1.75, "value": 1.95, "about": 0.75,
                 "unnamed": -3.15, "likeness": 2.0}
            ),
            0.33,
        ),
        ACROSS: Calibration(
            MappingProxyType({"bias": -5.2, "value": 1.0, "about": 1.2, "unnamed": -1.0, "likeness": 6.0}), 0.45
        ),
    }
)  # fmt: skip
"""Fitted to questions with and without their documents (ADR 116): the tuning half of `benchmarks.questions` and 118
questions about other real documents, with XQuAD, CLAPNQ and FinanceBench for `WORDS` and `ENGLISH`, with XQuAD and
OHR-Bench for `MULTILINGUAL`; `ACROSS` to XQuAD (ADR 72)."""
