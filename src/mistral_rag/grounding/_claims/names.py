"""Names of a statement: that its sources have them, and in the same places and roles."""

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import Final

from mistral_rag.grounding._claims.alignment import Alignment, TextToken, TokenizedText
from mistral_rag.grounding._claims.findings import Compared, Finding
from mistral_rag.grounding._claims.first_words import is_name_at_start
from mistral_rag.grounding._claims.polarity import SAME_SENTENCE
from mistral_rag.text import MONTHS, NON_ALPHANUMERIC

_DAYS: Final = frozenset("monday tuesday wednesday thursday friday saturday sunday".split())  # noqa: SIM905
_NO_NAMES: Final = frozenset(
    [
        "yes",
        "no",
        "the",
        "this",
        "these",
        "that",
        "those",
        "fy",
        "q1",
        "q2",
        "q3",
        "q4",
        "i",
        "it",
        "in",
        "on",
        "at",
        "inc",
        "ltd",
        "llc",
        "corp",
        "co",
        "us",
    ]
)
SHARED_START: Final = 5
"""Letters by which a name and its adjective begin alike: Germany, German (with four, Austria would be Austen)."""
MIN_ROLES: Final = 0.75
"""Share of its stems by which a statement counts as the same sentence, so that the order of names says who did what."""
_PASSIVE: Final = frozenset("by von durch par por da dal dalla dai door av af przez".split())  # noqa: SIM905
_AND: Final = frozenset("and or with und oder mit et ou avec y e o con en of met & vs versus".split())  # noqa: SIM905
_CAPITAL_NOUNS: Final = frozenset({"de", "lb"})
"""Languages in which a capital letter is no sign of a name."""


def absent_names(compared: Compared) -> Iterator[Finding]:
    """Names that stand neither in the sources nor around them."""
    if compared.language in _CAPITAL_NOUNS:
        return
    missing = list(dict.fromkeys(name for name in _names(compared) if not _is_there(name, compared)))
    if missing:
        plural = "stand" if len(missing) > 1 else "stands"
        yield Finding("partial", f"{', '.join(map(repr, missing))} {plural} in nothing it cites")


def other_names(compared: Compared) -> Iterator[Finding]:
    """A name in the place where the sentence that says the same has another."""
    for alignment in compared.alignments[:1]:
        if alignment.coverage < SAME_SENTENCE:
            return
        for change in alignment.substitutions:
            if swapped := _swapped(change.said, change.there, alignment):
                yield Finding("contradicted", f"it says {swapped[0]!r} where its source says {swapped[1]!r}")
                return


def other_roles(compared: Compared) -> Iterator[Finding]:
    """Two names that stand on other sides of their verb than in the sentence that says the same."""
    for alignment in compared.alignments[:1]:
        if alignment.coverage < MIN_ROLES:
            return
        said, there = alignment.statement, alignment.there
        names = _runs(said)
        for (a, a_end), (b, b_end) in itertools.pairwise(names):
            first, second = (_key(said.tokens[x:y]) for x, y in ((a, a_end), (b, b_end)))
            between = said.tokens[a_end:b]
            at, other = _place(there, first), _place(there, second)
            if at is None or other is None or at < other or not _has_verb(between, there.tokens[other:at]):
                continue
            if _passive(between) == _passive(there.tokens[other:at]):
                yield Finding("contradicted", f"{' '.join(first)!r} and {' '.join(second)!r} have each other's place")
                return


def _names(compared: Compared) -> Iterator[str]:
    """Capitalised words, but for dates, and for a first word that is a common one."""
    tokens = compared.said.tokens
    for at, token in enumerate(tokens):
        bare = re.sub(r"['’]s?$", "", token.text)
        if not token.is_capitalised or len(bare) < 2 or bare.lower() in _NO_NAMES or not token.stem:
            continue
        if bare.lower() in MONTHS or bare.lower() in _DAYS:
            continue
        if _begins(compared.said, token) and not is_name_at_start(tokens, at, compared.language):
            continue
        yield bare


def _begins(passage: TokenizedText, token: TextToken) -> bool:
    before = passage.text[: token.start].rstrip("\"'“„«(*-– ")
    return not before or before[-1] in ".!?:\n•"


def _is_there(name: str, compared: Compared) -> bool:
    letters = NON_ALPHANUMERIC.sub("", name.lower())
    if not letters or letters in compared.letters:
        return True
    if name.isupper() and len(name) <= 6 and letters in compared.initials:
        return True
    return len(letters) > SHARED_START and letters[: max(SHARED_START, len(letters) - 3)] in compared.letters


def _swapped(said: Sequence[TextToken], there: Sequence[TextToken], alignment: Alignment) -> tuple[str, str] | None:
    """The names on both sides of a difference; none when either stands elsewhere on the other side."""
    mine = [token for token in said if token.is_capitalised and token.stem]
    theirs = [token for token in there if token.is_capitalised and token.stem]
    if not mine or not theirs or len(said) > len(mine) + 2 or len(there) > len(theirs) + 2:
        return None
    if {t.stem for t in mine} & alignment.there.stems or {t.stem for t in theirs} & alignment.statement.stems:
        return None
    if _abbreviates(mine, theirs) or _abbreviates(theirs, mine):
        return None
    return " ".join(token.text for token in mine), " ".join(token.text for token in theirs)


def _abbreviates(short: Sequence[TextToken], long: Sequence[TextToken]) -> bool:
    initials = "".join(token.text[0] for token in long).lower()
    letters = "".join(token.text for token in short).lower()
    whole = "".join(token.text for token in long).lower()
    return letters.replace(".", "") == initials or letters[:SHARED_START] == whole[:SHARED_START]


def _runs(passage: TokenizedText) -> list[tuple[int, int]]:
    """Ranges of neighbouring capitalised words."""
    runs: list[tuple[int, int]] = []
    for at, token in enumerate(passage.tokens):
        if not token.is_capitalised or not token.stem:
            continue
        gap = passage.text[passage.tokens[at - 1].start + len(passage.tokens[at - 1].text) : token.start] if at else ","
        if runs and runs[-1][1] == at and not gap.strip(" -&"):
            runs[-1] = (runs[-1][0], at + 1)
        else:
            runs.append((at, at + 1))
    return runs


def _key(tokens: Sequence[TextToken]) -> tuple[str, ...]:
    return tuple(re.sub(r"['’]s?$", "", token.text) for token in tokens)


def _place(passage: TokenizedText, name: tuple[str, ...]) -> int | None:
    """Index of the only place where a passage has a name; None for none or several."""
    texts = _key(passage.tokens)
    places = [at for at in range(len(texts) - len(name) + 1) if texts[at : at + len(name)] == name]
    return places[0] if len(places) == 1 else None


def _has_verb(between: Sequence[TextToken], there: Sequence[TextToken]) -> bool:
    """True when words between two names stand between them in the source, too, and are not just "and"."""
    stems = {token.stem for token in between if token.stem and not token.is_capitalised}
    joined = all(token.text.lower() in _AND for token in between)
    return not joined and bool(stems & {token.stem for token in there})


def _passive(tokens: Sequence[TextToken]) -> bool:
    return any(token.text.lower() in _PASSIVE for token in tokens)
