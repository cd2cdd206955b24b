"""Pages a second from PDF to chunks, ours against the usual LangChain way, on the same files in the same run.

Ours gives text with a box for every word, blocks, units and chunks. The other is PyPDFLoader (or, where
langchain-community is not installed, pypdf called as that loader calls it) and RecursiveCharacterTextSplitter,
which give text. Both run in this one process, a file at a time in turns. At last the files go through the parsing
children of `ingest build`, one a core; the processor time is that of the children, their start included.

    pip install langchain-text-splitters langchain-community
    python -m benchmarks.parsing [FOLDER OR PDF …]
"""

import argparse
import os
import random
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from itertools import islice
from pathlib import Path

from langchain_core.documents import Document
from pypdf import PdfReader
from pypdf.errors import DependencyError, PyPdfError

from ingest.chunking import cut
from ingest.parsing._pdf import parse
from ingest.parsing._result import ParsedFile, ParseJob
from ingest.parsing._workers.pool import ParsingWorkers

CHECKOUT = Path(__file__).parents[1]
CORPUS = CHECKOUT.parent / "shared" / "data" / "financebench" / "pdfs"
FILES = 6
"""How many files of a folder are read: pypdf takes about a quarter of a second a page."""


@dataclass(slots=True)
class Tally:
    """Pages, chunks, CPU and wall seconds of one way."""

    pages: int = 0
    chunks: int = 0
    cpu: float = 0.0
    wall: float = 0.0

    def time(self, work: Callable[[Path], tuple[int, int]], path: Path) -> None:
        """Do `work` on one file and count it."""
        cpu, wall = cpu_seconds(), time.perf_counter()
        pages, chunks = work(path)
        self.cpu += cpu_seconds() - cpu
        self.wall += time.perf_counter() - wall
        self.pages += pages
        self.chunks += chunks


def cpu_seconds() -> float:
    """Processor time of this process and of the children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def ours(path: Path) -> tuple[int, int]:
    """Pages with word boxes, units and chunks."""
    parsed = parse(path)
    pages, chunks = cut(parsed.pages, uri=path.absolute().as_uri(), title=parsed.title)
    return len(pages), len(chunks)


def in_children(files: Sequence[Path]) -> tuple[int, int]:
    """All files through the pool that a build uses."""
    jobs = [ParseJob(file.absolute(), file.absolute().as_uri(), "application/pdf") for file in files]
    with closing(ParsingWorkers()) as workers:
        results = [result for _, result in workers.parse(jobs) if isinstance(result, ParsedFile)]
    return sum(len(result.pages) for result in results), sum(len(result.chunks) for result in results)


def usual(path: Path) -> tuple[int, int]:
    """Load and split as the tutorials do."""
    documents = load(path)
    splitters = import_module("langchain_text_splitters")
    splitter = splitters.RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=150)
    return len(documents), len(splitter.split_documents(documents))


def load(path: Path) -> list[Document]:
    """One Document a page, by PyPDFLoader where there is one."""
    if find_spec("langchain_community"):
        return list(import_module("langchain_community.document_loaders").PyPDFLoader(str(path)).lazy_load())
    pages = enumerate(PdfReader(path).pages)
    return [Document(page.extract_text(), metadata={"page": number}) for number, page in pages]


def usual_name() -> str:
    """The reader that `usual` uses in this environment."""
    loader = "PyPDFLoader" if find_spec("langchain_community") else "pypdf, called as PyPDFLoader calls it,"
    return f"{loader} and RecursiveCharacterTextSplitter (pypdf {version('pypdf')})"


def chosen(paths: Sequence[Path]) -> list[Path]:
    """The PDFs named; of folders the same few each time."""
    files = [path for path in paths if path.is_file()]
    inside = sorted(file for path in paths if path.is_dir() for file in path.rglob("*.pdf"))
    random.Random(0).shuffle(inside)  # noqa: S311 - a sample, not a secret
    return files + list(islice(filter(both_can_read, inside), FILES))


def both_can_read(path: Path) -> bool:
    """True when pypdf reads text on the first page: some ciphers need another package."""
    try:
        PdfReader(path).pages[0].extract_text()
    except (PyPdfError, DependencyError):
        return False
    return True


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("paths", nargs="*", type=Path, default=[CORPUS if CORPUS.is_dir() else CHECKOUT / "data"])
    files = chosen(parser.parse_args(arguments).paths)
    mine, theirs = Tally(), Tally()
    for file in files:
        mine.time(ours, file)
        theirs.time(usual, file)
        print(f"  {file.name}: {mine.pages} pages so far, {mine.cpu:.1f} s against {theirs.cpu:.1f} s", flush=True)
    for name, tally in (("mistral-rag, with word boxes", mine), (usual_name(), theirs)):
        print(f"{name}: {tally.pages} pages, {tally.chunks} chunks, {tally.pages / tally.cpu:.1f} pages a CPU second")
    children = Tally()
    children.time(lambda _: in_children(files), CHECKOUT)
    print(
        f"ingest build's parsing, {os.cpu_count()} children: {children.pages / children.wall:.1f} pages a second, "
        f"{children.pages / children.cpu:.1f} a CPU second"
    )
    cpu = (mine.pages / mine.cpu) / (theirs.pages / theirs.cpu)
    wall = (mine.pages / mine.wall) / (theirs.pages / theirs.wall)
    both = (children.pages / children.wall) / (theirs.pages / theirs.wall)
    print(f"ratio: {cpu:.1f} by CPU time and {wall:.1f} by the clock in one process, {both:.1f} with the children")


if __name__ == "__main__":
    main()
