"""Differences of a statement from the sentence whose words it repeats: another name, number, unit, a negation.

Where nearly all words are the same and in the same order, the few others are what the statement changes.
"""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Final

from mistral_rag.grounding._claims.alignment import MAX_COMPARED, Alignment, TextToken
from mistral_rag.grounding._claims.findings import Compared, Finding
from mistral_rag.text import dates, measure_word, numbers, same_date, same_number

MIN_SAME: Final = 0.7
"""Share of a statement's tokens that stand in the sentence in the same order."""
MIN_TOKENS: Final = 4
MAX_CHANGED: Final = 5
"""Tokens of a difference; longer ones are other words for the same."""
SAME_START: Final = 4
"""Letters by which forms of one word begin alike."""
_CAPITAL_NOUNS: Final = frozenset({"de", "lb"})
"""Languages in which a capital letter is no sign of a name."""


def changed_words(compared: Compared) -> Iterator[Finding]:
    """Names, numbers, units and negations in which a statement differs from the sentence that it repeats."""
    for alignment in compared.alignments[:2]:
        said, there = alignment.statement.tokens, alignment.there.tokens
        if max(len(said), len(there)) > MAX_COMPARED:
            continue
        changes = _changes(said, there)
        same = len(said) - sum(len(mine) for mine, _ in changes)
        if len(said) < MIN_TOKENS or same < max(MIN_SAME * len(said), 3):
            continue
        found = [finding for change in changes if (finding := _finding(*change, alignment, compared.language))]
        if not found:
            return
        yield found[0]
        return


def _changes(
    said: Sequence[TextToken], there: Sequence[TextToken]
) -> list[tuple[Sequence[TextToken], Sequence[TextToken]]]:
    """Runs of tokens in which two texts differ; what the sentence has before and behind the statement is none."""
    matcher = SequenceMatcher(None, [_key(token) for token in said], [_key(token) for token in there], autojunk=False)
    codes = [code for code in matcher.get_opcodes() if code[0] != "equal"]
    outer = {("insert", 0), ("insert", len(said))}
    return [(said[a:b], there[c:d]) for kind, a, b, c, d in codes if (kind, a) not in outer]


def _key(token: TextToken) -> str:
    return token.stem or token.text.lower()


def _finding(
    said: Sequence[TextToken], there: Sequence[TextToken], alignment: Alignment, language: str
) -> Finding | None:
    mine, theirs = ([token for token in side if token.negates] for side in (said, there))
    if len(mine) % 2 != len(theirs) % 2 and len(said) <= MAX_CHANGED and len(there) <= MAX_CHANGED:
        if mine:
            return Finding("contradicted", f"it says {_text(said)!r}, its source does not negate it")
        return Finding("contradicted", f"its source says {_text(there)!r}, which it leaves out")
    if not said or not there or len(said) > MAX_CHANGED:
        return None
    if (new := _new_number(said, there, alignment)) is not None:
        return Finding("contradicted", f"it says {new.text!r} where its source says {_text(there[:MAX_CHANGED])!r}")
    if len(there) > MAX_CHANGED:
        return None
    names = [t for t in said if t.is_capitalised and t.stem and t.stem not in alignment.there.stems]
    if names and (_has(there, "is_capitalised") or language not in _CAPITAL_NOUNS) and not _abbreviates(said, there):
        return Finding(
            "partial" if language in _CAPITAL_NOUNS else "contradicted",
            f"it says {_text(said)!r} where its source says {_text(there)!r}",
        )
    units = [[measure_word(token.text) for token in side] for side in (said, there)]
    if any(units[0]) and any(units[1]) and not {*units[0]} & {*units[1]} - {""}:
        return Finding("contradicted", f"it says {_text(said)!r} where its source says {_text(there)!r}")
    if len(said) == len(there) == 1 and _is_other_word(said[0], there[0], alignment):
        return Finding("partial", f"it says {_text(said)!r} where its source says {_text(there)!r}")
    return None


def _new_number(said: Sequence[TextToken], there: Sequence[TextToken], alignment: Alignment) -> TextToken | None:
    """A number of a difference that the sentence has in no form, and that stands for a number."""
    held = numbers(alignment.there.text, named=True)
    dated = list(dates(alignment.there.text))
    years = frozenset(value for number in held if number.is_year for value in number.values)
    known = [date for date in dates(alignment.statement.text) if same_date(date, dated, years)]
    for number in numbers(alignment.statement.text) if _has(there, "is_number") else ():
        token = next((t for t in said if t.is_number and t.start == number.start), None)
        in_date = any(date.start <= number.start < date.end for date in known)
        if token and not in_date and not any(same_number(number, other) for other in held):
            return token
    return None


def _is_other_word(said: TextToken, there: TextToken, alignment: Alignment) -> bool:
    """True when one word stands for one other that neither side has elsewhere; a synonym is one of these, too."""
    both = said.stem.isalpha() and there.stem.isalpha() and not numbers(f"{said.text} {there.text}", named=True)
    elsewhere = said.stem in alignment.there.stems or there.stem in alignment.statement.stems
    return both and not elsewhere and said.stem[:SAME_START] != there.stem[:SAME_START]


def _has(tokens: Sequence[TextToken], what: str) -> bool:
    return any(getattr(token, what) for token in tokens)


def _abbreviates(said: Sequence[TextToken], there: Sequence[TextToken]) -> bool:
    """True when one side is the initials or the beginning of the other."""
    letters = ["".join(token.text for token in side).lower().replace(".", "") for side in (said, there)]
    initials = ["".join(token.text[0] for token in side).lower() for side in (said, there)]
    return letters[0] in {initials[1], letters[1]} or letters[1] == initials[0] or letters[0][:5] == letters[1][:5]


def _text(tokens: Sequence[TextToken]) -> str:
    return " ".join(token.text for token in tokens)
