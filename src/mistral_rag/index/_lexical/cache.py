"""The lexical index as files beside the database.

They are a cache of the rows: plain arrays under a manifest that names their digests. What is missing, damaged, of
another make or of another index is made again from the rows.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BufferedReader, BytesIO
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote

import numpy as np
import numpy.typing as npt

from mistral_rag.index._cache_files import open_plain, replace_file
from mistral_rag.index._database.rows import plain_json
from mistral_rag.index._index_text import TEXT_VERSION, lexical_text
from mistral_rag.index._lexical.bm25 import LexicalIndex, Part, RowText
from mistral_rag.index._lexical.postings import Seen, Segment
from mistral_rag.index._view import LexicalRow, View
from mistral_rag.text import TOKENS_VERSION

__all__ = ["LexicalIndex", "RowText", "cached", "follow", "load", "refresh", "save", "searched_title", "write"]

FORMAT = 3
LARGEST_MANIFEST = 1 << 24
PREFIX = "lexical-"
SAME_BEGINNING = 100
PORTION = 1 << 20
"""Bytes of a file that are looked at in one piece."""

HEADER = re.compile(
    rb"\x93NUMPY\x01\x00v\x00"
    rb"\{'descr': '(<i8|<f4|<u8|<i4|\|u1)', 'fortran_order': False, 'shape': \((\d{1,15}),\), \} *\n"
)
HEADER_SIZE = 128
"""How NumPy's files of plain arrays begin. Its own reader would take more than what was written."""


@dataclass(frozen=True, slots=True)
class Followed:
    """An index that holds what a commit holds."""

    sequence: int
    index: LexicalIndex


def cached(folder: Path, view: View) -> LexicalIndex:
    """The index of what `view` shows, or of a newer commit that another thread has asked for.

    The first one is what is saved beside the database; it then follows the commits in memory. The caller may change
    what he gets: no other caller sees it.
    """
    return view.kept.newest("lexical", view.sequence, lambda last: _of(view, last)).index.copy()


def _of(view: View, last: Followed | None) -> Followed:
    if last is None:
        return Followed(view.sequence, _followed(_place(view, view.generation), view)[0])
    index = last.index.copy()
    follow(index, view, last.sequence)
    return Followed(view.sequence, index)


def refresh(view: View) -> None:
    """Bring the files beside the database up to the commit that `view` shows; does nothing when they are."""
    place = _place(view, view.generation)
    index, changed = _followed(place, view)
    if changed:
        save(index, place, _stamp(view, view.sequence))


def write(view: View, generation: int) -> None:
    """Write the files of a new generation; nothing of what was removed is in them."""
    index, _ = _followed(_place(view, view.generation), view)
    index.compact()
    save(index, _place(view, generation), _stamp(view, view.sequence))


def _place(view: View, generation: int) -> Path:
    return view.folder / f"{PREFIX}{generation}"


def _followed(place: Path, view: View) -> tuple[LexicalIndex, bool]:
    """The saved index brought up to the view, or a new one; and whether anything had to be done for it."""
    loaded = load(place)
    if loaded is not None:
        index, stamp = loaded
        since = stamp.get("sequence")
        if isinstance(since, int) and since <= view.sequence and stamp == _stamp(view, since):
            return index, follow(index, view, since)
    index = LexicalIndex()
    index.add(_texts(view, 0))
    return index, True


def follow(index: LexicalIndex, view: View, since: int) -> bool:
    """Bring an index that showed the commit `since` up to the view; says whether anything changed."""
    if since == view.sequence:
        return False
    changes = view.changes(since)
    if len(changes.removed):
        index.remove(changes.removed.tolist())
    if len(changes.added):
        index.add(_texts(view, int(changes.added[0]) - 1))
    index.tidy()
    return True


def _texts(view: View, after_row: int) -> Iterator[RowText]:
    for row in view.lexical_inputs(after_row):
        title = searched_title(row)
        # a chunk that begins its page has the head of the page in it
        head = "" if row.text.startswith(row.page_head[:SAME_BEGINNING]) else row.page_head
        yield RowText(row.row, row.language, lexical_text(title=title, page_head=head, text=row.text))


def searched_title(row: LexicalRow) -> str:
    """What a document is called: its label, its title and its file's name, each where it says something new."""
    stem = PurePosixPath(unquote(row.uri)).stem.replace("_", " ")
    said: list[str] = []
    for name in (row.label, row.title.replace("_", " "), stem):
        if name and not any(name.lower() in other.lower() for other in said):
            said.append(name)
    return " ".join(said)


def _stamp(view: View, sequence: int) -> dict[str, Any]:
    """What ties saved files to one commit of one index."""
    return {"sequence": sequence, "commit": view.commit_digest(sequence), "text": TEXT_VERSION}


def save(index: LexicalIndex, folder: Path, stamp: Mapping[str, Any]) -> None:
    """Write the index under `folder`; `stamp` says what it was made from and must come back equal in `load`.

    Readers see the old index or the new one, never a mixture.
    """
    if folder.is_symlink():
        folder.unlink()
    folder.mkdir(mode=0o700, exist_ok=True)
    named = [_named(folder, part) for part in index.parts]
    body = {"format": FORMAT, "tokens": TOKENS_VERSION, "stamp": dict(stamp), "segments": named}
    replace_file(folder / "manifest.json", [json.dumps({**body, "digest": _digest(_canonical(body))}).encode()])
    wanted = {f"{name}.npy" for segment in named for name in segment.values()}
    for path in folder.glob("*.npy"):
        if path.name not in wanted:
            path.unlink(missing_ok=True)


def _named(folder: Path, part: Part) -> dict[str, str]:
    """A part as the manifest has it: arrays by their digests, `gone` only where rows are."""
    arrays = {name: _put(folder, getattr(part.segment, name)) for name in Segment.ARRAYS}
    gone = {} if part.alive is None else {"gone": _put(folder, np.flatnonzero(~part.alive))}
    return {"language": part.segment.language, **arrays, **gone}


def load(folder: Path) -> tuple[LexicalIndex, dict[str, Any]] | None:
    """The index saved under `folder` and its stamp; None when it is missing, damaged or of another make."""
    if folder.is_symlink():
        return None
    try:
        with open_plain(folder / "manifest.json") as file:
            manifest = plain_json(file.read(LARGEST_MANIFEST))
        digest = manifest.pop("digest")
        if digest != _digest(_canonical(manifest)) or manifest["format"] != FORMAT:
            return None
        if manifest["tokens"] != TOKENS_VERSION:
            return None
        parts = [_part(folder, named) for named in manifest["segments"]]
        stamp = dict(manifest["stamp"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError):
        return None
    return LexicalIndex(parts), stamp


def _part(folder: Path, named: dict[str, str]) -> Part:
    arrays = {name: _get(folder, named[name]) for name in Segment.ARRAYS}
    segment = Segment(language=str(named["language"]), **{name: array for name, (array, _) in arrays.items()})
    if not segment.is_sound({name: seen for name, (_, seen) in arrays.items()}):
        raise ValueError("arrays do not fit each other")
    if "gone" not in named:
        return Part(segment)
    alive = np.ones(len(segment.rows), dtype=bool)
    alive[_get(folder, named["gone"])[0]] = False
    return Part(segment, alive)


def _put(folder: Path, array: npt.NDArray[np.generic]) -> str:
    buffer = BytesIO()
    np.save(buffer, array, allow_pickle=False)
    data = buffer.getvalue()
    name = _digest(data)
    if not (folder / f"{name}.npy").exists():
        replace_file(folder / f"{name}.npy", [data])
    return name


def _get(folder: Path, name: str) -> tuple[npt.NDArray[Any], Seen]:
    """An array of the folder, mapped, and what it holds.

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
        seen = Seen.of(_portions(file, kind, digest))
        if digest.hexdigest() != name or file.tell() != HEADER_SIZE + length * kind.itemsize:
            raise ValueError(f"{name}.npy is damaged")
        # a plain array over the mapped file: slices of numpy's own class for it cost ten times as much
        mapped = np.memmap(file, kind, "r", HEADER_SIZE, (length,)) if length else np.empty(0, kind)
        array: npt.NDArray[Any] = np.asarray(mapped)
    return array, seen


def _portions(file: BufferedReader, kind: np.dtype[Any], digest: "hashlib._Hash") -> Iterator[npt.NDArray[Any]]:
    """The rest of a file as portions of an array, added to a digest."""
    while portion := file.read(PORTION):
        digest.update(portion)
        yield np.frombuffer(portion, dtype=kind)


def _canonical(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, sort_keys=True, separators=(",", ":")).encode()


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
