"""Small indexes for tests: documents made of plain texts, without files, parsers or models."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mistral_rag.schema import Block, Box, Chunk, Locator, Page, Source, Unit, WordBoxes, text_digest

if TYPE_CHECKING:
    import os

    from langchain_core.embeddings import Embeddings

Document = tuple[Source, list[Page], list[Chunk]]
PageTexts = str | Sequence[str]
"""The text of a page, or its passages: a chunk and a unit each, a line each."""


def small_document(
    name: str,
    pages: Iterable[PageTexts],
    *,
    root: str = "file:///docs",
    title: str | None = None,
    media_type: str = "text/plain",
    language: str = "",
    groups: tuple[str, ...] = (),
    metadata: Mapping[str, Any] | None = None,
    layout: bool = False,
) -> Document:
    """A source, its pages and its chunks, as `IndexWriter.put` takes them.

    Args:
        name: of the source; its uri is below `root`.
        pages: for each page its text, which is one chunk, or its passages, which are a chunk each.
        root: uri of the folder it is found in.
        title: by default the name.
        media_type: of the source.
        language: of the source.
        groups: that may read it.
        metadata: of the source.
        layout: True gives each page a size, a block and the box of its first word.
    """
    passages = [[page] if isinstance(page, str) else list(page) for page in pages]
    uri = f"{root}/{name.replace(' ', '%20')}"
    source = Source(
        uri=uri,
        digest=text_digest("".join(text for page in passages for text in page)),
        name=name,
        title=name if title is None else title,
        media_type=media_type,
        language=language,
        groups=groups,
        metadata=dict(metadata or {}),
    )
    return (
        source,
        [_page(number, texts, layout=layout) for number, texts in enumerate(passages, start=1)],
        list(_chunks(uri, passages)),
    )


def small_index(
    path: str | os.PathLike[str],
    documents: Mapping[str, Sequence[PageTexts]] | Iterable[Document],
    *,
    embeddings: Embeddings | None = None,
) -> Path:
    """An index of these documents in the new folder `path`.

    Args:
        path: the folder.
        documents: pages by the name of their document, or what `small_document` gives.
        embeddings: make the chunks' vectors; without them the index is for word search only.
    """
    import numpy as np

    from mistral_rag.index import Identity, IndexWriter

    if isinstance(documents, Mapping):
        documents = [small_document(name, pages) for name, pages in documents.items()]
    with IndexWriter.open(path) as writer:
        for source, pages, chunks in documents:
            vectors = None
            if embeddings is not None and chunks:
                vectors = np.array(embeddings.embed_documents([chunk.text for chunk in chunks]), dtype=np.float32)
                name = str(getattr(embeddings, "model", type(embeddings).__name__))
                writer.set_identity(Identity(name, vectors.shape[1]))
            writer.put(source, pages, chunks, vectors)
        if writer.identity is None:
            writer.set_identity(Identity("", 0))
        writer.commit()
    return Path(path)


def _spans(texts: Sequence[str]) -> list[tuple[int, int]]:
    """Start and end of each passage on its page."""
    spans, at = [], 0
    for text in texts:
        spans.append((at, at + len(text)))
        at += len(text) + 1
    return spans


def _page(number: int, texts: Sequence[str], *, layout: bool) -> Page:
    text = "\n".join(texts)
    units = tuple(Unit(start=start, end=end) for start, end in _spans(texts) if end > start)
    locator = Locator(kind="page", number=number)
    if not layout:
        return Page(locator=locator, text=text, units=units)
    first_word = len(text.split(" ", 1)[0])
    return Page(
        locator=locator,
        text=text,
        width=612,
        height=792,
        words=WordBoxes.pack([(0, first_word, 0.1, 0.1, 0.2, 0.15)]),
        blocks=(Block(kind="text", start=0, end=len(text), box=Box(left=0.1, top=0.1, right=0.9, bottom=0.2)),),
        units=units,
    )


def _chunks(uri: str, passages: Sequence[Sequence[str]]) -> Iterator[Chunk]:
    seen: Counter[str] = Counter()
    for number, texts in enumerate(passages, start=1):
        for unit, (text, (start, end)) in enumerate(zip(texts, _spans(texts), strict=True)):
            yield Chunk(
                id=Chunk.make_id(uri, text, seen[text]),
                uri=uri,
                page=number,
                first_unit=unit,
                last_unit=unit,
                start=start,
                end=end,
                text=text,
            )
            seen[text] += 1
