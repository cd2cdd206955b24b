"""Passages that a search found, as the page shows them: marked words, facets, addresses."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from mistral_rag.schema import Source
from mistral_rag.serve._index.addresses import CitationAddress, PageRun, document_id

if TYPE_CHECKING:
    from mistral_rag.index import SourceStatus
    from mistral_rag.retrieval import Hit

MAX_VALUES: Final = 20
"""Values of a facet: more are no choice but a list."""
_WORD: Final = re.compile(r"[^\W_]+(?:[-./,&'’‐‑–][^\W_]+)*")
_DATE: Final = re.compile(r"\d{4}(?:-\d\d(?:-\d\d)?)?")


def passage_data(hit: "Hit", question: str, *, explain: bool) -> dict[str, Any]:
    """A passage as a result of a search for `question`."""
    source, chunk, locator = hit.source, hit.chunk, hit.page.locator
    run = PageRun(chunk.page, chunk.start, chunk.end)
    shown = {
        "document_id": document_id(source.uri),
        "title": source.title,
        "path": source.name,
        "type": source.media_type,
        "date": date_of(source),
        "page_index": chunk.page,
        "page_label": locator.label,
        "page_kind": locator.kind,
        "headings": chunk.headings,
        "text": chunk.text,
        "marks": marks(chunk.text, question, source.language),
        "score": round(hit.score, 6),
        "older": hit.older,
        "address": CitationAddress.of_run(source.uri, run, hit.page.text_sha256).path,
    }
    return {**shown, "explain": {"parts": hit.parts, "ranks": hit.ranks}} if explain else shown


def marks(text: str, question: str, language: str) -> list[list[int]]:
    """Start and end of each word of a text that the question asks for, by the terms that the search goes by."""
    from mistral_rag.text import tokenize

    wanted = set(tokenize(question, language))
    return [[m.start(), m.end()] for m in _WORD.finditer(text) if wanted.intersection(tokenize(m[0], language))]


def date_of(source: Source) -> str | None:
    """The date of a document: that of its own metadata, else when its file was last written to; as ISO 8601."""
    stated = source.metadata.get("date")
    if isinstance(stated, str) and (found := _DATE.match(stated)):
        return found[0]
    return source.modified.date().isoformat() if source.modified else None


def shown_groups(source: Source, groups: tuple[str, ...] | None) -> list[str]:
    """The groups of a document that its reader is in: the names of others are not for them."""
    return [name for name in source.groups if name == "*" or name in (groups or ())]


def facets(hits: "Iterable[Hit]", groups: tuple[str, ...] | None) -> dict[str, list[dict[str, Any]]]:
    """Types, documents, years and groups of passages, with the numbers of these passages."""
    found: dict[str, Counter[str]] = {name: Counter() for name in ("type", "source", "year", "group")}
    for hit in hits:
        source = hit.source
        found["type"][source.media_type] += 1
        found["source"][source.name] += 1
        found["year"][(date_of(source) or "")[:4]] += 1
        found["group"].update(shown_groups(source, groups))
    return {
        name: [{"value": value, "count": count} for value, count in values.most_common(MAX_VALUES) if value]
        for name, values in found.items()
    }


def is_chosen(one: "SourceStatus", wanted: Mapping[str, str], groups: tuple[str, ...] | None) -> bool:
    """True for a document of the wanted `type`, `source` (its path, or a folder above), `group`, `year`, dates."""
    source, date = one.source, date_of(one.source) or ""
    return (
        wanted["type"] in {"", source.media_type}
        and (not wanted["source"] or f"{source.name}/".startswith(f"{wanted['source'].rstrip('/')}/"))
        and (not wanted["group"] or wanted["group"] in shown_groups(source, groups))
        and wanted["year"] in {"", date[:4]}
        and (not wanted["date_from"] or date >= wanted["date_from"])
        # a day, month or year holds all that begins with it
        and (not wanted["date_to"] or (bool(date) and date[: len(wanted["date_to"])] <= wanted["date_to"]))
    )
