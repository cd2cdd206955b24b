"""What each document says about itself, kept in the index beside it for routing."""

from typing import Any

from mistral_rag.index import IndexWriter, View
from mistral_rag.retrieval import VERSION, learn
from mistral_rag.schema import Source

FACTS = "facts"
"""The name under which the index keeps them, by uri; each with the digest of the bytes it was learned from."""


def learn_facts(writer: IndexWriter) -> None:
    """Learn the facts of documents that are new or changed, and forget those of documents that are gone."""
    with writer.view() as view:
        known = view.extra(FACTS) or {}  # noqa: S610 (no Django here)
        facts = {source.uri: _facts(source, view, known.get(source.uri)) for source in view.sources()}
    if facts != known:
        writer.set_extra(FACTS, facts)


def _facts(source: Source, view: View, known: dict[str, Any] | None) -> dict[str, Any]:
    made_of = {"digest": source.digest, "version": VERSION}
    if known and made_of.items() <= known.items():
        return known
    texts = list(view.page_texts(source.uri))
    return {**learn(source.title, source.name, texts, source.metadata).to_json(), **made_of}
