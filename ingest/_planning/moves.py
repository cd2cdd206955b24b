"""Files that were moved: what the index holds of them goes along, and nothing is read or embedded anew."""

from collections import Counter
from collections.abc import Iterable
from pathlib import PurePosixPath

import numpy as np

from ingest._planning.plan import FileToRead
from ingest.parsing._pages.titles import title_of
from mistral_rag.index import IndexWriter, SourceStatus
from mistral_rag.retrieval import learn
from mistral_rag.schema import Chunk, Source


def can_move(file: FileToRead, before: SourceStatus) -> bool:
    """True when a file under its new name would be read as it was under the old one.

    A title may be made of the file's name, and what is embedded begins with the title.
    """
    old, new = (PurePosixPath(name).stem for name in (before.source.name, file.found.name))
    named = bool(before.chunks) and old != new and before.source.title == title_of("", "", old)
    same_type = before.source.media_type == (file.found.media_type or "")
    return before.status == "ok" and same_type and not named and not before.must_be_read_again


def move_file(
    writer: IndexWriter, file: FileToRead, before: SourceStatus, source: Source, inside: Iterable[SourceStatus] = ()
) -> list[str]:
    """Give what the index holds of a file, and of the files `inside` of it, innermost first, to the `source`.

    Gives the uris that they have now.
    """
    old, found = before.source, file.found
    moved = [_move_member(writer, state, old, source, root=found.root) for state in inside]
    _move(writer, before, source, root=found.root, size=found.size, mtime_ns=file.noted_ns)
    return [*moved, source.uri]


def _move_member(writer: IndexWriter, state: SourceStatus, old: Source, source: Source, *, root: str) -> str:
    """Give a member a uri, parent and name that begin as those of its container's new `source`."""
    was = state.source
    changes = {
        "uri": source.uri + was.uri.removeprefix(old.uri),
        "parent": source.uri + (was.parent or "").removeprefix(old.uri),
        "name": source.name + was.name.removeprefix(old.name),
        "groups": source.groups,
    }
    moved = was.model_copy(update=changes)
    if state.status == "removed":
        writer.leave_out(moved)
    elif state.status == "failed":
        writer.fail(moved, state.reason or "", root=root, size=state.size, mtime_ns=state.mtime_ns)
    else:
        _move(writer, state, moved, root=root, size=state.size, mtime_ns=state.mtime_ns)
    return moved.uri


def _move(writer: IndexWriter, before: SourceStatus, source: Source, *, root: str, size: int, mtime_ns: int) -> None:
    old = before.source.uri
    with writer.view() as view:
        pages = list(view.pages(old))
        chunks, vectors = view.content_of(old)
    seen: Counter[str] = Counter()
    moved: list[Chunk] = []
    for chunk in chunks:
        identifier = Chunk.make_id(source.uri, chunk.text, seen[chunk.text])
        moved.append(chunk.model_copy(update={"id": identifier, "uri": source.uri}))
        seen[chunk.text] += 1
    profile = learn(source, [page.text for page in pages])
    writer.put(
        source,
        pages,
        moved,
        root=root,
        size=size,
        mtime_ns=mtime_ns,
        problems=before.problems,
        profile=profile,
        pending=True,
    )
    there = {chunk.id: vector for chunk, vector in zip(moved, vectors or (), strict=False) if vector}
    if there:
        with writer.view() as view:
            rows = view.rows_of(there)
        matrix = np.stack([np.frombuffer(there[identifier], dtype="<f2") for identifier in rows])
        writer.add_vectors(list(rows.values()), matrix)
    writer.remove(old)
