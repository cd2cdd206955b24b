"""Groups that may read the documents of a build: those that are named, or those a document has already."""

from collections.abc import Mapping

from mistral_rag.index import IndexWriter, SourceStatus

NAME_A_GROUP = "Name one with: ingest build PATH --group NAME ('*' for everyone)"


class GroupAssignment:
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
    """True when a document that is in the index has to get other groups."""
    return named is not None and state.status == "ok" and set(named) != set(state.source.groups)


def hidden_warning(writer: IndexWriter) -> str | None:
    """Say how many documents are hidden, as they name no group and others do; None when there are none."""
    with writer.view() as view:
        hidden = view.hidden()
    if hidden == 0:
        return None
    counted = "1 document is hidden: it names" if hidden == 1 else f"{hidden} documents are hidden: they name"
    return f"{counted} no group, while others do. {NAME_A_GROUP}"
