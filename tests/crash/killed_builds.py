"""Kills `ingest build` (-9) at random moments and looks at what it left, and at what the next build makes of that.

    python killed_builds.py --kills 50 [--embeddings none]

After every kill the index must open and `verify` must pass; after the next whole build it must hold the same
documents, pages, chunks and vectors, and find the same, as one that was never interrupted. Prints one line of JSON.
"""
# ruff: noqa: T201, S311

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from mistral_rag.errors import IndexNotFoundError, MistralRagError
from mistral_rag.index import IndexReader, verify
from mistral_rag.retrievers import HybridRetriever

DATA = Path(__file__).parents[2] / "data"
PATHS = (DATA / "handbook", DATA / "2022 Q3 AAPL.pdf")
QUESTIONS = ("How long is parental leave?", "What were total net sales in the third quarter of 2022?")


def build(index: Path, embeddings: str) -> subprocess.Popen[bytes]:
    """Start a build of the sample documents."""
    paths = [str(path) for path in PATHS]
    command = [sys.executable, "-m", "ingest", "build", *paths, "--index", str(index), "--embeddings", embeddings]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def content(index: Path) -> Any:
    """The content and search results of an index, without the numbers that depend on the order of its commits."""
    with IndexReader.open(index) as reader, reader.view() as view:
        rows, vectors = view.vectors()
        by_row = dict(zip(rows.tolist(), (vector.tobytes() for vector in vectors), strict=True))
        chunks = view.chunks(range(1, view.last_row + 1))
        held = {stored.chunk.id: (stored.chunk, stored.page, by_row.get(stored.row)) for stored in chunks}
        sources = {source.uri: source for source in view.sources()}
    retriever = HybridRetriever.from_index(index)
    return held, sources, [[hit.chunk.id for hit in retriever.search(question)] for question in QUESTIONS]


def problems_of(index: Path) -> list[str]:
    """Remains that a killed build must not leave."""
    try:
        return [str(problem) for problem in verify(index)]
    except IndexNotFoundError:
        return []  # it had not got as far as an index
    except MistralRagError as error:
        return [f"{type(error).__name__}: {error}"]


def main() -> int:
    """Kill builds; the exit code says whether all went well."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--embeddings", default="none")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    choice = random.Random(chosen.seed)
    problems: list[str] = []
    partial = 0
    with tempfile.TemporaryDirectory() as folder:
        started = time.monotonic()
        build(Path(folder) / "whole", chosen.embeddings).wait()
        longest, wanted = time.monotonic() - started, content(Path(folder) / "whole")
        kills = 0
        while kills < chosen.kills:
            index = Path(folder) / f"killed-{kills}"
            for _ in range(min(choice.randint(1, 3), chosen.kills - kills)):
                running = build(index, chosen.embeddings)
                time.sleep(choice.uniform(0.1, longest))
                running.kill()
                partial += running.wait() != 0
                kills += 1
                problems += problems_of(index)
            if build(index, chosen.embeddings).wait():
                problems.append(f"the build after kill {kills} failed")
            elif content(index) != wanted:
                problems.append(f"the index after kill {kills} is another one")
    print(json.dumps({"kills": kills, "before_the_end": partial, "problems": problems}))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
