"""The vectors of an index ready for search: from the file beside the database, brought up to a commit."""

from pathlib import Path
from typing import Any, Final

import numpy as np

from mistral_rag.errors import IndexDamagedError
from mistral_rag.index._dense import binary_index_file
from mistral_rag.index._dense.binary_index_file import Saved
from mistral_rag.index._dense.candidate_depth import CENTRED, Made, make
from mistral_rag.index._dense.search import DenseIndex
from mistral_rag.index._dense.segments import NEWER_ROWS
from mistral_rag.index._dense.vector_rows import EXACT_ROWS, Fetch
from mistral_rag.index._view import View

PREFIX: Final = "codes-"


def cached(view: View) -> DenseIndex:
    """The vectors of the commit that `view` shows, or of a newer one that another thread has asked for."""
    return view.kept.newest("dense", view.sequence, lambda last: _of(view, last))


def _of(view: View, last: DenseIndex | None) -> DenseIndex:
    if last is not None:
        index = _followed(view, last)
        if _fits(index):
            return index
    return _loaded(view) or _made(view)


def _fits(index: DenseIndex) -> bool:
    """Whether the index holds no more vectors in memory than it should."""
    return not index.exact or len(index) <= EXACT_ROWS + NEWER_ROWS


def _followed(view: View, index: DenseIndex) -> DenseIndex:
    if index.sequence == view.sequence:
        return index
    if not index.parts:
        return _made(view)
    changes = view.changes(index.sequence)
    return index.follow(changes.removed, view.vector_portion(changes.added), sequence=view.sequence)


def _loaded(view: View) -> DenseIndex | None:
    """What is saved, brought up to the view; None when nothing is or it does not belong to this index."""
    saved = _saved(view)
    if saved is None:
        return None
    fetch = saved.vectors.before(view.kept.fetch) if saved.vectors else view.kept.fetch
    return _followed(view, _index(saved.made, fetch, saved.stamp["sequence"]))


def _saved(view: View) -> Saved | None:
    """What is saved of this index."""
    if view.vector_count() <= EXACT_ROWS:
        return None
    saved = binary_index_file.load(_place(view, view.generation))
    if saved is None:
        return None
    since = saved.stamp.get("sequence")
    if not isinstance(since, int) or since > view.sequence or saved.stamp != _stamp(view, since):
        return None
    return saved


def _index(made: Made, fetch: Fetch, sequence: int) -> DenseIndex:
    return DenseIndex.of_bits(made, len(made.bits.signs.centre), fetch=fetch, sequence=sequence)


def _made(view: View) -> DenseIndex:
    if view.vector_count() <= EXACT_ROWS:
        start = DenseIndex(view.dimension, fetch=view.kept.fetch)
        nothing = np.empty(0, np.int64)
        return start.follow(nothing, view.vector_portion(None), sequence=view.sequence)
    return _index(_bits(view), view.kept.fetch, view.sequence)


def _bits(view: View) -> Made:
    rows = view.rows_with_vectors()
    sample = view.vector_portion(rows[:: max(len(rows) // CENTRED, 1)][:CENTRED])
    if not len(sample.rows):
        raise IndexDamagedError(f"{view.folder} has lost its vectors. Run: ingest verify")
    return make(sample, view.vector_portions(), weighed=_weighed(view))


def refresh(view: View) -> None:
    """Bring the file beside the database up to the commit that `view` shows, where much has changed since.

    A little that is newer is searched from the database, so that a small commit costs no new file.
    """
    saved = _saved(view)
    if saved is None or _much_has_changed(view, saved.made):
        write(view, view.generation)


def write(view: View, generation: int) -> None:
    """Write the file of a generation anew."""
    binary_index_file.save(_bits(view), view.vector_portions(), _place(view, generation), _stamp(view, view.sequence))


def _much_has_changed(view: View, made: Made) -> bool:
    """Whether so much has come or gone since the file was written that a search would feel it."""
    rows = view.rows_with_vectors()
    kept = int(np.count_nonzero(np.isin(made.bits.rows, rows)))
    newer, gone = len(rows) - kept, len(made.bits) - kept
    return newer + gone > min(len(rows) // 20, NEWER_ROWS // 2)


def _weighed(view: View) -> bool:
    identity = view.identity
    return identity is not None and identity.metric == "ip"


def _place(view: View, generation: int) -> Path:
    return view.folder / f"{PREFIX}{generation}.bin"


def _stamp(view: View, sequence: int) -> dict[str, Any]:
    """What ties a saved file to one commit of one index."""
    return {"sequence": sequence, "commit": view.commit_digest(sequence), "identity": str(view.setting("identity"))}
