"""The words of an index ready for search: from the files beside the database, brought up to a commit."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final
from urllib.parse import unquote

from mistral_rag.index._index_text import TEXT_VERSION, lexical_text
from mistral_rag.index._lexical.index_file import load, save
from mistral_rag.index._lexical.lexical_index import LexicalIndex, RowText
from mistral_rag.index._view import LexicalRow, View

PREFIX: Final = "lexical-"
SAME_BEGINNING: Final = 100
"""Characters by which a chunk is seen to begin its page."""


@dataclass(frozen=True, slots=True)
class LexicalState:
    """An index that holds what a commit holds."""

    sequence: int
    index: LexicalIndex


def cached(view: View) -> LexicalIndex:
    """The index of what `view` shows.

    The first one is what is saved beside the database; it then follows the commits in memory. The caller may
    modify the result: no other caller sees it.
    """
    return view.commit_cache.at("lexical", view.sequence, lambda last: _of(view, last)).index.copy()


def _of(view: View, last: LexicalState | None) -> LexicalState:
    if last is None or view.profiles_changed > last.sequence:
        return LexicalState(view.sequence, _followed(_path(view, view.generation), view)[0])
    index = last.index.copy()
    follow(index, view, last.sequence)
    return LexicalState(view.sequence, index)


def refresh(view: View) -> None:
    """Bring the files beside the database up to the commit that `view` shows; does nothing when they are."""
    path = _path(view, view.generation)
    index, changed = _followed(path, view)
    if changed:
        save(index, path, _stamp(view, view.sequence))


def write(view: View, generation: int) -> None:
    """Write the files of a new generation; nothing of what was removed is in them."""
    index, _ = _followed(_path(view, view.generation), view)
    index.compact()
    save(index, _path(view, generation), _stamp(view, view.sequence))


def _path(view: View, generation: int) -> Path:
    return view.folder / f"{PREFIX}{generation}"


def _followed(path: Path, view: View) -> tuple[LexicalIndex, bool]:
    """The saved index brought up to the view, or a new one; and whether anything had to be done for it."""
    loaded = load(path)
    if loaded is not None:
        index, stamp = loaded
        since = stamp.get("sequence")
        # a profile's label is a word of all rows of its document, so the index is as old as the last one that changed
        if isinstance(since, int) and view.profiles_changed <= since <= view.sequence and stamp == _stamp(view, since):
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
    """The names of a document: its label, its title and its file's name, each where it says something new."""
    stem = PurePosixPath(unquote(row.uri)).stem.replace("_", " ")
    said: list[str] = []
    for name in (row.label, row.title.replace("_", " "), stem):
        if name and not any(name.lower() in other.lower() for other in said):
            said.append(name)
    return " ".join(said)


def _stamp(view: View, sequence: int) -> dict[str, Any]:
    """The commit and index that saved files belong to."""
    return {"sequence": sequence, "commit": view.commit_digest(sequence), "text": TEXT_VERSION}
