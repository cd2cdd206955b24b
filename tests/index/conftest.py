"""A small index to write and read: documents of one page and one chunk, with vectors of four dimensions."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mistral_rag.index import Identity, IndexWriter
from mistral_rag.schema import Block, Box, Chunk, Locator, Page, Source, Unit, WordBoxes, text_digest

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
        source = Source(
            uri=f"file:///docs/{name}",
            digest=text_digest("".join(texts)),
            name=name,
            title=facts.pop("title", name),
            media_type="text/plain",
            **facts,
        )
        pages = [_page(number, text) for number, text in enumerate(texts, start=1)]
        chunks = [_chunk(source.uri, number, text) for number, text in enumerate(texts, start=1)]
        vectors = np.array([vector] * len(chunks), dtype=np.float32) if writer.identity else None
        writer.put(source, pages, chunks, vectors, root="file:///docs")
        return source

    return put


def _page(number: int, text: str) -> Page:
    end = len(text)
    return Page(
        locator=Locator(kind="page", number=number, label=f"F-{number}"),
        text=text,
        width=612,
        height=792,
        words=WordBoxes.pack([(0, text.index(" ") if " " in text else end, 0.1, 0.1, 0.2, 0.15)]),
        blocks=(Block(kind="text", start=0, end=end, box=Box(left=0.1, top=0.1, right=0.9, bottom=0.2)),),
        units=(Unit(start=0, end=end),),
        confidence=0.5,
    )


def _chunk(uri: str, number: int, text: str) -> Chunk:
    return Chunk(
        id=Chunk.make_id(uri, text, number),
        uri=uri,
        page=number,
        first_unit=0,
        last_unit=0,
        start=0,
        end=len(text),
        text=text,
        headings=("Part I", f"Item {number}"),
    )
