"""A small index to write and read: documents of one page and one chunk, with vectors of four dimensions."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mistral_rag.index import Identity, IndexWriter
from mistral_rag.schema import Locator, Source
from mistral_rag.testing import small_document

Put = Callable[..., Source]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def identity() -> Identity:
    return Identity("test-model", 4)


@pytest.fixture
def writer(folder: Path, identity: Identity) -> Iterator[IndexWriter]:
    with IndexWriter.open(folder, identity=identity) as writer:
        yield writer


@pytest.fixture
def put() -> Put:
    """`put(writer, "a.txt", "one sentence.", "page two.", groups=…, metadata=…)` adds a document of those pages."""

    def put(
        writer: IndexWriter, name: str, *texts: str, vector: Sequence[float] = (1, 0, 0, 0), **facts: Any
    ) -> Source:
        source, pages, chunks = small_document(name, texts, layout=True, **facts)
        pages = [
            page.model_copy(update={"locator": Locator(kind="page", number=n, label=f"F-{n}"), "confidence": 0.5})
            for n, page in enumerate(pages, start=1)
        ]
        chunks = [chunk.model_copy(update={"headings": ("Part I", f"Item {chunk.page}")}) for chunk in chunks]
        vectors = np.array([vector] * len(chunks), dtype=np.float32) if writer.identity else None
        writer.put(source, pages, chunks, vectors, root="file:///docs")
        return source

    return put
