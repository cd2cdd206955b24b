"""Copies of an index while others read and write it: a folder of its own, lines of JSON, a FAISS file."""

import base64
import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from itertools import count as counting
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from mistral_rag.errors import IndexDamagedError, IndexWriteError, NotAnIndexError, SourceNotFoundError
from mistral_rag.index._database import commits
from mistral_rag.index._database.connection import connect, sqlite_errors
from mistral_rag.index._database.identity import Identity
from mistral_rag.index._database.packing import stored_source
from mistral_rag.index._database.profiles import Profile
from mistral_rag.index._database.rows import plain_json, unreadable
from mistral_rag.index._folder.layout import DATABASE, FILE_MODE, SEAL, make_folder
from mistral_rag.index._folder.regular_file import open_regular
from mistral_rag.index._folder.seal import sync_folder, write_seal
from mistral_rag.index._index_text import TEXT_VERSION, embed_text
from mistral_rag.index._reader import UnrestrictedReader
from mistral_rag.index._view import View
from mistral_rag.index._writer import IndexWriter
from mistral_rag.schema import Chunk, Page

EXPORT_VERSION = 1

MAX_HEAD_BYTES = 1 << 16
"""Bytes of the first line, which says only what the index was built with."""

MAX_LINE_BYTES = 1 << 29
"""Bytes of a line, which is a whole document: some 30,000 pages."""


class Snapshot(NamedTuple):
    """The commit that was copied, and how many documents it holds."""

    sequence: int
    documents: int


def snapshot(path: str | os.PathLike[str], target: str | os.PathLike[str], *, caches: bool = False) -> Snapshot:
    """Copy the index at `path`, as of its last commit, to the new folder `target`.

    The copy holds no log and opens on a read-only place. Kept embeddings come along. `caches` makes its caches, too,
    so that nothing has to be made where nobody may write.

    Raises:
        NotAnIndexError: `target` holds something already.
        IndexWriteError: it can't be written to.
    """
    folder = Path(target).absolute()
    with UnrestrictedReader.open(path) as reader, reader.connection() as source, sqlite_errors(folder, writing=True):
        make_folder(folder)
        if any(folder.iterdir()):
            raise NotAnIndexError(f"{folder} is not empty; a copy needs a new folder")
        with closing(connect(folder, "rwc")) as copy:
            (folder / DATABASE).chmod(FILE_MODE)
            source.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
            (last,) = commits.newest(copy)
        write_seal(folder / SEAL, last.seal)
        sync_folder(folder)
    if caches:
        with IndexWriter.open(target) as writer:
            writer.refresh_caches()
    with UnrestrictedReader.open(target) as reader:
        return Snapshot(last.sequence, int(reader.status()["documents"]))


def export_lines(path: str | os.PathLike[str]) -> Iterator[str]:
    """The index at `path` as lines of JSON: what it was built with, then each source with all it holds.

    Vectors are base64 of little-endian 16-bit floats, one for each chunk, null where it is still to come; none at all
    where all are. Sources that were taken out come last, by name only. `import_lines` reads them. All lines are of one
    commit: as long as they are drawn the log can't be emptied.
    """
    with UnrestrictedReader.open(path) as reader, reader.connection() as connection:
        view = View(connection, reader.folder)
        identity = view.identity
        head = {"mistral_rag_export": EXPORT_VERSION, "identity": json.loads(identity.to_json()) if identity else None}
        yield _line({**head, **({"undecided": True} if view.undecided else {})})
        for source in view.sources():
            chunks, vectors = view.content_of(source.uri)
            yield _line(
                {
                    "source": source.model_dump(mode="json"),
                    "pages": [page.model_dump(mode="json") for page in view.pages(source.uri)],
                    "chunks": [chunk.model_dump(mode="json") for chunk in chunks],
                    "vectors": [base64.b64encode(each).decode() if each else None for each in vectors or ()],
                    **({"profile": profile.to_json()} if (profile := view.profile(source.uri)) else {}),
                }
            )
        for (record,) in connection.execute("SELECT record FROM sources WHERE status = 'removed' ORDER BY source"):
            yield _line({"removed": json.loads(record)})


def export_jsonl(path: str | os.PathLike[str], target: str | os.PathLike[str]) -> int:
    """Write `export_lines` to the new file `target`; gives the number of documents.

    Raises:
        IndexWriteError: `target` is there already, or can't be written.
    """
    count = 0
    with new_file(target) as part, part.open("w", encoding="utf-8") as file:
        for line in export_lines(path):
            file.write(line + "\n")
            count += line.startswith('{"source"')
    return count


def import_lines(lines: Iterable[str], path: str | os.PathLike[str]) -> int:
    """Put what `export_lines` gave into the index at `path`, in one commit; gives the number of sources it holds now.

    Vectors are kept by content, too, so that a build of the same documents makes none of them again.

    Raises:
        IndexDamagedError: a line is no line of an export.
        IndexMismatchError: the index there was built with something else.
    """
    count = 0
    with IndexWriter.open(path) as writer:
        for number, line in enumerate(lines):
            try:
                with unreadable("line"):
                    count += _import_line(writer, line, first=number == 0)
            except IndexDamagedError as error:
                why = error.__cause__ or error
                raise IndexDamagedError(f"line {number + 1} is no line of an export: {str(why)[:200]}") from error
        writer.commit()
    return count


def import_jsonl(file: str | os.PathLike[str] | BinaryIO, path: str | os.PathLike[str]) -> int:
    """Put what `export_jsonl` wrote into the index at `path`, as `import_lines` does; an open file may be a pipe.

    Raises:
        SourceNotFoundError: there is no such file, or it is a link or no regular one.
        IndexDamagedError: a line is no line of an export, or has more than 512 MB.
        IndexMismatchError: the index there was built with something else.
    """
    if not isinstance(file, str | os.PathLike):
        return import_lines(_bounded_lines(file), path)
    try:
        opened = open_regular(Path(file), max_bytes=sys.maxsize)
    except OSError as error:
        raise SourceNotFoundError(f"can't read {file}: {error.strerror or error}") from error
    with opened:
        return import_lines(_bounded_lines(opened), path)


def _bounded_lines(file: BinaryIO) -> Iterator[str]:
    """Lines of UTF-8; raises IndexDamagedError for one that is none, or would take too much memory."""
    limit = MAX_HEAD_BYTES
    for number in counting(1):
        data = file.readline(limit + 1)
        if not data:
            return
        if len(data) > limit:
            raise IndexDamagedError(f"line {number} is no line of an export: it has more than {limit} bytes")
        try:
            yield data.decode()
        except UnicodeDecodeError as error:
            raise IndexDamagedError(f"line {number} is no line of an export: it is no UTF-8") from error
        limit = MAX_LINE_BYTES


def _import_line(writer: IndexWriter, line: str, *, first: bool) -> int:
    """Take over one line; gives the number of sources that it holds."""
    item = plain_json(line)
    if first:
        _begin(writer, item)
    elif "removed" in item:
        writer.leave_out(stored_source(json.dumps(item["removed"])))
    else:
        _put(writer, item)
        return 1
    return 0


def _begin(writer: IndexWriter, head: dict[str, Any]) -> None:
    if head["mistral_rag_export"] != EXPORT_VERSION:
        raise ValueError(f"version {head['mistral_rag_export']}; this release reads {EXPORT_VERSION}")
    if head["identity"] is not None:
        undecided = head.get("undecided") is True
        writer.set_identity(Identity.from_json(json.dumps(head["identity"])), undecided=undecided)


def _put(writer: IndexWriter, item: dict[str, Any]) -> None:
    vectors = [None if each is None else _vector(each) for each in item["vectors"]]
    source = stored_source(json.dumps(item["source"]))
    pages = [Page.model_validate_json(json.dumps(page)) for page in item["pages"]]
    chunks = [Chunk.model_validate_json(json.dumps(chunk)) for chunk in item["chunks"]]
    profile = Profile.from_json(item["profile"]) if "profile" in item else None
    if vectors and len(vectors) != len(chunks):
        raise ValueError(f"{len(vectors)} vectors for {len(chunks)} chunks")
    there = [(chunk, vector) for chunk, vector in zip(chunks, vectors, strict=False) if vector is not None]
    matrix = np.stack([vector for _, vector in there]) if there else None
    pending = len(there) < len(chunks)
    writer.put(source, pages, chunks, None if pending else matrix, profile=profile, pending=pending)
    if pending and matrix is not None:
        with writer.view() as view:
            rows = view.rows_of(chunk.id for chunk, _ in there)
        writer.add_vectors([rows[chunk.id] for chunk, _ in there], matrix)
    if stray := [chunk.id for chunk in chunks if pages[chunk.page - 1].text[chunk.start : chunk.end] != chunk.text]:
        raise ValueError(f"chunk {stray[0]} does not stand on its page")
    identity = writer.identity
    if matrix is not None and identity is not None and identity.text == TEXT_VERSION:
        texts = [embed_text(chunk, source, pages[chunk.page - 1]) for chunk, _ in there]
        keys = [hashlib.sha256(text.encode()).digest() for text in texts]
        writer.keep_embeddings(identity.embedding, keys, matrix)


def _vector(encoded: str) -> npt.NDArray[np.float16]:
    return np.frombuffer(base64.b64decode(encoded, validate=True), dtype="<f2")


def _line(item: dict[str, Any]) -> str:
    return json.dumps(item, ensure_ascii=False, separators=(",", ":"))


def export_faiss(path: str | os.PathLike[str], target: str | os.PathLike[str]) -> int:
    """Write the vectors of the index at `path` as a FAISS file of exact inner products, with chunk rows as ids.

    Gives their number. This package never reads such a file: FAISS trusts what it is given.

    Raises:
        IndexWriteError: `target` is there already, or can't be written.
    """
    import faiss

    with UnrestrictedReader.open(path) as reader, reader.view() as view:
        rows, vectors = view.vectors()
    index = faiss.IndexIDMap2(faiss.IndexFlatIP(vectors.shape[1]))
    index.add_with_ids(vectors.astype(np.float32), rows)
    with new_file(target) as path:
        faiss.write_index(index, str(path))
    return len(rows)


@contextmanager
def new_file(target: str | os.PathLike[str]) -> Iterator[Path]:
    """A file for its owner alone that becomes `target` when the block ends, whole or not at all.

    Raises:
        IndexWriteError: `target` is there already, or can't be written.
    """
    final = Path(target)
    if os.path.lexists(final):
        raise IndexWriteError(f"{final} is there already; name a new file")
    try:
        descriptor, name = tempfile.mkstemp(dir=final.parent, prefix=".export-", suffix=".part")
        os.close(descriptor)
        part = Path(name)
        try:
            yield part
            with part.open("rb+") as file:
                os.fsync(file.fileno())
            part.rename(final)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise IndexWriteError(f"can't write {final}: {error.strerror or error}") from error
