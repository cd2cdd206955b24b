"""Content words of questions, claims and evidence, stemmed so that they can be compared."""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

Weigh = Callable[[str], float]
"""How much a word tells: high for rare words."""

_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+")
_STEMMERS = {
    "da": "danish", "de": "german", "en": "english", "es": "spanish", "fi": "finnish", "fr": "french",
    "it": "italian", "nl": "dutch", "no": "norwegian", "pt": "portuguese", "sv": "swedish",
}  # fmt: skip
_STOP = frozenset(
    re.findall(
        r"\S+",
        """a about above after again all also am an and any are as at be because been before being below between both
        but by can could did do does doing down during each few for from further had has have having he her here
        hers him his how i if in into is it its itself just me more most my no nor not now of off on once only or
        other our out over own please s same she should so some such t than that the their them then there these
        they this those through to too under until up us very was we were what when where which while who whom whose
        why will with would you your der die das den dem des ein eine einer eines und oder ist sind war im zu von
        mit auf für als auch wie was wer wann wo le la les un une des du de et ou est sont dans pour par sur avec
        que qui quoi quel quelle quels quelles au aux ce el los las una y o es son en por para con que cual cuál qué
        quién il lo gli di e è sono per che chi een het van op""",
    )
)


def words(text: str, language: str = "en") -> list[str]:
    """Lower-case stems and numbers of `text`, in order; thousands separators dropped."""
    stem = _stemmer(language)
    folded = unicodedata.normalize("NFKC", text).lower()
    return [_number(token) if token[0].isdigit() else stem(token) for token in _TOKEN.findall(folded)]


def content_words(text: str, language: str = "en") -> list[str]:
    """The words of `text` that say what it is about, each once, in order."""
    stem = _stemmer(language)
    folded = unicodedata.normalize("NFKC", text).lower()
    kept = (token for token in _TOKEN.findall(folded) if token not in _STOP)
    return list(dict.fromkeys(_number(t) if t[0].isdigit() else stem(t) for t in kept))


def rarity(texts: Sequence[Iterable[str]]) -> Weigh:
    """Weights from how many of `texts` (as words) hold a word."""
    held = Counter(word for text in texts for word in set(text))
    count = len(texts)
    return lambda word: math.log(1 + (count - held[word] + 0.5) / (held[word] + 0.5))


def coverage(asked: Iterable[str], held: Iterable[str], weigh: Weigh) -> float:
    """The share of `asked`, by weight, that is in `held`; 0 when nothing is asked."""
    there = set(held)
    weights = [(weigh(word), word in there) for word in asked]
    total = sum(weight for weight, _ in weights)
    return sum(weight for weight, found in weights if found) / total if total else 0.0


def _number(token: str) -> str:
    whole = re.sub(r",(?=\d{3}(?!\d))", "", token)
    return whole.rstrip("0").rstrip(".") if "." in whole and whole.count(".") == 1 else whole


@lru_cache(maxsize=16)
def _stemmer(language: str) -> Callable[[str], str]:
    import snowballstemmer

    stemmer: Any = snowballstemmer.stemmer(_STEMMERS.get(language, "english"))
    return lru_cache(maxsize=50_000)(stemmer.stemWord)
