"""`lexical-<generation>/`: the postings as plain arrays under a manifest that names their digests.

What is missing, damaged or of another make is not loaded: the cache makes it again from the rows.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from mistral_rag.errors import IndexDamagedError
from mistral_rag.index._database.rows import plain_json, unreadable
from mistral_rag.index._folder.regular_file import delete, open_regular, replace_file
from mistral_rag.index._lexical.lexical_index import LexicalIndex, LexicalSegment
from mistral_rag.index._lexical.postings import ArrayBounds, Postings
from mistral_rag.text import TOKENS_VERSION

FORMAT: Final = 3
MANIFEST: Final = "manifest.json"
MAX_MANIFEST_BYTES: Final = 1 << 20
"""A segment of 50,000 rows takes 600 bytes of it."""

MAX_LANGUAGE: Final = 100
"""Characters of the name of a language."""

BLOCK_BYTES: Final = 1 << 20
"""Bytes of a file that are looked at in one piece."""

NAMES: Final[Mapping[str, str]] = {name: name for name in Postings.ARRAYS} | {"positions": "places"}
"""The arrays of `Postings`, and their names in the manifest."""

DIGEST: Final = re.compile("[0-9a-f]{64}")
HEADER: Final = re.compile(
    rb"\x93NUMPY\x01\x00v\x00"
    rb"\{'descr': '(<i8|<f4|<u8|<i4|\|u1)', 'fortran_order': False, 'shape': \((\d{1,15}),\), \} *\n"
)
HEADER_SIZE: Final = 128
"""Beginning of NumPy's files of plain arrays. Its own reader would take more than what was written."""


SavedWords = tuple[LexicalIndex, dict[str, Any]]
"""An index, and the stamp of the commit that it was made of."""


def save(index: LexicalIndex, folder: Path, stamp: Mapping[str, Any]) -> None:
    """Write the index under `folder`; `stamp` names the commit it was made of and must come back equal in `load`.

    Readers see the old index or the new one, never a mixture.
    """
    if folder.is_symlink() or not folder.is_dir():
        delete(folder)
    folder.mkdir(mode=0o700, exist_ok=True)
    named = [_named(folder, segment) for segment in index.segments]
    body = {"format": FORMAT, "tokens": TOKENS_VERSION, "stamp": dict(stamp), "segments": named}
    replace_file(folder / MANIFEST, [json.dumps({**body, "digest": _digest(_canonical(body))}).encode()])
    wanted = {MANIFEST, *(f"{name}.npy" for segment in named for name in segment.values())}
    for entry in list(os.scandir(folder)):
        if entry.name not in wanted:
            delete(Path(entry.path))


def _named(folder: Path, segment: LexicalSegment) -> dict[str, str]:
    """A segment as the manifest has it: arrays by their digests, `gone` only where rows are."""
    arrays = {name: _put(folder, getattr(segment.postings, array)) for array, name in NAMES.items()}
    gone = {} if segment.alive is None else {"gone": _put(folder, np.flatnonzero(~segment.alive))}
    return {"language": segment.postings.language, **arrays, **gone}


def load(folder: Path, *, max_bytes: int) -> SavedWords | None:
    """As `read`; also None when it is damaged."""
    with suppress(IndexDamagedError):
        return read(folder, max_bytes=max_bytes)
    return None


def read(folder: Path, *, max_bytes: int) -> SavedWords | None:
    """The index saved under `folder` and its stamp; None when it is missing, unfinished or of another make.

    Raises:
        IndexDamagedError: it is not what was written, or its arrays take more than `max_bytes`.
    """
    if not os.path.lexists(folder):
        return None
    try:
        with unreadable("cache"):
            if folder.is_symlink() or not folder.is_dir():
                raise ValueError("it is a link or no folder")
            manifest = _manifest(folder)
            if manifest is None:
                return None
            arrays = _Arrays(folder, max_bytes)
            return LexicalIndex([arrays.segment(named) for named in manifest["segments"]]), dict(manifest["stamp"])
    except OSError as error:
        raise IndexDamagedError(f"a cache of the index can't be read: {error}") from error


def _manifest(folder: Path) -> dict[str, Any] | None:
    if not os.path.lexists(folder / MANIFEST):
        # it is written last
        return None
    with open_regular(folder / MANIFEST, max_bytes=MAX_MANIFEST_BYTES) as file:
        manifest: dict[str, Any] = plain_json(file.read())
    digest = manifest.pop("digest")
    if digest != _digest(_canonical(manifest)):
        raise ValueError(f"{MANIFEST} is not what was written")
    return manifest if (manifest["format"], manifest["tokens"]) == (FORMAT, TOKENS_VERSION) else None


class _Arrays:
    """The arrays below a folder: together they may take so many bytes."""

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self._folder, self._left = folder, max_bytes

    def segment(self, named: Mapping[str, str]) -> LexicalSegment:
        """The segment of which the manifest names the arrays."""
        arrays = {array: self._array(named[name]) for array, name in NAMES.items()}
        postings = Postings(language=named["language"], **{name: array for name, (array, _) in arrays.items()})
        if not isinstance(postings.language, str) or len(postings.language) > MAX_LANGUAGE:
            raise ValueError("no language")
        if not postings.is_sound({name: bounds for name, (_, bounds) in arrays.items()}):
            raise ValueError("arrays do not fit each other")
        if "gone" not in named:
            return LexicalSegment(postings)
        alive = np.ones(len(postings.rows), dtype=bool)
        alive[self._array(named["gone"])[0]] = False
        return LexicalSegment(postings, alive)

    def _array(self, name: str) -> tuple[npt.NDArray[Any], ArrayBounds]:
        """An array of the folder, mapped, and its bounds.

        It is checked on its way through a small buffer: nothing of it is in memory before a search looks at it.
        """
        if not DIGEST.fullmatch(name):
            raise ValueError("no digest")
        with open_regular(self._folder / f"{name}.npy", max_bytes=self._left) as file:
            size = os.fstat(file.fileno()).st_size
            self._left -= size
            header = file.read(HEADER_SIZE)
            said = HEADER.fullmatch(header)
            if said is None:
                raise ValueError("not a plain array")
            kind, length = np.dtype(said[1].decode()), int(said[2])
            if size != HEADER_SIZE + length * kind.itemsize:
                raise ValueError(f"{name}.npy is cut off or too long")
            digest = hashlib.sha256(header)
            bounds = ArrayBounds.of(_blocks(file, kind, digest))
            if digest.hexdigest() != name:
                raise ValueError(f"{name}.npy is damaged")
            # a plain array over the mapped file: slices of numpy's own class for it cost ten times as much
            mapped = np.memmap(file, kind, "r", HEADER_SIZE, (length,)) if length else np.empty(0, kind)
            array: npt.NDArray[Any] = np.asarray(mapped)
        return array, bounds


def _put(folder: Path, array: npt.NDArray[np.generic]) -> str:
    buffer = BytesIO()
    np.save(buffer, array, allow_pickle=False)
    data = buffer.getvalue()
    name = _digest(data)
    if not _holds(folder / f"{name}.npy", data):
        replace_file(folder / f"{name}.npy", [data])
    return name


def _holds(path: Path, data: bytes) -> bool:
    """True when the file is there and is what its name says: a damaged one is not kept for its name."""
    try:
        with open_regular(path, max_bytes=len(data)) as file:
            return file.read() == data
    except OSError:
        return False


def _blocks(file: BufferedReader, kind: np.dtype[Any], digest: "hashlib._Hash") -> Iterator[npt.NDArray[Any]]:
    """The rest of a file as blocks of an array, added to a digest."""
    while block := file.read(BLOCK_BYTES):
        digest.update(block)
        yield np.frombuffer(block, dtype=kind)


def _canonical(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, sort_keys=True, separators=(",", ":")).encode()


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
