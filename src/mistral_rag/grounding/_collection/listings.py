"""Questions about which documents there are on something: those that mention it, their pages, what changed."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol, runtime_checkable

import numpy as np

from mistral_rag._counting import counted
from mistral_rag.grounding._collection.collection import DOCUMENTS, MAX_LISTED, named
from mistral_rag.grounding._evidence.evidence import defused
from mistral_rag.schema import Source
from mistral_rag.text import NON_ALPHANUMERIC, STOP_WORDS

ListingKind = Literal["mentions", "count", "pages", "changes"]

CHANGES: Final = (
    "what changed since then is out of reach: the index holds the documents as they are now; ask for a single rule, or "
    "see the versions that `ingest status` names"
)
_MENTION: Final = (
    r"(?:(?:that |which )?(?:do |does )?(?:mention|contain|talk about|deal with|refer to|cover|discuss|are about)s?"
    r"|mentioning|containing|about|with the words?)"
)
_FORMS: Final[tuple[tuple[ListingKind, str], ...]] = (
    ("changes", r"(?:what|which \w+)(?: has| have| was| were)? (?:been )?(?:changed?|new|different)\b.*\bsince\b.*"),
    ("changes", r"was (?:hat|haben) sich .*\bseit\b.*\bgeändert"),
    ("changes", r"was ist (?:.*\bneu\b.*\bseit\b|seit\b.*\bneu\b).*"),
    ("changes", r"qu['’]est-ce qui a changé\b.*\bdepuis\b.*"),
    ("changes", r"qué (?:ha cambiado|cambió)\b.*\bdesde\b.*"),
    (
        "pages",
        r"how many pages (?:does|do|has|have|are (?:there )?in|is) (?P<x>.+?)(?: have| has| contain| long)?",
    ),
    ("pages", r"wie ?viele seiten (?:hat|haben|umfasst) (?P<x>.+?)"),
    ("pages", r"combien de pages (?:a|compte|contient|fait) (?P<x>.+?)"),
    ("pages", r"cuántas páginas (?:tiene|hay en) (?P<x>.+?)"),
    ("pages", r"hoeveel pagina['’]?s (?:heeft|telt) (?P<x>.+?)"),
    ("pages", r"quante pagine (?:ha|ci sono in) (?P<x>.+?)"),
    ("pages", r"quantas páginas (?:tem|há em) (?P<x>.+?)"),
    ("count", rf"how many (?:of (?:the|these) )?{DOCUMENTS} {_MENTION} (?P<x>.+?)"),
    ("count", rf"(?:in )?wie ?vielen? {DOCUMENTS} (?:erwähnen|enthalten|nennen|behandeln) (?P<x>.+?)"),
    ("count", rf"combien de {DOCUMENTS} (?:mentionnent|parlent d[eu]s?|contiennent) (?P<x>.+?)"),
    (
        "mentions",
        r"(?:(?:which|what|list|show|find|give|name|are there|do you have|is there|all|any|the|me|every|please|of)\s+)*"
        rf"{DOCUMENTS} {_MENTION} (?P<x>.+?)",
    ),
    ("mentions", rf"welche {DOCUMENTS} (?:erwähnen|enthalten|nennen|behandeln|betreffen|handeln von) (?P<x>.+?)"),
    (
        "mentions",
        rf"in welche[nm] {DOCUMENTS} (?:steht|stehen|kommt|kommen|geht es um|wird|werden) (?P<x>.+?)"
        r"(?: vor| erwähnt| genannt)?",
    ),
    (
        "mentions",
        rf"(?:(?:gibt es|zeige?|nenne|liste|mir|alle) )*{DOCUMENTS} (?:über|zum thema|mit dem wort) (?P<x>.+?)",
    ),
    ("mentions", rf"quels {DOCUMENTS} (?:mentionnent|parlent d[eu]s?|contiennent|traitent d[eu]s?) (?P<x>.+?)"),
    ("mentions", rf"qué {DOCUMENTS} (?:mencionan|hablan de|contienen|tratan de) (?P<x>.+?)"),
    ("mentions", rf"welke {DOCUMENTS} (?:noemen|gaan over|bevatten) (?P<x>.+?)"),
    ("mentions", rf"quali {DOCUMENTS} (?:menzionano|parlano di|contengono) (?P<x>.+?)"),
    ("mentions", rf"(?:que|quais) {DOCUMENTS} (?:mencionam|falam de|contêm) (?P<x>.+?)"),
)
"""Whole questions, by what they ask for; `x` is the subject."""
_QUESTIONS: Final = tuple((kind, re.compile(rf"\W*{form}\W*", re.IGNORECASE)) for kind, form in _FORMS)
MAX_QUESTION: Final = 200
"""Characters; a longer question is about what documents say, and its forms are not tried."""
_LEADING: Final = re.compile(
    r"^(?:(?:the|a|an|der|die|das|den|le|la|les|l['’]|el|los|las|de|het|il|o|os|as)\s+)?(?:(?:words?|terms?|phrase|subject|topic"
    r"|name|file|document|wort|wörter|begriff|datei|dokument|mots?|terme|fichier|palabras?|término|archivo)\s+)?",
    re.IGNORECASE,
)
_QUOTES: Final = " \"'“”„«»‘’"
_WORD: Final = re.compile(r"[^\W_]+(?:[.,'’-][^\W_]+)*")
_STOPS: Final = frozenset().union(*STOP_WORDS.values())


@dataclass(frozen=True, slots=True)
class DocumentsAsked:
    """A question about documents: those that mention a subject, how many, how many pages one has, what changed."""

    kind: ListingKind
    subject: str = ""


@runtime_checkable
class WordSearch(Protocol):
    """Scores of rows by words."""

    def scores(self, question: str, /) -> "tuple[np.ndarray, np.ndarray]":
        """Every row and its score, 0 where no word of the question stands."""


@runtime_checkable
class SearchableCatalogue(Protocol):
    """A view of an index that knows its documents and their words, as the reader may see them."""

    def allowed(self, filter: Mapping[str, Any] | None, /) -> "np.ndarray | None":
        """Rows that a filter leaves; None for all."""

    def lexical(self, rows: "np.ndarray | None" = None, /) -> WordSearch:
        """The words of some rows, or of all that may be read."""

    def row_sources(self, rows: Iterable[int] | None = None, /) -> "np.ndarray":
        """Rows, the numbers of their documents and of their pages."""

    def numbered_sources(self, numbers: Iterable[int], /) -> dict[int, Source]:
        """Documents by their numbers."""

    def page_texts(self, uri: str, /) -> Iterator[str]:
        """The texts of a document's pages."""


def listing_asked(question: str) -> DocumentsAsked | None:
    """The listing that a question asks for; None for other questions."""
    if len(question) > MAX_QUESTION:
        return None
    for kind, asks in _QUESTIONS:
        if found := asks.fullmatch(question):
            subject = _LEADING.sub("", found.groupdict().get("x", "").strip(_QUOTES)).strip(_QUOTES)
            if subject or kind == "changes":
                return DocumentsAsked(kind, subject)
    return None


def documents_with(catalogue: SearchableCatalogue, subject: str, filter: Mapping[str, Any] | None) -> list[Source]:
    """The documents with a page, or a title, that has all words of the subject, by title."""
    index = catalogue.lexical(catalogue.allowed(filter) if filter else None)
    terms = _WORD.findall(subject)
    terms = [term for term in terms if term.casefold() not in _STOPS] or terms
    found: set[tuple[int, int]] | None = None
    for term in terms:
        rows, scores = index.scores(term)
        pages = catalogue.row_sources(np.asarray(rows)[np.asarray(scores) > 0].tolist())
        held = {(int(source), int(page)) for _, source, page in pages}
        found = held if found is None else found & held
    sources = catalogue.numbered_sources({source for source, _ in found or ()}).values()
    return sorted(sources, key=lambda source: (source.title.casefold(), source.name))


def documents_named(documents: Sequence[Source], subject: str) -> list[Source]:
    """The documents whose title or file's name has all words of the subject."""
    terms = _terms(subject)
    return [one for one in documents if terms and terms <= _terms(f"{one.title} {one.name}")]


def listed(documents: Sequence[Source], subject: str, kind: ListingKind) -> str:
    """Say which documents mention a subject, or how many."""
    shown = defused(subject)
    if not documents:
        return f"No document has the words “{shown}” on one page."
    verb = "has" if len(documents) == 1 else "have"
    head = f"{counted(len(documents), 'document')} {verb} the words “{shown}” on one page"
    if kind == "count":
        return f"{head}."
    rest = [f"- and {len(documents) - MAX_LISTED} more"] if len(documents) > MAX_LISTED else []
    return "\n".join([f"{head}:", *(f"- {named(source)}" for source in documents[:MAX_LISTED]), *rest])


def paged(catalogue: SearchableCatalogue, documents: Sequence[Source]) -> str:
    """Say how many pages each of some documents has."""
    counts = [(source, sum(1 for _ in catalogue.page_texts(source.uri))) for source in documents[:MAX_LISTED]]
    return "\n".join(f"{named(source)} has {counted(count, 'page')}." for source, count in counts)


def _terms(text: str) -> set[str]:
    return set(NON_ALPHANUMERIC.sub(" ", text.casefold()).split()) - _STOPS
