"""Facts that the signals of retrieval have learned of each document, kept in the index beside it."""

from collections.abc import Mapping
from typing import Any, Final

from ingest.parsing._worker import learn_from
from mistral_rag.index import IndexWriter, View
from mistral_rag.retrieval import VERSION
from mistral_rag.schema import Source

SETTING: Final = "facts"
"""The name under which the index keeps it, by uri; each with the digest of the bytes it was learned from."""

Learned = Mapping[str, Any]


def update_learned(writer: IndexWriter, fresh: Mapping[str, Learned] | None = None) -> None:
    """Bring what is learned in line with the documents: add what is new or changed, forget what is gone.

    `fresh` is what came with documents of this run, by uri. For others, as those that an import put in, it is learned
    from their pages now.
    """
    fresh = fresh or {}
    with writer.view() as view:
        known = view.extra(SETTING) or {}  # noqa: S610 (no Django here)
        learned = {
            (uri := source.uri): _learned(source, view, fresh.get(uri), known.get(uri)) for source in view.sources()
        }
    if learned != known:
        writer.set_extra(SETTING, learned)


def _learned(source: Source, view: View, fresh: Learned | None, known: dict[str, Any] | None) -> dict[str, Any]:
    made_of = {"digest": source.digest, "version": VERSION}
    if fresh:
        return {**fresh, **made_of}
    if known and made_of.items() <= known.items():
        return known
    return {**learn_from(source, list(view.page_texts(source.uri))), **made_of}
