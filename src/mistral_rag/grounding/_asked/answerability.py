"""The chance that what was found answers a question, by signs that can be explained."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Signs:
    """Signs that evidence answers a question, each 0 to 1 but for the fit.

    - ``covered``: share of the question's words in the best page, and their nearness in it;
    - ``best``: share of the question's words, weighted by rarity, in the first quote, the units beside it, its section
      and its page's head;
    - ``known``: the same share in all that was found: 1 when no word of the question is strange to it;
    - ``value``: 1 when a quote holds a value of the kind that is asked for, 0 when none does, .5 for no known kind;
    - ``first``: the same of the first quote;
    - ``about``: share of the things named in the question that the first quote is about;
    - ``unnamed``: share of the names in the question that nothing found mentions;
    - ``fit``: the fit of the first quote;
    - ``likeness``: cosine of the question with the first quote and with its surroundings; None without a known model.
    """

    covered: float
    best: float
    known: float
    value: float
    first: float
    about: float
    unnamed: float
    fit: float
    likeness: float | None = None


WEIGHTS: Final[Mapping[str, float]] = MappingProxyType(
    {
        "bias": -4.0,
        "covered": 4.0,
        "best": 3.0,
        "known": 1.0,
        "value": 1.0,
        "first": 0.5,
        "about": 1.0,
        "unnamed": -2.0,
        "fit": 0.1,
        "likeness": 3.0,
    }
)


@dataclass(frozen=True, slots=True)
class Calibration:
    """Weights of the signs, and the chance from which on an answer is given."""

    weights: Mapping[str, float]
    threshold: float

    def likelihood(self, signs: Signs) -> float:
        """The chance that what was found answers the question."""
        held = {name: value for name, value in asdict(signs).items() if value is not None}
        score = self.weights["bias"] + sum(self.weights[name] * value for name, value in held.items())
        return 1 / (1 + math.exp(-score))


DEFAULT: Final = Calibration(WEIGHTS, 0.5)
