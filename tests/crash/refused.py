"""A writer whose disk refuses one call, and says how it ended.

    python refused.py FOLDER CALL AT ERROR [still] [compact]

Prints a line of JSON: the step before, the error, the step after it, and what the same writer says afterwards.
"""
# ruff: noqa: T201

import errno
import json
import sys
from pathlib import Path

import shim  # type: ignore[import-not-found]
import workload  # type: ignore[import-not-found]

from mistral_rag.errors import MistralRagError
from mistral_rag.index import Identity, IndexReader, IndexWriter


def main() -> None:
    """Commit once, then again while the disk refuses."""
    shim.start_again_with_it()
    name, call, at, error, *more = sys.argv[1:]
    compact = "compact" in more
    folder = Path(name)
    armed = shim.Shim()
    armed.arm(folder, call="write", at=0, mode="fail")  # from now on it knows the open files
    with IndexWriter.open(folder, identity=Identity("test", workload.DIMENSION)) as writer:
        _put(writer, 1)
        before = writer.commit()
        armed.arm(folder, call=call, at=int(at), mode="fail", error=getattr(errno, error), still="still" in more)
        said = [_said(writer, compact=compact) for _ in range(2)]
        armed.disarm()
        said.append(_said(writer))
    with IndexReader.open(folder) as reader:
        after = reader.sequence
    with IndexWriter.open(folder) as writer:
        _put(writer, 3)
        later = writer.commit()
    print(json.dumps({"before": before, "said": said, "after": after, "later": later}))


def _put(writer: IndexWriter, version: int) -> None:
    source, pages, chunks, vectors = workload.document(workload.Operation("a.txt", 2, version))
    writer.put(source, pages, chunks, vectors)


def _said(writer: IndexWriter, *, compact: bool = False) -> str:
    try:
        _put(writer, 2)
        writer.compact() if compact else writer.commit()
    except MistralRagError as error:
        return f"{type(error).__name__}: {str(error).replace(str(writer.folder), 'index')}"
    return "committed"


if __name__ == "__main__":
    main()
