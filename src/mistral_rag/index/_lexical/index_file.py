"""`lexical-<generation>/`: the postings as plain arrays under a manifest that names their digests.

What is missing, damaged or of another make is not loaded: the cache makes it again from the rows.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from mistral_rag.index._database.rows import plain_json
from mistral_rag.index._folder.cache_files import open_plain, replace_file
from mistral_rag.index._lexical.lexical_index import LexicalIndex, LexicalSegment
from mistral_rag.index._lexical.postings import ArrayBounds, Postings
from mistral_rag.text import TOKENS_VERSION

FORMAT: Final = 3
MAX_MANIFEST_BYTES: Final = 1 << 24
BLOCK_BYTES: Final = 1 << 20
"""Bytes of a file that are looked at in one piece."""

NAMES: Final[Mapping[str, str]] = {name: name for name in Postings.ARRAYS} | {"positions": "places"}
"""The arrays of `Postings`, and their names in the manifest."""

HEADER: Final = re.compile(
    rb"\x93NUMPY\x01\x00v\x00"
    rb"\{'descr': '(<i8|<f4|<u8|<i4|\|u1)', 'fortran_order': False, 'shape': \((\d{1,15}),\), \} *\n"
)
HEADER_SIZE: Final = 128
"""Beginning of NumPy's files of plain arrays. Its own reader would take more than what was written."""


def save(index: LexicalIndex, folder: Path, stamp: Mapping[str, Any]) -> None:
    """Write the index under `folder`; `stamp` names the commit it was made of and must come back equal in `load`.

    Readers see the old index or the new one, never a mixture.
    """
    if folder.is_symlink():
        folder.unlink()
    folder.mkdir(mode=0o700, exist_ok=True)
    named = [_named(folder, segment) for segment in index.segments]
    body = {"format": FORMAT, "tokens": TOKENS_VERSION, "stamp": dict(stamp), "segments": named}
    replace_file(folder / "manifest.json", [json.dumps({**body, "digest": _digest(_canonical(body))}).encode()])
    wanted = {f"{name}.npy" for segment in named for name in segment.values()}
    for path in folder.glob("*.npy"):
        if path.name not in wanted:
            path.unlink(missing_ok=True)


def _named(folder: Path, segment: LexicalSegment) -> dict[str, str]:
    """A segment as the manifest has it: arrays by their digests, `gone` only where rows are."""
    arrays = {name: _put(folder, getattr(segment.postings, array)) for array, name in NAMES.items()}
    gone = {} if segment.alive is None else {"gone": _put(folder, np.flatnonzero(~segment.alive))}
    return {"language": segment.postings.language, **arrays, **gone}


def load(folder: Path) -> tuple[LexicalIndex, dict[str, Any]] | None:
    """The index saved under `folder` and its stamp; None when it is missing, damaged or of another make."""
    if folder.is_symlink():
        return None
    try:
        with open_plain(folder / "manifest.json") as file:
            manifest = plain_json(file.read(MAX_MANIFEST_BYTES))
        digest = manifest.pop("digest")
        if digest != _digest(_canonical(manifest)) or manifest["format"] != FORMAT:
            return None
        if manifest["tokens"] != TOKENS_VERSION:
            return None
        segments = [_segment(folder, named) for named in manifest["segments"]]
        stamp = dict(manifest["stamp"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError):
        return None
    return LexicalIndex(segments), stamp


def _segment(folder: Path, named: dict[str, str]) -> LexicalSegment:
    arrays = {array: _get(folder, named[name]) for array, name in NAMES.items()}
    postings = Postings(language=str(named["language"]), **{name: array for name, (array, _) in arrays.items()})
    if not postings.is_sound({name: bounds for name, (_, bounds) in arrays.items()}):
        raise ValueError("arrays do not fit each other")
    if "gone" not in named:
        return LexicalSegment(postings)
    alive = np.ones(len(postings.rows), dtype=bool)
    alive[_get(folder, named["gone"])[0]] = False
    return LexicalSegment(postings, alive)


def _put(folder: Path, array: npt.NDArray[np.generic]) -> str:
    buffer = BytesIO()
    np.save(buffer, array, allow_pickle=False)
    data = buffer.getvalue()
    name = _digest(data)
    if not (folder / f"{name}.npy").exists():
        replace_file(folder / f"{name}.npy", [data])
    return name


def _get(folder: Path, name: str) -> tuple[npt.NDArray[Any], ArrayBounds]:
    """An array of the folder, mapped, and its bounds.

    It is checked on its way through a small buffer: nothing of it is in memory before a search looks at it.
    """
    if len(name) != 64 or not name.isalnum():
        raise ValueError("no digest")
    with open_plain(folder / f"{name}.npy") as file:
        header = file.read(HEADER_SIZE)
        said = HEADER.fullmatch(header)
        if said is None:
            raise ValueError("not a plain array")
        kind, length = np.dtype(said[1].decode()), int(said[2])
        digest = hashlib.sha256(header)
        bounds = ArrayBounds.of(_blocks(file, kind, digest))
        if digest.hexdigest() != name or file.tell() != HEADER_SIZE + length * kind.itemsize:
            raise ValueError(f"{name}.npy is damaged")
        # a plain array over the mapped file: slices of numpy's own class for it cost ten times as much
        mapped = np.memmap(file, kind, "r", HEADER_SIZE, (length,)) if length else np.empty(0, kind)
        array: npt.NDArray[Any] = np.asarray(mapped)
    return array, bounds


def _blocks(file: BufferedReader, kind: np.dtype[Any], digest: "hashlib._Hash") -> Iterator[npt.NDArray[Any]]:
    """The rest of a file as blocks of an array, added to a digest."""
    while block := file.read(BLOCK_BYTES):
        digest.update(block)
        yield np.frombuffer(block, dtype=kind)


def _canonical(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, sort_keys=True, separators=(",", ":")).encode()


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
