"""A build as people wait for it: first answer by words, all words, memory, stages that overlap, a second run.

    python -m benchmarks.ingest [FOLDER OR PDF …] [--pages 1000] [--latency 50]

Each build runs in a process of its own, which says when the first document could be found, when all words could, and
how much memory it took at most; its parsing children are not counted in that. Seconds of the clock depend on what else
the machine does, so CPU seconds (children included) stand beside them.

1. Words: about 100 pages, then about `--pages`, without vectors.
2. Overlap: the same pages with a stand-in for the platform that answers after `--latency` ms, against its stages alone:
   parsing (a build without vectors) and embedding (a build of what is parsed already).
3. The same again: nothing has changed. And 2,000 small files, to see files a second.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from mistral_rag.testing import FakeMistral
from mistral_rag.testing._server import faults

CHECKOUT = Path(__file__).parents[1]
CORPUS = CHECKOUT.parent / "shared" / "data" / "financebench" / "pdfs"
SMALL_FILES = 2000


def one_build(paths: Sequence[Path], index: Path, embeddings: str) -> dict[str, Any]:
    """Build in this process, and say what it took."""
    from ingest import Build, FileReport, VectorsAdded

    started = time.monotonic()
    first = words = 0.0
    work = Build(paths, index, embeddings=embeddings, ocr="never")
    for progress in work:
        now = time.monotonic() - started
        if isinstance(progress.event, FileReport) and progress.event.status == "added":
            first = first or now
            words = now
        elif isinstance(progress.event, VectorsAdded) and progress.read_bytes == progress.total_bytes:
            words = min(words or now, now)
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return {
        "files": len(work.report.files),
        "pages": work.report.pages,
        "chunks": work.report.chunks,
        "embedded": work.report.embedded,
        "first": round(first, 2),
        "words": round(words, 2),
        "seconds": round(work.report.seconds, 2),
        "cpu": round(sum(one.ru_utime + one.ru_stime for one in usage), 2),
        "parent_cpu": round(usage[0].ru_utime + usage[0].ru_stime, 2),
        "parent_mb": usage[0].ru_maxrss // 1024,
    }


def build(paths: Sequence[Path], index: Path, embeddings: str = "none", **environment: str) -> dict[str, Any]:
    """`one_build` in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.ingest", "--one", embeddings, "--index", str(index), *map(str, paths)]
    # where a process was started from a large one, Linux counts that one's memory as the highest of the new one
    command = [sys.executable, "-c", f"import subprocess; raise SystemExit(subprocess.call({command!r}))"]
    done = subprocess.run(
        command, env={**os.environ, **environment}, cwd=CHECKOUT, check=True, stdout=subprocess.PIPE, text=True
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def chosen(paths: Sequence[Path], pages: int) -> Iterator[Path]:
    """Files of about so many pages."""
    count = 0
    for file in sorted(file for path in paths for file in (path.rglob("*.pdf") if path.is_dir() else [path])):
        if count >= pages:
            return
        try:
            count += len(PdfReader(file).pages)
        except PyPdfError:
            continue
        yield file


def overlapped(files: Sequence[Path], folder: Path, latency: float, parsing: float) -> None:
    """A whole build against its slowest stage."""
    with FakeMistral() as fake:
        fake.faults.add(faults.slow(latency / 1000), times=1 << 30)
        platform = {"MISTRAL_API_KEY": fake.key, "MISTRAL_BASE_URL": fake.base_url}
        whole = build(files, folder / "whole", "mistral-embed", **platform)
        from mistral_rag.index import IndexWriter

        with IndexWriter.open(folder / "whole") as writer:
            writer.purge()
        embedding = embedding_alone(folder / "whole", platform)
        say(f"whole build, platform at {int(latency)} ms", whole)
        slowest = max(parsing, embedding)
        print(f"  stages alone: parsing {parsing:.1f} s, embedding {embedding:.1f} s")
        print(f"  whole build against its slowest stage: {whole['seconds'] / slowest:.2f}")
        again = build(files, folder / "whole", "mistral-embed", **platform)
        before = len(fake.requests)
        again = build(files, folder / "whole", "mistral-embed", **platform)
        print(f"  second run: {again['seconds']:.2f} s, {len(fake.requests) - before} calls")


def embedding_alone(index: Path, platform: dict[str, str]) -> float:
    """Seconds that the texts of an index take to be embedded, in one call and nothing else."""
    from mistral_rag import MistralEmbeddings
    from mistral_rag.index import UnrestrictedReader, embed_text

    with UnrestrictedReader.open(index) as reader, reader.view(lasting=True) as view:
        stored = view.chunks(view.row_sources()[:, 0].tolist(), layouts=True)
        texts = [embed_text(one.chunk, one.source, one.whole_page) for one in stored]
    model = MistralEmbeddings(api_key=platform["MISTRAL_API_KEY"], base_url=platform["MISTRAL_BASE_URL"])
    started = time.monotonic()
    for _ in model.embed_batches(texts):
        pass
    return time.monotonic() - started


def unchanged(folder: Path) -> None:
    """Files a second of a run that finds nothing new."""
    notes = folder / "notes"
    notes.mkdir()
    for number in range(SMALL_FILES):
        (notes / f"{number}.txt").write_text(f"Shelf {number} holds {number} boxes.")
    build([notes], folder / "small")
    time.sleep(2.5)  # until then time stamps might not show an edit, and files are hashed
    build([notes], folder / "small")
    again = build([notes], folder / "small")
    say(f"unchanged run, {SMALL_FILES} files", again)
    rate = SMALL_FILES / again["seconds"]
    print(f"  {rate:.0f} files a second, {SMALL_FILES / again['cpu']:.0f} a CPU second with the start of Python")


def say(name: str, found: dict[str, Any]) -> None:
    """Print one build."""
    print(f"{name}: " + ", ".join(f"{key} {value}" for key, value in found.items()), flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("paths", nargs="*", type=Path, default=[CORPUS if CORPUS.is_dir() else CHECKOUT / "data"])
    parser.add_argument("--pages", type=int, default=1000)
    parser.add_argument("--latency", type=float, default=50.0)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--index", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.one:
        print(json.dumps(one_build(options.paths, options.index, options.one)))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        say("words, few pages", build(list(chosen(options.paths, 100)), folder / "few"))
        files = list(chosen(options.paths, options.pages))
        many = build(files, folder / "many")
        say("words, many pages", many)
        overlapped(files, folder, options.latency, many["seconds"])
        unchanged(folder)


if __name__ == "__main__":
    main()
