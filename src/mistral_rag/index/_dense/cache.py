"""The vectors of an index ready for search: from the file beside the database, brought up to a commit."""

from pathlib import Path
from typing import Any, Final

import numpy as np

from mistral_rag.errors import IndexDamagedError
from mistral_rag.index._dense import binary_index_file
from mistral_rag.index._dense.binary_index_file import SavedIndex
from mistral_rag.index._dense.candidate_depth import SAMPLE_FOR_CENTRE, CalibratedIndex, calibrate
from mistral_rag.index._dense.search import DenseIndex
from mistral_rag.index._dense.vector_rows import Fetch
from mistral_rag.index._folder.commands import verify_command
from mistral_rag.index._view import View

PREFIX: Final = "codes-"


def cached(view: View) -> DenseIndex:
    """The vectors of the commit that `view` shows, or of a newer one that another thread has asked for."""
    return view.commit_cache.newest("dense", view.sequence, lambda last: _of(view, last))


def _of(view: View, last: DenseIndex | None) -> DenseIndex:
    if last is not None:
        index = _followed(view, last)
        if index.fits:
            return index
    return _loaded(view) or _made(view)


def _followed(view: View, index: DenseIndex) -> DenseIndex:
    if index.sequence == view.sequence:
        return index
    if not index.segments:
        return _made(view)
    changes = view.changes(index.sequence)
    return index.follow(changes.removed, view.vector_batch(changes.added), sequence=view.sequence)


def _loaded(view: View) -> DenseIndex | None:
    """The saved index, brought up to the view; None when there is none or it does not belong to this index."""
    saved = _saved(view)
    if saved is None:
        return None
    fetch = saved.vectors.before(view.commit_cache.fetch) if saved.vectors else view.commit_cache.fetch
    return _followed(view, _index(view, saved.made, fetch, saved.stamp["sequence"]))


def _saved(view: View) -> SavedIndex | None:
    """The file of this index, when it is whole and of this index."""
    if view.vector_count() <= view.dense_settings.exact_rows:
        return None
    saved = binary_index_file.load(_path(view, view.generation))
    if saved is None:
        return None
    since = saved.stamp.get("sequence")
    if not isinstance(since, int) or since > view.sequence or saved.stamp != _stamp(view, since):
        return None
    return saved


def _index(view: View, made: CalibratedIndex, fetch: Fetch, sequence: int) -> DenseIndex:
    return DenseIndex.calibrated(made, fetch=fetch, sequence=sequence, settings=view.dense_settings)


def _made(view: View) -> DenseIndex:
    if view.vector_count() <= view.dense_settings.exact_rows:
        start = DenseIndex(view.dimension, fetch=view.commit_cache.fetch, settings=view.dense_settings)
        nothing = np.empty(0, np.int64)
        return start.follow(nothing, view.vector_batch(None), sequence=view.sequence)
    return _index(view, _calibrated(view), view.commit_cache.fetch, view.sequence)


def _calibrated(view: View) -> CalibratedIndex:
    rows = view.rows_with_vectors()
    sample = view.vector_batch(rows[:: max(len(rows) // SAMPLE_FOR_CENTRE, 1)][:SAMPLE_FOR_CENTRE])
    if not len(sample.rows):
        raise IndexDamagedError(f"{view.folder} has lost its vectors. {verify_command(view.folder)}")
    return calibrate(sample, view.vector_batches(), weighed=_weighed(view))


def refresh(view: View) -> None:
    """Bring the file beside the database up to the commit that `view` shows, where much has changed since.

    A little that is newer is searched from the database, so that a small commit costs no new file.
    """
    saved = _saved(view)
    if saved is None or _much_has_changed(view, saved.made):
        write(view, view.generation)


def write(view: View, generation: int) -> None:
    """Write the file of a generation anew."""
    binary_index_file.save(
        _calibrated(view), view.vector_batches(), _path(view, generation), _stamp(view, view.sequence)
    )


def _much_has_changed(view: View, made: CalibratedIndex) -> bool:
    """True when the file is stale: enough rows have come or gone since that searches are slower."""
    rows = view.rows_with_vectors()
    kept = int(np.count_nonzero(np.isin(made.index.rows, rows)))
    newer, gone = len(rows) - kept, len(made.index) - kept
    return newer + gone > min(len(rows) // 20, view.dense_settings.newer_rows // 2)


def _weighed(view: View) -> bool:
    identity = view.identity
    return identity is not None and identity.metric == "ip"


def _path(view: View, generation: int) -> Path:
    return view.folder / f"{PREFIX}{generation}.bin"


def _stamp(view: View, sequence: int) -> dict[str, Any]:
    """The commit and index that a saved file belongs to."""
    return {"sequence": sequence, "commit": view.commit_digest(sequence), "identity": str(view.setting("identity"))}
