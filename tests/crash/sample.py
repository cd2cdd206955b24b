"""A small index with something in every table, and everything that can be asked of it."""

import shutil
import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import workload  # type: ignore[import-not-found]
from langchain_core.embeddings import Embeddings

from ingest._profiles import learn_missing
from mistral_rag.index import DenseSettings, Identity, IndexReader, IndexWriter, UnrestrictedReader
from mistral_rag.index._database.format import COLUMNS
from mistral_rag.retrievers import HybridRetriever
from mistral_rag.schema import Page
from mistral_rag.vectorstores import FaissStore

TABLES = (*COLUMNS, "commits", "facts", "groups", "names", "new_names")
STEP = 6

SMALL = DenseSettings(exact_rows=5)
"""So that the few rows here are too many to be searched without sign bits."""


class Known(Embeddings):
    """One vector for each text."""

    model = "test"

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """As `embed_query`."""
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        """Drawn by chance from the text's letters."""
        drawn: list[float] = np.random.default_rng(list(text.encode())).standard_normal(workload.DIMENSION).tolist()
        return drawn


def make(folder: Path) -> None:
    """Make the index: documents, groups, metadata, a failed and a removed one, kept pages, caches; no log."""
    with IndexWriter.open(folder, identity=Identity("test", workload.DIMENSION), dense=SMALL) as writer:
        _fill(writer, range(1, STEP))
        writer.commit()
        writer.refresh_caches()


def make_killed(folder: Path) -> None:
    """The same with its last commits still in the log, as a killed writer leaves it."""
    whole = folder.with_name(f"{folder.name}-whole")
    make(whole)
    with IndexWriter.open(whole, dense=SMALL) as writer:
        _fill(writer, range(STEP, STEP + 3))
        shutil.copytree(whole, folder)
    (folder / "index.db-shm").unlink()


def _fill(writer: IndexWriter, steps: range) -> None:
    source = workload.document(workload.Operation("first.txt", 1, 0))[0]
    for step in steps:
        for operation in workload.operations(step):
            if not operation.pages:
                writer.remove(f"file:///{operation.name}", remember=True)
                continue
            source, pages, chunks, own = workload.document(operation)
            facts = {"year": 2000 + step, "tags": ["a", "b"]}
            source = source.model_copy(update={"metadata": facts, "groups": ("staff",) if step % 2 else ()})
            writer.put(source, pages, chunks, own)
            writer.keep_embeddings("other", [f"{operation}".encode()], np.ones((1, 8)))
            _keep_page(writer, source.digest, pages[0])
        writer.fail(source.model_copy(update={"uri": "file:///broken.pdf", "name": "broken.pdf"}), "can't be read")
        learn_missing(writer)
        writer.commit()


def _keep_page(writer: IndexWriter, file: str, page: Page) -> None:
    writer.keep_page("reader", file.encode()[:32], page, file=file)


def everything(folder: Path) -> dict[str, list[Any]]:
    """All rows of all tables, those that repeat others, too."""
    connection = sqlite3.connect(f"file:{folder / 'index.db'}?mode=ro", uri=True)
    try:
        return {table: sorted(connection.execute(f"SELECT * FROM {table}"), key=repr) for table in TABLES}  # noqa: S608
    finally:
        connection.close()


def answers(folder: Path) -> list[Any]:
    """Results of searches, and of all else that a reader can be asked."""
    retriever = HybridRetriever(index=IndexReader.open(folder, dense=SMALL), embeddings=Known(), groups=["staff"])
    found = [[hit.chunk.id for hit in retriever.search(question)] for question in ("alpha beta", "omega 2003")]
    store = FaissStore(Known(), folder, groups=["staff"], dense=SMALL)
    found += [[str(document.id) for document in store.similarity_search("alpha beta", 5)]]
    store.close()
    with IndexReader.open(folder, groups=["staff"]) as reader, reader.view() as view:
        rows = view.allowed({"year": {"$gte": 2003}})
    with UnrestrictedReader.open(folder) as every, every.view() as view:
        pages = [list(view.pages(source.uri)) for source in view.sources()]
        status = every.status()
    del status["size_bytes"]
    return [found, None if rows is None else rows.tolist(), pages, status]
