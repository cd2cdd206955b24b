"""The vectors of an index ready for search: from the file beside the database, brought up to a commit."""

from pathlib import Path
from typing import Any, Final

import numpy as np

from mistral_rag.errors import IndexDamagedError
from mistral_rag.index._commit_rows import CommitRows
from mistral_rag.index._dense import binary_index_file
from mistral_rag.index._dense.binary_index_file import SavedIndex
from mistral_rag.index._dense.candidate_depth import SAMPLE_FOR_CENTRE, CalibratedIndex, calibrate
from mistral_rag.index._dense.search import DenseIndex
from mistral_rag.index._dense.vector_rows import Fetch
from mistral_rag.index._folder.commands import verify_command

PREFIX: Final = "codes-"
MIN_ROWS: Final = 1000
"""A file may have so many rows whatever is left of them."""


def cached(commit: CommitRows) -> DenseIndex:
    """The vectors of a commit."""
    return commit.commit_cache.at("dense", commit.sequence, lambda last: _of(commit, last))


def _of(commit: CommitRows, last: DenseIndex | None) -> DenseIndex:
    if last is not None:
        index = _followed(commit, last)
        if index.fits:
            return index
    return _loaded(commit) or _made(commit)


def _followed(commit: CommitRows, index: DenseIndex) -> DenseIndex:
    if index.sequence == commit.sequence:
        return index
    if not index.segments:
        return _made(commit)
    changes = commit.changes(index.sequence)
    added = changes.added
    if commit.vectors_changed > index.sequence:
        # rows that were there without a vector have one now: no row came, so the change log does not name them
        added = np.setdiff1d(commit.rows_with_vectors(), index.rows)
    return index.follow(changes.removed, commit.vector_batch(added), sequence=commit.sequence)


def _loaded(commit: CommitRows) -> DenseIndex | None:
    """The saved index, brought up to the commit; None when there is none or it does not belong to this index."""
    saved = _saved(commit)
    if saved is None:
        return None
    fetch = saved.vectors.before(commit.commit_cache.fetch) if saved.vectors else commit.commit_cache.fetch
    return _followed(commit, _index(commit, saved.made, fetch, saved.stamp["sequence"]))


def _saved(commit: CommitRows) -> SavedIndex | None:
    """The file of this index, when it is whole and of this index."""
    if commit.vector_count() <= commit.dense_settings.exact_rows:
        return None
    saved = binary_index_file.load(path_of(commit), dimension=commit.dimension, max_rows=_max_rows(commit))
    if saved is None:
        return None
    since = saved.stamp.get("sequence")
    if not isinstance(since, int) or since > commit.sequence or saved.stamp != _stamp(commit, since):
        return None
    return saved


def check(commit: CommitRows) -> None:
    """Raise IndexDamagedError when the file beside the database is not what was written."""
    binary_index_file.read(path_of(commit), dimension=commit.dimension, max_rows=_max_rows(commit))


def _max_rows(commit: CommitRows) -> int:
    """Rows that the file may have: with twice as many as are left a search would be slower than a new file."""
    return 2 * commit.vector_count() + MIN_ROWS


def _index(commit: CommitRows, made: CalibratedIndex, fetch: Fetch, sequence: int) -> DenseIndex:
    return DenseIndex.calibrated(made, fetch=fetch, sequence=sequence, settings=commit.dense_settings)


def _made(commit: CommitRows) -> DenseIndex:
    if commit.vector_count() <= commit.dense_settings.exact_rows:
        start = DenseIndex(commit.dimension, fetch=commit.commit_cache.fetch, settings=commit.dense_settings)
        nothing = np.empty(0, np.int64)
        return start.follow(nothing, commit.vector_batch(None), sequence=commit.sequence)
    return _index(commit, _calibrated(commit), commit.commit_cache.fetch, commit.sequence)


def _calibrated(commit: CommitRows) -> CalibratedIndex:
    rows = commit.rows_with_vectors()
    sample = commit.vector_batch(rows[:: max(len(rows) // SAMPLE_FOR_CENTRE, 1)][:SAMPLE_FOR_CENTRE])
    if not len(sample.rows):
        raise IndexDamagedError(f"{commit.folder} has lost its vectors. {verify_command(commit.folder)}")
    return calibrate(sample, commit.vector_batches(), weighed=_weighed(commit))


def refresh(commit: CommitRows) -> None:
    """Bring the file beside the database up to a commit, where much has changed since.

    A little that is newer is searched from the database, so that a small commit costs no new file.
    """
    saved = _saved(commit)
    if saved is None or _much_has_changed(commit, saved.made):
        write(commit, commit.generation)


def write(commit: CommitRows, generation: int) -> None:
    """Write the file of a generation anew."""
    binary_index_file.save(
        _calibrated(commit), commit.vector_batches(), _path(commit, generation), _stamp(commit, commit.sequence)
    )


def _much_has_changed(commit: CommitRows, made: CalibratedIndex) -> bool:
    """True when the file is stale: enough rows have come or gone since that searches are slower."""
    rows = commit.rows_with_vectors()
    kept = int(np.count_nonzero(np.isin(made.index.rows, rows)))
    newer, gone = len(rows) - kept, len(made.index) - kept
    return newer + gone > min(len(rows) // 20, commit.dense_settings.newer_rows // 2)


def _weighed(commit: CommitRows) -> bool:
    identity = commit.identity
    return identity is not None and identity.metric == "ip"


def path_of(commit: CommitRows) -> Path:
    """The place of the cache of a commit's generation."""
    return _path(commit, commit.generation)


def _path(commit: CommitRows, generation: int) -> Path:
    return commit.folder / f"{PREFIX}{generation}.bin"


def _stamp(commit: CommitRows, sequence: int) -> dict[str, Any]:
    """The commit and index that a saved file belongs to."""
    return {"sequence": sequence, "commit": commit.commit_digest(sequence), "identity": str(commit.setting("identity"))}
