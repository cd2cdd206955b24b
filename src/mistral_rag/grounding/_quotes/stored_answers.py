"""Answers from a file checked again: their citations, markers and claims, from what the index holds now."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json

from mistral_rag.grounding._drafting.phrases import connects, declines
from mistral_rag.grounding._drafting.verdicts import source_text, surroundings
from mistral_rag.grounding._evidence.evidence import EvidenceUnit, defused
from mistral_rag.grounding._evidence.pages import ChunkSource, PageSource, PageStore, opened
from mistral_rag.grounding._quotes.edges import without_amounts
from mistral_rag.grounding._quotes.locate import locate
from mistral_rag.grounding._quotes.negations import count_negations
from mistral_rag.grounding._quotes.verify import verify_citation
from mistral_rag.grounding._support.support import Judgement, judge
from mistral_rag.index import IndexReader
from mistral_rag.retrieval import Passage
from mistral_rag.schema import Answer, Citation, Claim, Page, Support
from mistral_rag.text import content_words, missing_numbers
from mistral_rag.witness import PictureWitness

MARKER = re.compile(r"\[(\d{1,4})\]")
"""A marker in the text of an answer."""
MIN_SHARE = 0.5
"""Share of the words around a quoted row that must stand in what it cites: names of its columns, and a word of ours."""
RANK: dict[Support, int] = {"contradicted": 0, "unsupported": 1, "partial": 2, "supported": 3}
"""From worst to best; a claim that was not checked can't have become worse."""
NO_DOCUMENT = "the index holds no such document"
CHANGED = "the document has changed since it was cited"
QUOTED = Judgement("supported", None, ("quoted",))
NOTHING_HOLDS = Judgement("unsupported", None, ("nothing that it cites holds",))


@dataclass(frozen=True, slots=True)
class CitationCheck:
    """A citation as it is found now.

    `problem` says why it does not hold, None when it does; `stale` that its document is gone or is another version
    than the one that was cited. `nearest` is the text of the cited page that is most like a quote that was not found:
    it is never verified.
    """

    citation: Citation
    problem: str | None = None
    stale: bool = False
    nearest: str | None = None


@dataclass(frozen=True, slots=True)
class AnswerCheck:
    """An answer checked again.

    `answer` has the citations and verdicts on claims as found now, and the text, question and status of the one that
    was given. `problems` are sentences, one for each thing that does not hold.
    """

    answer: Answer
    citations: tuple[CitationCheck, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """True when every citation and every claim that the answer said to be supported holds."""
        return not self.problems


def verify_answer(
    answer: Answer | Mapping[str, Any] | str | bytes,
    index: "str | os.PathLike[str] | PageStore | PageSource",
    *,
    groups: Sequence[str] | None = None,
    picture: bool | PictureWitness = False,
) -> AnswerCheck:
    """Check an answer again, from what the index holds now and a reader in these groups may read.

    Nothing of the given answer is taken on trust: quotes are looked up (`verify_citation`), markers must have their
    citation, and claims are judged by what their citations quote now. A document that the reader may not read and one
    that is not there are reported in the same words.

    Args:
        answer: an `Answer`, or its JSON, as text or read.
        index: an index folder, or a reader or other source of pages.
        groups: of the reader, for a folder; None for what everyone may read.
        picture: also compare the quotes with the pictures of their pages.

    Raises:
        ValueError: `answer` is no answer, or `groups` are named for a reader that is open and has its own.
    """
    given = answer if isinstance(answer, Answer) else stored_answer(answer)
    with _pages(index, groups) as pages:
        checks = tuple(_checked(pages, citation, picture) for citation in given.citations)
        claims = tuple(_claim(pages, given, claim, checks) for claim in given.claims)
    citations = tuple(check.citation for check in checks)
    found = given.model_copy(update={"citations": citations, "claims": claims})
    return AnswerCheck(found, checks, tuple(_problems(given, found, checks)))


def stored_answer(given: Mapping[str, Any] | str | bytes) -> Answer:
    """The answer in JSON from elsewhere.

    A citation that contradicts itself, such as one whose quote was edited, comes out as not located, with the quote
    as it was given.

    Raises:
        ValueError: it is no answer.
    """
    read = from_json(given) if isinstance(given, str | bytes) else dict(given)
    if not isinstance(read, dict) or not isinstance(citations := read.get("citations", []), list | tuple):
        raise ValueError("an answer is a JSON object with a list of citations")
    return Answer.model_validate({**read, "citations": [_stored_citation(citation) for citation in citations]})


def _stored_citation(given: object) -> object:
    """A citation, or the parts of it that only name a quote and its place."""
    if not isinstance(given, dict):
        return given
    try:
        return Citation.model_validate(given)
    except ValidationError:
        names = ("marker", "source", "uri", "title", "page", "start", "end", "digest")
        quote = given.get("quote") or given.get("given_quote")
        kept = {name: given[name] for name in names if name in given}
        return {**kept, "given_quote": quote, "location": "not_found"}


@contextmanager
def _pages(index: Any, groups: Sequence[str] | None) -> Iterator[PageSource]:
    if not isinstance(index, str | os.PathLike):
        if groups is not None:
            raise ValueError("a reader has the groups with which it was opened; name the folder to give others")
        with opened(index) as pages:
            yield pages
        return
    with IndexReader.open(index, groups=groups) as reader, opened(reader) as pages:
        yield pages


def _checked(pages: PageSource, given: Citation, picture: bool | PictureWitness) -> CitationCheck:
    found = verify_citation(pages, given, picture=picture)
    try:
        source = pages.source(given.uri)
    except LookupError:
        return CitationCheck(found, NO_DOCUMENT, stale=True)
    stale = given.digest not in {None, source.digest}
    if found.verified and not stale:
        return CitationCheck(found)
    if found.spans:
        return CitationCheck(found, _why_not(found, stale=stale), stale)
    page = _page(pages, given)
    near = None if page is None else locate(found.given_quote or "", page, number=given.page)
    reason = {"ambiguous": "it stands in several places"}.get(found.location) or (
        near.reason if near is not None and near.reason else "it stands nowhere in the document"
    )
    return CitationCheck(
        found, f"{CHANGED}; {reason}" if stale else reason, stale, near.nearest.quote if near and near.nearest else None
    )


def _why_not(found: Citation, *, stale: bool) -> str:
    """The reason why a citation does not hold that is located: another version, another place, or the picture."""
    where = f"the quote stands on {found.spans[0].locator}" if found.spans else "the quote stands there"
    if stale:
        return f"{CHANGED}; {where} of its new version"
    if found.location == "moved":
        return f"{where}, and not where it was cited"
    return "the picture of the page shows something else"


def _page(pages: PageSource, citation: Citation) -> Page | None:
    try:
        return None if citation.page is None else pages.page(citation.uri, citation.page)
    except LookupError:
        return None


def _claim(pages: PageSource, given: Answer, claim: Claim, checks: Sequence[CitationCheck]) -> Claim:
    """The claim as it is judged by what its citations quote now; one that cites nothing is what it was."""
    plain = " ".join(MARKER.sub(" ", given.text[claim.start : claim.end]).split())
    if _states_nothing(claim.kind, plain, given.question):
        return claim
    cited = [check.citation for check in checks if check.citation.marker in claim.citations and check.problem is None]
    if not cited and RANK.get(claim.support, 0) <= RANK["unsupported"]:
        return claim
    judgement = _judged(pages, plain, cited, given.question)
    return claim.model_copy(
        update={
            "kind": "fact",
            "support": judgement.support,
            "numbers_ok": judgement.numbers_ok,
            "reasons": judgement.reasons,
        }
    )


def _states_nothing(kind: str, plain: str, question: str) -> bool:
    if kind == "abstention":
        return declines(plain, question)
    return kind == "connective" and connects(plain, question)


def _judged(pages: PageSource, plain: str, cited: Sequence[Citation], question: str) -> Judgement:
    if not cited:
        return NOTHING_HOLDS
    units = {citation.marker: _cited_units(pages, citation) for citation in cited}
    sources = [text for citation in cited for text in _source_texts(units[citation.marker], citation)]
    if any(_quotes(plain, citation, sources) for citation in cited):
        return QUOTED
    language = pages.source(cited[0].uri).language or "en"
    around = " ".join(surroundings(unit) for found in units.values() for unit in found)
    return judge(plain, sources, language, around=around, question=question)


def _quotes(plain: str, citation: Citation, sources: Sequence[str]) -> bool:
    """True when a statement is the quote itself, with no more around it than what the page says beside it."""
    quote = defused(citation.quote or "")
    before, found, behind = plain.partition(quote)
    if not quote or not found:
        return False
    rest = f"{before} {behind}"
    words = content_words(rest)
    known = {word for source in sources for word in content_words(source)}
    return (
        not missing_numbers(rest, sources)
        and count_negations(rest) == 0
        and sum(word in known for word in words) >= MIN_SHARE * len(words)
    )


def _cited_units(pages: PageSource, citation: Citation) -> list[EvidenceUnit]:
    """The units that a citation quotes; none where its passage is not at hand."""
    spans = [span for span in citation.spans or () if span.role == "quote"]
    passage = _passage(pages, citation)
    if passage is None:
        return []
    return [
        EvidenceUnit(1, passage, index, 0)
        for index, unit in enumerate(passage.page.units)
        if any(unit.start < span.end and span.start < unit.end for span in spans)
    ]


def _source_texts(units: Sequence[EvidenceUnit], citation: Citation) -> list[str]:
    """Texts by which a claim is judged: the cited units with what stands around them, as when the answer was made."""
    if not units:
        headers = [span.quote for span in citation.spans or () if span.role == "header"]
        cells = [str(cell) for cell in citation.cells]
        return ["\n".join([citation.quote or "", *headers, *cells, without_amounts(citation.title)])]
    return [source_text(unit) for unit in units]


def _passage(pages: PageSource, citation: Citation) -> Passage | None:
    """The passage that was cited, if its id is one of the quoted page."""
    if citation.chunk_id is None or not isinstance(pages, ChunkSource):
        return None
    stored = pages.chunks_by_id([citation.chunk_id], layouts=True).get(citation.chunk_id)
    if stored is None or (stored.chunk.uri, stored.chunk.page) != (citation.uri, citation.page):
        return None
    return Passage.of(stored)


def _problems(given: Answer, found: Answer, checks: Sequence[CitationCheck]) -> Iterator[str]:
    for check in checks:
        if check.problem is not None:
            yield f"[{check.citation.marker}] {check.problem}"
    markers = {check.citation.marker for check in checks}
    for marker in dict.fromkeys(MARKER.findall(given.text)):
        if marker not in markers:
            yield f"[{marker}] stands in the text, and there is no such citation"
    if given.status in {"answered", "partial"} and not checks:
        yield "the answer cites nothing"
    for before, now in zip(given.claims, found.claims, strict=True):
        if RANK.get(now.support, 3) < RANK.get(before.support, 0) or before.kind != now.kind:
            yield f"{now.support}, and said to be {before.support}: {_stated(given, now)}{_because(now)}"
    yield from (f"no claim, so nobody judged it: {text}" for text in _unclaimed(given))


def _stated(answer: Answer, claim: Claim) -> str:
    return " ".join(answer.text[claim.start : claim.end].split())


def _because(claim: Claim) -> str:
    return f" ({'; '.join(claim.reasons)})" if claim.reasons else ""


def _unclaimed(answer: Answer) -> Iterator[str]:
    """Texts of an answer that no claim spans, where it has claims at all, but for markers and what only connects."""
    if answer.status not in {"answered", "partial"}:
        return
    at = 0
    for claim in sorted(answer.claims, key=lambda claim: claim.start):
        yield from _stating(answer.text[at : claim.start], answer.question)
        at = max(at, claim.end)
    yield from _stating(answer.text[at:], answer.question)


def _stating(text: str, question: str) -> Iterator[str]:
    plain = " ".join(MARKER.sub(" ", text).split())
    if not connects(plain, question):
        yield plain
