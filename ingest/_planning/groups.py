"""Groups that may read the documents of a build: those that are named, or those a document has already."""

from collections.abc import Mapping

from mistral_rag.index import IndexWriter, SourceStatus, outermost_uri

NAME_A_GROUP = "Name one with: ingest build PATH --group NAME ('*' for everyone)"


class GroupAssignment:
    """The groups of each document.

    Where none are named a file keeps its groups when it changes or is moved. A new file gets none, also where it has
    the content of another one: a copy of a template is not for its readers. `moved` leads from a file's uri to the one
    it had before.
    """

    def __init__(
        self, named: tuple[str, ...] | None, known: Mapping[str, SourceStatus], moved: Mapping[str, str]
    ) -> None:
        self.named = named
        self._known = known
        self._moved = moved

    def of(self, uri: str, ruled: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """The groups of a document; `ruled` are those that rules give it, or the file that it is inside of."""
        if self.named is not None:
            return self.named
        if ruled is not None:
            return ruled
        # who may read a file may read what is in it, and nobody else
        uri = outermost_uri(uri)
        state = self._known.get(uri) or self._known.get(self._moved.get(uri, ""))
        # empty files are all alike, so one that comes is not the one that went
        return state.source.groups if state is not None and (uri in self._known or state.size) else ()


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
