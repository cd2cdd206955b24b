"""Pages of documents that come and go, as one array."""

from collections.abc import Iterable

import numpy as np

from mistral_rag.retrieval._signals import Pages


class PageSet:
    """Pages of documents; adding and removing cost nothing until the array is asked for."""

    def __init__(self) -> None:
        self._pages: Pages = np.empty((0, 2), dtype=np.int64)
        self._added: dict[int, tuple[int, ...]] = {}
        self._removed: set[int] = set()

    def add(self, document: int, pages: Iterable[int]) -> None:
        """Add pages (numbers from 1) of a document that has none here."""
        self._added[document] = tuple(pages)

    def remove(self, document: int) -> None:
        """Remove all pages of a document."""
        if self._added.pop(document, None) is None:
            self._removed.add(document)

    def array(self) -> Pages:
        """All pages, n x 2: document and page."""
        if self._removed:
            gone = np.fromiter(self._removed, dtype=np.int64)
            self._pages = self._pages[~np.isin(self._pages[:, 0], gone)]
            self._removed = set()
        if self._added:
            added = [(document, page) for document, pages in self._added.items() for page in pages]
            self._pages = np.concatenate([self._pages, np.array(added, dtype=np.int64).reshape(-1, 2)])
            self._added = {}
        return self._pages
