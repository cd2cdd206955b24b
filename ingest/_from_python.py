"""The way to build an index from Python, in one call."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from langchain_core.embeddings import Embeddings
from langchain_core.vectorstores import VectorStore

from ingest._pipeline import Build
from ingest._reading.ocr import When, With
from ingest.sources._places import LookSettings, Named
from mistral_rag.ocr import PageReader


def build(
    sources: Named | Iterable[Named],
    index: str | Path,
    *,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    rules: str | Path | None = None,
    allow_private: bool = False,
    storage_options: Mapping[str, Any] | None = None,
    sink: VectorStore | None = None,
    embeddings: str | Embeddings = "auto",
    prune: bool = False,
    rebuild: bool = False,
    workers: int | None = None,
    ocr: When = "auto",
    ocr_with: With | PageReader = "auto",
    groups: Sequence[str] | None = None,
    max_cost: float | None = None,
    retry_failed: bool = False,
    batch: bool = False,
    passwords: Sequence[str] = (),
) -> Build:
    """A build of an index, to be worked off by `for` or `async for`; then read its `report`.

    Nothing runs before the first step, and leaving the loop ends the work with what is done. It starts its children as
    programs of their own, so a script needs no `if __name__ == "__main__"`.

    Args:
        sources: one or several of: files and folders, URLs, folders of stores (`"s3://…"`), LangChain `Document`s, and
            document loaders. Documents with the same `source` in their metadata are the pages of one document; its
            other fields can be filtered by, `title` and `status` among them.
        index: the index folder.
        include: patterns as in .gitignore; only files that match are looked at.
        exclude: patterns of files and folders that are not looked at.
        rules: a TOML file of rules that give metadata and groups by path.
        allow_private: URLs may lead to addresses inside the network.
        storage_options: what the fsspec class of a store takes, such as keys and endpoints.
        sink: a LangChain vector store that gets the passages, too, with ids and metadata, and loses those that are
            gone. It sees what this build changes.
        embeddings: see `Build`, as for all others.
        prune: see `Build`.
        rebuild: see `Build`.
        workers: see `Build`.
        ocr: see `Build`.
        ocr_with: see `Build`.
        groups: see `Build`.
        max_cost: see `Build`.
        retry_failed: see `Build`.
        batch: see `Build`.
        passwords: see `Build`.

    Raises:
        SourceNotFoundError: a path does not exist or may not be read.
        ConfigurationError: a URL, a pattern or the file of rules is not what it should be.
    """
    look = LookSettings(
        include=include,
        exclude=exclude,
        rules=rules,
        allow_private=allow_private,
        storage_options=storage_options,
    )
    return Build(
        sources,
        index,
        look=look,
        sink=sink,
        embeddings=embeddings,
        prune=prune,
        rebuild=rebuild,
        workers=workers,
        ocr=ocr,
        ocr_with=ocr_with,
        groups=groups,
        max_cost=max_cost,
        retry_failed=retry_failed,
        batch=batch,
        passwords=passwords,
    )
