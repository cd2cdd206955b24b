"""The caches beside the database: each follows its commits, and may be deleted at any time."""

from mistral_rag.store import lexical
from mistral_rag.store.layout import remove_caches
from mistral_rag.store.vector_rows import EXACT_ROWS
from mistral_rag.store.view import View


def refresh(view: View) -> None:
    """Bring the files up to the commit that `view` shows, and remove those of other generations."""
    lexical.refresh(view)
    if view.vector_count() > EXACT_ROWS:
        from mistral_rag.store import dense

        dense.refresh(view)
    remove_caches(view.folder, but=view.generation)


def write(view: View, generation: int) -> None:
    """Write the files of a new generation, which hold nothing of what was removed."""
    lexical.write(view, generation)
    if view.vector_count() > EXACT_ROWS:
        from mistral_rag.store import dense

        dense.write(view, generation)
