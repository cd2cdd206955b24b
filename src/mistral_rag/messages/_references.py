"""Citations by the platform: documents as numbered sources of a tool's result, and references resolved to them.

The model cites the keys of a JSON object in a tool's result. Only the history of the request maps a key to its source.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from langchain_core.documents import Document
from langchain_core.messages import BaseMessage, ToolMessage

from mistral_rag.api._formats.json_text import load_json
from mistral_rag.messages._requests.tools import Wire

SOURCE_KEYS = frozenset({"url", "title", "snippets", "description", "source", "date"})
"""Keys of the platform's format for sources; an object with one of them is a source under any key."""

MAX_CITED_LENGTH = 500
"""Characters of a source in the `cited_text` of a citation: a paragraph, so that answers stay small beside sources."""


def numbered_sources(documents: Sequence[Document], *, first: int = 0) -> str:
    """Documents as the JSON of a tool's result, keyed by numbers that the model can cite.

    Return it as the content of a `ToolMessage`; the citations of the answer then have title, url, page and document id.
    `first` is the number of the first document: in a second result of the same conversation it continues the first
    one's.
    """
    sources = {str(number): _source(document) for number, document in enumerate(documents, start=first)}
    return json.dumps(sources, ensure_ascii=False)


def _source(document: Document) -> Wire:
    meta = document.metadata
    source: Wire = {
        "url": meta.get("url") or meta.get("uri"),
        "title": meta.get("title") or meta.get("source"),
        "snippets": [[document.page_content]],
        "description": None,
        "date": str(meta["date"]) if meta.get("date") else None,
        "source": meta.get("source"),
    }
    page = meta.get("page_number", meta.get("page"))
    extra = {"page": page, "page_label": meta.get("page_label"), "document_id": document.id or meta.get("id")}
    return source | {name: value for name, value in extra.items() if value is not None}


def sources_in(messages: Iterable[BaseMessage]) -> dict[str, Wire]:
    """Every numbered source of a history by its key; a later one replaces an earlier one of the same key."""
    sources: dict[str, Wire] = {}
    for message in messages:
        if isinstance(message, ToolMessage) and (text := str(message.text)).lstrip()[:1] == "{":
            sources |= _numbered(text)
    return sources


def _numbered(content: str) -> dict[str, Wire]:
    try:
        value = load_json(content)
    except ValueError:
        return {}
    named = {key: item for key, item in value.items() if isinstance(item, dict)}
    return {key: item for key, item in named.items() if key.isdigit() or SOURCE_KEYS & item.keys()}


def citations(chunk: Wire, sources: Mapping[str, Wire], start: int, end: int) -> list[dict[str, Any]]:
    """The citations of one reference chunk, for the text from `start` to `end` of its block.

    `extras["problem"]` describes an invalid reference.
    """
    found: list[dict[str, Any]] = []
    seen: set[str] = set()
    for id_, nested in _flat(chunk.get("reference_ids")):
        problem = _problem(str(id_), nested, seen, sources, start == end)
        seen.add(str(id_))
        found.append(_citation(id_, sources.get(str(id_)), problem, start, end))
    return found


def _flat(ids: Any) -> Iterable[tuple[Any, bool]]:
    for id_ in ids if isinstance(ids, list) else [ids] if ids is not None else []:
        if isinstance(id_, list):
            yield from ((inner, True) for inner in id_ if not isinstance(inner, list))
        else:
            yield id_, False


def _problem(id_: str, nested: bool, seen: set[str], sources: Mapping[str, Wire], empty: bool) -> str | None:
    if id_ not in sources:
        return "no source has this id"
    if id_ in seen:
        return "cited twice in one place"
    if nested:
        return "the id came inside a list"
    return "no text stands before the citation" if empty else None


def _citation(id_: Any, source: Wire | None, problem: str | None, start: int, end: int) -> dict[str, Any]:
    source = source or {}
    extras = {
        name: source[name] for name in ("page", "page_label", "document_id", "date") if source.get(name) is not None
    }
    citation: dict[str, Any] = {"type": "citation", "start_index": start, "end_index": end}
    citation |= {name: str(source[name]) for name in ("url", "title") if source.get(name)}
    if cited := _snippet(source.get("snippets") or source.get("description")):
        citation["cited_text"] = cited
    return citation | {"extras": {"reference_id": id_, **extras, **({"problem": problem} if problem else {})}}


def _snippet(snippets: Any) -> str:
    while isinstance(snippets, list) and snippets:
        snippets = snippets[0]
    return snippets[:MAX_CITED_LENGTH] if isinstance(snippets, str) else ""
