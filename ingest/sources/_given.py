"""Texts from Python: LangChain Documents, those of a document loader, and texts with metadata."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol, runtime_checkable
from urllib.parse import quote

from langchain_core.documents import Document
from pydantic import JsonValue

from ingest.parsing._bounds import bounded_metadata
from ingest.sources._found import Found, Root
from ingest.sources._spool import Spool, fetched_file, known_file, stamp_of
from mistral_rag.index import SourceStatus
from mistral_rag.schema import clean_text, text_digest
from mistral_rag.text import readable_name

SCHEME: Final = "document:"
"""Beginning of the uri of a text from Python: whatever it calls its source, it takes no file's place in the index."""
_OF_A_PAGE: Final = frozenset(
    {"source", "page", "page_label", "page_number", "total_pages", "start_index", "loc", "id", "groups"}
)
"""Fields that hold for a single Document of a source, or that an index has of its own."""


@runtime_checkable
class DocumentLoader(Protocol):
    """Any of LangChain's document loaders."""

    def lazy_load(self) -> Iterator[Document]:
        """The documents, one after the other."""
        ...


Texts = Document | DocumentLoader | Iterable[Document]


@dataclass(frozen=True, slots=True)
class GivenDocuments:
    """Documents by what their metadata call `source`, else by their id, else by their text.

    Those of one source are its pages, in the order that they come in.
    """

    texts: Texts

    @property
    def roots(self) -> tuple[Root, ...]:
        """None: what is not given this time is not gone."""
        return ()

    def find(self, spool: Spool, known: Mapping[str, SourceStatus]) -> Iterator[Found]:
        """Each source as a file of text."""
        by_name: dict[str, list[Document]] = {}
        for document in self._documents():
            by_name.setdefault(_name_of(document), []).append(document)
        for name, documents in by_name.items():
            uri = SCHEME + quote(name.encode("utf-8", "backslashreplace"), safe="/:@")
            metadata = _metadata(documents)
            # a form feed parts pages, so one within a text would make it two
            text = "\f".join(clean_text(document.page_content.replace("\f", "\n")) for document in documents)
            content = text.encode("utf-8", "replace")
            stamp = stamp_of(text_digest(text), sorted(metadata.items(), key=str))
            state = known.get(uri)
            if state is not None and (state.size, state.mtime_ns) == (len(content), stamp):
                yield known_file(state, metadata)
            else:
                path = spool.keep(f"{name}.txt", [content])
                shown = readable_name(name)
                yield fetched_file(path, name=shown, uri=uri, root=SCHEME, stamp=stamp, metadata=metadata)

    def _documents(self) -> Iterable[Document]:
        if isinstance(self.texts, Document):
            return [self.texts]
        return self.texts.lazy_load() if isinstance(self.texts, DocumentLoader) else self.texts


def _name_of(document: Document) -> str:
    stated = document.metadata.get("source") or document.id
    return str(stated) if stated else text_digest(clean_text(document.page_content))[:16]


def _metadata(documents: Iterable[Document]) -> dict[str, JsonValue]:
    """The fields in which all documents of a source agree."""
    shared: dict[str, Any] | None = None
    for document in documents:
        fields = {str(name): plain_value(value) for name, value in document.metadata.items() if name not in _OF_A_PAGE}
        kept = fields if shared is None else {k: v for k, v in shared.items() if k in fields and fields[k] == v}
        shared = kept
    return bounded_metadata(shared or {})[0]


def plain_value(value: Any) -> Any:
    """The value as JSON has it: dates and times are texts."""
    return value.isoformat() if isinstance(value, dt.date | dt.time) else value
