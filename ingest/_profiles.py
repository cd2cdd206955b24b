"""Profiles of documents that came without one, or by rules that changed since."""

from mistral_rag.index import IndexWriter
from mistral_rag.retrieval import is_current, learn


def learn_missing(writer: IndexWriter) -> None:
    """Let signals learn of documents whose profile is missing or out of date: those imported, or of older releases."""
    with writer.view() as view:
        outdated = [uri for uri, profile in view.profiles_by_uri() if not is_current(profile)]
    for uri in outdated:
        with writer.view() as view:
            profile = learn(view.source(uri), list(view.page_texts(uri)))
        writer.set_profile(uri, profile)
