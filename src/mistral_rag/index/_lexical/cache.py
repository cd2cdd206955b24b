"""The words of an index ready for search: from the files beside the database, brought up to a commit."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final
from urllib.parse import unquote

from mistral_rag.index._commit_rows import CommitRows, LexicalRow
from mistral_rag.index._index_text import TEXT_VERSION, lexical_text
from mistral_rag.index._lexical.index_file import load, read, save
from mistral_rag.index._lexical.lexical_index import LexicalIndex, RowText

PREFIX: Final = "lexical-"
MAX_SHARE: Final = 16
"""Size of the files in sizes of the database: they take a tenth to a half of it, a few times as much where passages of
a few words have long titles."""

SAME_BEGINNING: Final = 100
"""Characters by which a chunk is seen to begin its page."""


@dataclass(frozen=True, slots=True)
class LexicalState:
    """An index that holds what a commit holds."""

    sequence: int
    index: LexicalIndex


def cached(commit: CommitRows) -> LexicalIndex:
    """The index of a commit.

    The first one is what is saved beside the database; it then follows the commits in memory. The caller may
    modify the result: no other caller sees it.
    """
    return commit.commit_cache.at("lexical", commit.sequence, lambda last: _of(commit, last)).index.copy()


def _of(commit: CommitRows, last: LexicalState | None) -> LexicalState:
    if last is None or commit.profiles_changed > last.sequence:
        return LexicalState(commit.sequence, _followed(path_of(commit), commit)[0])
    index = last.index.copy()
    follow(index, commit, last.sequence)
    return LexicalState(commit.sequence, index)


def refresh(commit: CommitRows) -> None:
    """Bring the files beside the database up to a commit; does nothing when they are."""
    path = _path(commit, commit.generation)
    index, changed = _followed(path, commit)
    if changed:
        save(index, path, _stamp(commit, commit.sequence))


def write(commit: CommitRows, generation: int) -> None:
    """Write the files of a new generation; nothing of what was removed is in them."""
    index, _ = _followed(path_of(commit), commit)
    index.compact()
    save(index, _path(commit, generation), _stamp(commit, commit.sequence))


def check(commit: CommitRows) -> None:
    """Raise IndexDamagedError when the files beside the database are not what was written."""
    read(path_of(commit), max_bytes=max_bytes(commit))


def max_bytes(commit: CommitRows) -> int:
    """Bytes that the files may take: whatever is larger was not made of this database."""
    return MAX_SHARE * commit.size_bytes


def path_of(commit: CommitRows) -> Path:
    """The place of the cache of a commit's generation."""
    return _path(commit, commit.generation)


def _path(commit: CommitRows, generation: int) -> Path:
    return commit.folder / f"{PREFIX}{generation}"


def _followed(path: Path, commit: CommitRows) -> tuple[LexicalIndex, bool]:
    """The saved index brought up to the commit, or a new one; and whether anything had to be done for it."""
    loaded = load(path, max_bytes=max_bytes(commit))
    if loaded is not None:
        index, stamp = loaded
        since = stamp.get("sequence")
        # a profile's label is a word of all rows of its document, so the index is as old as the last one that changed
        if (
            isinstance(since, int)
            and commit.profiles_changed <= since <= commit.sequence
            and stamp == _stamp(commit, since)
        ):
            return index, follow(index, commit, since)
    index = LexicalIndex()
    index.add(_texts(commit, 0))
    return index, True


def follow(index: LexicalIndex, commit: CommitRows, since: int) -> bool:
    """Bring an index that showed the commit `since` up to a commit; says whether anything changed."""
    if since == commit.sequence:
        return False
    changes = commit.changes(since)
    if len(changes.removed):
        index.remove(changes.removed.tolist())
    if len(changes.added):
        index.add(_texts(commit, int(changes.added[0]) - 1))
    index.tidy()
    return True


def _texts(commit: CommitRows, after_row: int) -> Iterator[RowText]:
    for row in commit.lexical_inputs(after_row):
        title = searched_title(row)
        # a chunk that begins its page has the head of the page in it
        head = "" if row.text.startswith(row.page_head[:SAME_BEGINNING]) else row.page_head
        yield RowText(row.row, row.language, lexical_text(title=title, page_head=head, text=row.text))


def searched_title(row: LexicalRow) -> str:
    """The names of a document: its label, its title and its file's name, each where it says something new."""
    stem = PurePosixPath(unquote(row.uri)).stem.replace("_", " ")
    said: list[str] = []
    for name in (row.label, row.title.replace("_", " "), stem):
        if name and not any(name.lower() in other.lower() for other in said):
            said.append(name)
    return " ".join(said)


def _stamp(commit: CommitRows, sequence: int) -> dict[str, Any]:
    """The commit and index that saved files belong to."""
    return {"sequence": sequence, "commit": commit.commit_digest(sequence), "text": TEXT_VERSION}
