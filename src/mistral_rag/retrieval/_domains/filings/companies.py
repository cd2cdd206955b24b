"""Companies that a question names: their aliases, and the documents that are theirs."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from mistral_rag.retrieval._domains.filings.names import squeezed, words_of
from mistral_rag.retrieval._domains.filings.profile import FilingProfile

MAX_NAME_WORDS: Final = 6
"""Words of a question that are looked up as one name; longer names are known by their beginning."""
MAX_LOOKED_UP: Final = 20_000
"""Characters of a question in which names are looked for: longer ones are pasted documents, and 1 MB takes 10 s."""
MIN_MISSPELT: Final = 6
"""Letters of a name that is known with one letter wrong, missing, doubled or swapped; shorter ones resemble words."""

_LOOSER: Final = {"shout": 0, "upper": 1, "title": 2, "capital": 3, "any": 4}
"""Ways in which a question may write a name, strictest first."""
_IN_ANY_CASE: Final = frozenset({"upper", "capital", "any"})
_GAP: Final = re.compile(r"[\s?!;:,/]+")
_TELLS_NO_CASE: Final = re.compile(r"\b(?:\w*\d\w*|[A-Z]{2,})\b|(?:^|[.?!])\s*\w")


class CompanyIndex:
    """Aliases of companies, and their documents; documents come and go."""

    def __init__(self) -> None:
        self._profiles: dict[int, FilingProfile] = {}
        self._shapes: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._named: defaultdict[str, set[int]] = defaultdict(set)
        self._owned: defaultdict[str, set[int]] = defaultdict(set)
        self._spelt: defaultdict[tuple[str, int], set[str]] = defaultdict(set)

    def add(self, document: int, profile: FilingProfile) -> None:
        """Add a document that is not here."""
        self._profiles[document] = profile
        for alias, shape in profile.names.items():
            self._shapes[alias][shape] += 1
            self._named[alias].add(document)
            if shape == "any" and len(alias) >= MIN_MISSPELT:
                self._spelt[alias[0], len(alias)].add(alias)
        for alias in profile.own:
            self._owned[alias].add(document)

    def remove(self, document: int) -> None:
        """Remove a document that is here."""
        profile = self._profiles.pop(document)
        for alias, shape in profile.names.items():
            self._shapes[alias] -= Counter({shape: 1})
            self._named[alias].discard(document)
            if shape == "any" and not self._shapes[alias]["any"]:
                self._spelt[alias[:1], len(alias)].discard(alias)
            if not self._named[alias]:
                del self._shapes[alias], self._named[alias]
        for alias in profile.own:
            self._owned[alias].discard(document)
            if not self._owned[alias]:
                del self._owned[alias]

    def named(self, question: str) -> frozenset[int]:
        """Documents of the companies that the question names. The longest name wins over those inside it.

        Where it names none, a capital word that is one letter off one company's name names that company.
        """
        question = question[:MAX_LOOKED_UP]
        words = _words(question)
        aliases = {alias for alias, _ in self._spans(words, any_case=_is_of_one_case(question))}
        found = frozenset(document for alias in aliases for document in self._documents_of(alias))
        return found or self._misspelt(words)

    def without_names(self, question: str) -> str:
        """The words of the question without the companies it names; empty where it names none."""
        question, rest = question[:MAX_LOOKED_UP], question[MAX_LOOKED_UP:]
        words = _words(question)
        named = {at for _, span in self._spans(words, any_case=_is_of_one_case(question)) for at in span}
        return " ".join(word.written for at, word in enumerate(words) if at not in named) + rest if named else ""

    def _documents_of(self, alias: str) -> set[int]:
        """Documents of the companies with this alias: all that share a name of their own, directly or not."""
        found = set(self._named.get(alias, ()))
        reached: set[str] = set()
        waiting = list(found)
        while waiting:
            for own in self._profiles[waiting.pop()].own:
                if own not in reached:
                    reached.add(own)
                    new = self._owned[own] - found
                    found |= new
                    waiting += new
        return found

    def _spans(self, words: Sequence["_Word"], *, any_case: bool) -> Iterator[tuple[str, range]]:
        """Each name among these words, and where it stands."""
        at = 0
        while at < len(words):
            for count in range(min(MAX_NAME_WORDS, len(words) - at), 0, -1):
                if alias := self._alias(words[at : at + count], any_case):
                    yield alias, range(at, at + count)
                    break
            else:
                count = 1
            at += count

    def _alias(self, span: Sequence["_Word"], any_case: bool) -> str:
        for alias in ("".join([word.squeezed for word in span]), "".join([word.bare for word in span])):
            shapes = self._shapes.get(alias)
            if not shapes:
                continue
            shape = max(shapes, key=_LOOSER.__getitem__)
            parts = [part for word in span for part in word.parts]
            if (any_case and shape in _IN_ANY_CASE) or _is_written(shape, parts):
                return alias
        return ""

    def _misspelt(self, words: Iterable["_Word"]) -> frozenset[int]:
        meant = {alias for word in words if word.written[0].isupper() for alias in self._nearly(word.bare)}
        owners = {frozenset(self._documents_of(alias)) for alias in meant}
        return owners.pop() if len(owners) == 1 else frozenset()

    def _nearly(self, word: str) -> Iterator[str]:
        if len(word) >= MIN_MISSPELT - 1:
            for length in (len(word) - 1, len(word), len(word) + 1):
                yield from (alias for alias in self._spelt.get((word[0], length), ()) if _is_one_off(word, alias))


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of a question: as written, its letters and digits, and these without a possessive ending."""

    written: str
    squeezed: str
    bare: str
    parts: tuple[str, ...]

    @classmethod
    def of(cls, written: str) -> "_Word":
        parts = tuple(words_of(written))
        return cls(written, squeezed([written]), squeezed(parts), parts)


def _words(question: str) -> list[_Word]:
    return [_Word.of(word) for word in _GAP.split(question) if word]


def _is_of_one_case(question: str) -> bool:
    """True when its capitals tell nothing: those of sentences and of codes ("EBITDA", "FY2021") never do."""
    letters = _TELLS_NO_CASE.sub("", question)
    return letters == letters.lower() or question == question.upper()


def _is_one_off(word: str, name: str) -> bool:
    """True when one letter was left out, added, changed, or swapped with its neighbour."""
    start = next((at for at, (one, other) in enumerate(zip(word, name, strict=False)) if one != other), -1)
    if start < 0:
        return len(word) != len(name)
    rest, other = word[start:], name[start:]
    turned = rest[:2] == other[1::-1] and rest[2:] == other[2:]
    return turned or rest[1:] == other[1:] or rest[1:] == other or rest == other[1:]


def _is_written(shape: str, words: list[str]) -> bool:
    text = "".join(words)
    if shape in {"upper", "shout"}:
        return text.isupper()
    return (shape == "any" and len(words) > 1) or any(char.isupper() or char.isdigit() for char in text)
