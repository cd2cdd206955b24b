"""Location of a quote on one page, with the reason when it does not stand there and the text that is nearest to it."""

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from mistral_rag.grounding._quotes.boxes import span_of
from mistral_rag.grounding._quotes.edges import cuts
from mistral_rag.grounding._quotes.parts import TextRange
from mistral_rag.grounding._quotes.quotes import AROUND, find, fragments_of, ranges_of, same_words
from mistral_rag.schema import Page, Span, Unit
from mistral_rag.text import LEVELS

MAX_SOUGHT = 400
"""Words of a quote by which the nearest text is sought: more than a page's longest paragraph."""
MAX_NEAREST = 600
"""Characters of the nearest text, which is shown in a line or two: longer units are cut to the words alone."""
CUT = "its characters stand on the page, but there it cuts a word or number, or leaves out a sign or unit"
TURNED = "its characters stand on the page, but there it leaves out a negation, condition or exception"
JOINED = "its parts stand on the page, but they do not belong together"
ABSENT = "it stands nowhere on the page"


@dataclass(frozen=True, slots=True)
class LocatedQuote:
    """The place of a quote on a page.

    `location` is "exact", "normalised" (found up to white space and typography), "ambiguous" (it stands there several
    times: `spans` are the first two places) or "not_found", for which `reason` says why. `nearest` is the text of the
    page that shares most words with a quote that was not found, for "did you mean": it is never a match, and None
    where little is alike.
    """

    location: Literal["exact", "normalised", "ambiguous", "not_found"]
    spans: tuple[Span, ...] = ()
    reason: str | None = None
    nearest: Span | None = None

    @property
    def verified(self) -> bool:
        """True when the quote stands on the page, exactly or up to typography, in one place."""
        return self.location in {"exact", "normalised"}


def locate(quote: str, page: Page, *, number: int | None = None) -> LocatedQuote:
    """Find a quote on a page, by the rules that hold for every quote whoever wrote it.

    An ellipsis parts a quote into several spans. What cuts a word or a number, drops a sign, or leaves out a negation
    is not found, though its characters stand there.

    Args:
        quote: as a person or a model wrote it, also with quotation marks around it.
        page: of any parser, or read from an index.
        number: position of the page in its source, from 1; by default the number of its locator.
    """
    position = page.locator.number if number is None else number
    match = find(page.text, quote, units=page.units)
    spans = tuple(span_of(page, start, end, number=position) for start, end in match.ranges)
    if spans:
        return LocatedQuote(match.location, spans)
    near = nearest(page.text, quote, units=page.units)
    return LocatedQuote(
        "not_found",
        reason=refusal(page.text, quote),
        nearest=None if near is None else span_of(page, *near, number=position),
    )


def refusal(text: str, quote: str) -> str:
    """The reason why a quote that `find` did not find is none of a page's text."""
    fragments = fragments_of(quote)
    if len(fragments) > 1:
        return JOINED if all(_standing(text, fragment) for fragment in fragments) else ABSENT
    found = _standing(text, quote.strip(AROUND))
    if not found:
        return ABSENT
    return CUT if all(cuts(text, *place) for place in found) else TURNED


def nearest(text: str, quote: str, *, units: Sequence[Unit] = ()) -> TextRange | None:
    """Range of `text` that is most like `quote` by its words, for "did you mean"; None below a quarter of them.

    It is a unit, or several that share a run of words with the quote: whole ones, unless they are long.
    """
    words = [match.span() for match in re.finditer(r"\w+", text)]
    sought = [match[0].lower() for match in islice(re.finditer(r"\w+", quote), MAX_SOUGHT)]
    matcher = difflib.SequenceMatcher(None, [text[a:b].lower() for a, b in words], sought, autojunk=False)
    best = matcher.find_longest_match()
    if not sought or best.size < max(2, len(sought) // 4):
        return None
    first = max(best.a - best.b, 0)
    last = min(first + len(sought), len(words)) - 1
    # words at the ends that the quote has not belong to the sentence beside it
    shared = [nth for nth in range(first, last + 1) if text[slice(*words[nth])].lower() in sought]
    around = _widened((words[shared[0]][0], words[shared[-1]][1]), units)
    return max([around, *((unit.start, unit.end) for unit in units)], key=lambda place: _likeness(text, place, sought))


def _likeness(text: str, place: TextRange, sought: Sequence[str]) -> float:
    words = [match[0].lower() for match in re.finditer(r"\w+", text[slice(*place)])]
    # without a third of the words in common it is not worth the comparison of their order
    if 3 * len(set(words) & set(sought)) < len(set(sought)):
        return 0.0
    return difflib.SequenceMatcher(None, words, sought, autojunk=False).ratio()


def _widened(found: TextRange, units: Sequence[Unit]) -> TextRange:
    held = [unit for unit in units if unit.start < found[1] and found[0] < unit.end]
    if not held or held[-1].end - held[0].start > MAX_NEAREST:
        return found
    return min(found[0], held[0].start), max(found[1], held[-1].end)


def _standing(text: str, quote: str) -> list[TextRange]:
    """The places where the characters of a quote stand, on the strictest level on which they do."""
    for level in LEVELS:
        found = [place for place in ranges_of(text, quote, level) if same_words(text, place, quote, level)]
        if found:
            return found
    return []
