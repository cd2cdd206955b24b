"""Who may read the documents of a build: the groups that are named, or those a document has already."""

from collections.abc import Mapping

import numpy as np

from mistral_rag.index import IndexWriter, SourceStatus

HIDDEN = "{} no group, while others do: hidden. Name one with: ingest build PATH --group NAME ('*' for everyone)"


class Readers:
    """The groups of each document.

    A file that changed, or that has the content of one that is known, keeps that one's groups where none are named.
    """

    def __init__(self, named: tuple[str, ...] | None, known: Mapping[str, SourceStatus]) -> None:
        self.named = named
        self._by_uri = {uri: state.source.groups for uri, state in known.items()}
        self._by_digest = {state.source.digest: state.source.groups for state in known.values()}

    def of(self, uri: str, digest: str) -> tuple[str, ...]:
        """The groups of a document."""
        if self.named is not None:
            return self.named
        return self._by_uri[uri] if uri in self._by_uri else self._by_digest.get(digest, ())


def differ(state: SourceStatus, named: tuple[str, ...] | None) -> bool:
    """Whether a document that is in the index has to get other groups."""
    return named is not None and state.status == "ok" and set(named) != set(state.source.groups)


def regroup(writer: IndexWriter, state: SourceStatus, groups: tuple[str, ...]) -> None:
    """Give a document other groups; nothing of it is read or embedded again."""
    uri = state.source.uri
    with writer.view() as view:
        pages = list(view.pages(uri))
        chunks, vectors = view.content_of(uri)
    writer.put(
        state.source.model_copy(update={"groups": groups}),
        pages,
        chunks,
        None if vectors is None else np.frombuffer(b"".join(vectors), dtype="<f2").reshape(len(vectors), -1),
        root=state.root,
        size=state.size,
        mtime_ns=state.mtime_ns,
        problems=state.problems,
    )


def hidden_line(writer: IndexWriter) -> str | None:
    """Say how many documents are hidden, as they name no group and others do; None when there are none."""
    with writer.view() as view:
        hidden = view.hidden()
    return HIDDEN.format(f"{hidden} documents name" if hidden > 1 else "1 document names") if hidden else None
