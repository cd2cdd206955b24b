"""The caches beside the database: each follows its commits, and may be deleted at any time."""

from mistral_rag.index._commit_rows import CommitRows
from mistral_rag.index._folder.layout import remove_caches
from mistral_rag.index._lexical import cache as lexical_cache


def refresh(commit: CommitRows) -> None:
    """Bring the files up to a commit, and remove those of other generations."""
    lexical_cache.refresh(commit)
    if commit.vector_count() > commit.dense_settings.exact_rows:
        from mistral_rag.index._dense import cache as dense_cache

        dense_cache.refresh(commit)
    remove_caches(commit.folder, but=commit.generation)


def write(commit: CommitRows, generation: int) -> None:
    """Write the files of a new generation, which hold nothing of what was removed."""
    lexical_cache.write(commit, generation)
    if commit.vector_count() > commit.dense_settings.exact_rows:
        from mistral_rag.index._dense import cache as dense_cache

        dense_cache.write(commit, generation)
