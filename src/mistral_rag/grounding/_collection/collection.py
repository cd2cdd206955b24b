"""Questions about the collection itself: which documents there are, how many, what they say as a whole."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, Literal, Protocol, runtime_checkable

import numpy as np

from mistral_rag._counting import counted
from mistral_rag.grounding._evidence.evidence import defused
from mistral_rag.schema import Source

CollectionQuestion = Literal["list", "count", "summary"]

MAX_LISTED: Final = 20
"""Documents that are named; whoever wants more reads them with `ingest status`."""

DOCUMENTS: Final = (
    r"(?:documents?|files?|sources?|pdfs?|texts?|papers?|dokumente?n?|dateien?|quellen?|unterlagen|fichiers?|archivos?"
    r"|documentos?|documenti|bestanden|documenten|文档|文件)"
)
_WORD: Final = re.compile(r"[^\W_]+")
_KINDS: Final[Mapping[str, tuple[re.Pattern[str], tuple[str, ...]]]] = MappingProxyType(
    {
        name: (re.compile(rf"\b(?:{words})\b", re.IGNORECASE), tuple(suffixes.split()))
        for name, words, suffixes in (
            ("PDF", "pdfs?", ".pdf"),
            ("Word", "word|docx?", ".docx .docm .dotx .doc"),
            ("Excel", "excel|xlsx?|spreadsheets?|workbooks?", ".xlsx .xlsm .xltx .xls .ods"),
            ("PowerPoint", "powerpoints?|pptx?|presentations?", ".pptx .pptm .ppsx .ppt .odp"),
            ("CSV", "csvs?", ".csv .tsv"),
            ("HTML", "html?|web ?pages?", ".html .htm .xhtml"),
            ("Markdown", "markdown", ".md .markdown"),
            ("mail", "e-?mails?|mails?", ".eml .msg .mbox"),
            ("image", "images?|pictures?|photos?", ".png .jpg .jpeg .tif .tiff .webp .bmp .gif .heic"),
        )
    }
)
"""Kinds of files that people ask for: the words, and the ends of the files' names."""
_OF_KINDS: Final = "|".join(words.pattern for words, _ in _KINDS.values())
_ABOUT_THEM: Final = re.compile(
    rf"\b{DOCUMENTS}\b|{_OF_KINDS}|\b(?:index|collection|library|knowledge ?base|sammlung|bibliothek)\b|文[档件]",
    re.IGNORECASE,
)
_COUNT: Final = re.compile(
    r"\bhow many\b|\bnumber of\b|\bcount\b|\bwie ?viele\b|\bcombien\b|\bcuánt[oa]s\b|\bquanti\b|\bhoeveel\b|多少",
    re.IGNORECASE,
)
_NOTHING_ELSE: Final = frozenset(
    """
    what which how many much list show give tell name count number all every the a an of in on is are there do does you
    we i have has had got can could me my your our this these those index indexed collection library knowledge
    base database
    available stored contain contains contained hold holds held loaded uploaded here total currently know about to for
    and please any kind kinds type types access search searched
    welche wie viele wieviele alle die der das den es gibt sind ist hast du habt ihr haben sie im in index vorhanden
    verfügbar enthalten zeige nenne liste auf mir bitte zusammen alles everything sammlung bibliothek
    quels quelles combien de tous les le la des il y a t avez vous as tu sont dans liste disponibles
    qué cuáles cuántos hay tienes tiene están todos los las el en lista disponibles
    welke zijn er heb je hoeveel
    """.split()  # noqa: SIM905 (reads better)
)
"""Words of questions about a collection that name no subject in it."""
_SUMMARY: Final = re.compile(
    r"^\W*(?:please |can you |could you |kindly )*(?:summari[sz]e\b"
    r"|(?:give|write|provide|show)(?: me)? (?:a |an |the )?"
    r"(?:short |brief |quick |concise |executive )*(?:summary|overview|synopsis|gist)\b|tl;?dr\b"
    r"|what (?:is|are) (?:this|these|the|all)\s*"
    rf"(?:of )?(?:these |the )?{DOCUMENTS} (?:all )?about\b"
    r"|(?:bitte )?fass\w*\b(?=.*\bzusammen\b)"
    r"|(?:gib|schreib)\w* (?:mir )?(?:eine?n? )?(?:kurze )?(?:zusammenfassung|überblick)\b"
    rf"|worum geht es in (?:den|diesen|dem|diesem) {DOCUMENTS}"
    r"|résume[rz]?\b|(?:fais|faites|donne|donnez)(?:[ -]moi)? un résumé\b|resum[ea]\b|haz un resumen\b)",
    re.IGNORECASE,
)


@runtime_checkable
class Catalogue(Protocol):
    """A view of an index that knows its documents, as the reader may see them."""

    def sources(self) -> Iterator[Source]:
        """The documents."""

    def allowed(self, filter: Mapping[str, Any] | None, /) -> "np.ndarray | None":
        """Rows that a filter leaves; None for all."""

    def row_sources(self, rows: Iterable[int] | None = None, /) -> "np.ndarray":
        """Rows, the numbers of their documents, and more."""

    def numbered_sources(self, numbers: Iterable[int], /) -> dict[int, Source]:
        """Documents by their numbers."""


def asks_about_collection(question: str) -> CollectionQuestion | None:
    """The kind of a question about the collection; None for one about what its documents say.

    "How many documents must be filed?" is about what they say: it has a subject of its own.
    """
    if summary := _SUMMARY.search(question):
        return "summary" if _subject_of(question[summary.end() :]) else "list"
    if not _ABOUT_THEM.search(question) or _subject_of(question):
        return None
    return "count" if _COUNT.search(question) else "list"


def _subject_of(text: str) -> list[str]:
    """The words of a text that name more than documents in general."""
    words = (word.casefold() for word in _WORD.findall(_ABOUT_THEM.sub(" ", text)))
    return [word for word in words if word not in _NOTHING_ELSE]


def documents_of(catalogue: Catalogue, filter: Mapping[str, Any] | None) -> list[Source]:
    """The documents of a view that a filter leaves, by title."""
    rows = catalogue.allowed(filter) if filter else None
    if rows is None:
        found: Iterable[Source] = catalogue.sources()
    else:
        numbers = np.unique(catalogue.row_sources(rows.tolist())[:, 1]).tolist()
        found = catalogue.numbered_sources(numbers).values()
    return sorted(found, key=lambda source: (source.title.casefold(), source.name))


def description(documents: Sequence[Source], kind: CollectionQuestion, question: str = "") -> str:
    """Say how many documents there are, with their titles and names.

    Where the question asks for kinds of files, those are counted and named.
    """
    head = f"The index holds {counted(len(documents), 'document')}"
    asked = {name: ends for name, (words, ends) in _KINDS.items() if words.search(question)}
    if asked:
        ends = tuple(end for of_kind in asked.values() for end in of_kind)
        documents = [source for source in documents if source.name.lower().endswith(ends)]
        head = f"{head}, {len(documents)} of them {' or '.join(asked)}"
    if kind == "count" or not documents:
        return f"{head}."
    rest = [f"- and {len(documents) - MAX_LISTED} more"] if len(documents) > MAX_LISTED else []
    return "\n".join([f"{head}:", *(f"- {named(source)}" for source in documents[:MAX_LISTED]), *rest])


def named(source: Source) -> str:
    """Give title and name on one line; they are what somebody wrote, so links and markers in them are made inert."""
    title, name = defused(source.title), defused(source.name)
    return f"{title} ({name})" if title not in {"", name} else name
