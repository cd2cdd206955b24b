"""The caches beside the database: each follows its commits, and may be deleted at any time."""

from mistral_rag.index._folder.layout import remove_caches
from mistral_rag.index._lexical import cache as lexical_cache
from mistral_rag.index._view import View


def refresh(view: View) -> None:
    """Bring the files up to the commit that `view` shows, and remove those of other generations."""
    lexical_cache.refresh(view)
    if view.vector_count() > view.dense_settings.exact_rows:
        from mistral_rag.index._dense import cache as dense_cache

        dense_cache.refresh(view)
    remove_caches(view.folder, but=view.generation)


def write(view: View, generation: int) -> None:
    """Write the files of a new generation, which hold nothing of what was removed."""
    lexical_cache.write(view, generation)
    if view.vector_count() > view.dense_settings.exact_rows:
        from mistral_rag.index._dense import cache as dense_cache

        dense_cache.write(view, generation)
