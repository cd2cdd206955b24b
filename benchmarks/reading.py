"""What readers of PDF make of pages whose truth is known: one table, ours beside others.

    python -m benchmarks.reading [--half tuning | held-out | all] [--only KIND …] [--failures] [--by-kind]
        [--readers ours,pypdf,pymupdf,pymupdf4llm,docling,poppler] [--peers-python PATH] [--ocr]
        [--bad-layers FOLDER]

The pages are those of `benchmarks/reading_set` (made by `python -m benchmarks._reading.make`, and some labelled by
hand). Ours are read as a build reads them, so the units are those that are quoted. The text of the others is cut into
units by our rules; tables of Markdown count as cells. A text without cells is right in a row whose cells are all
filled, where it stands under a row of as many names.

    mix regions     units with words of two regions                                    goal .005
    order           pairs of regions in the right order
    cells           values with the heads of their column and the label of their row   goal .95
    cells, hard     the same where a table has neither rulings nor clear columns
    head scope      rows named by words that are no heads of their table
    hidden          strings nobody sees that can be quoted                             goal 0
    characters      wrong per 1,000 of the printed lines
    by OCR          the same in lines of real pages that tesseract and rapidocr read alike (--ocr)
    scripts         lines of Arabic, Hebrew, Thai, Japanese, … without a fault
    fields          values of forms that follow their labels
    bad layers      pages of FOLDER whose text layer is found to be wrong; `false` of the pages of the set
    pages/s         a CPU second

Peers run in the environment of `--peers-python`; those it does not have are left out:

    pip install pymupdf pymupdf4llm pypdf langchain-community     poppler-utils for pdftotext
    pip install docling                                            asks for models from the network when it runs
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks._reading import readings
from benchmarks._reading.real import can_fill, cut_out, filled
from benchmarks._reading.score import Failure, score
from benchmarks._reading.truth import Document, Half, documents
from benchmarks._reading.witnesses import can_witness, witnessed
from mistral_rag.errors import ParseError
from mistral_rag.local.ocr import LocalOCR

PEERS = ("pypdf", "pymupdf", "pymupdf4llm", "docling")
READERS = ("ours", *PEERS, "poppler")
MEASURES = {
    "mix regions": "mixed", "order": "order", "cells": "cells", "cells, hard": "cells, hard", "head scope": "heads",
    "hidden": "hidden", "characters": "characters", "by OCR": "witnessed",
    "scripts": "scripts", "fields": "fields",
}  # fmt: skip


@dataclass(slots=True)
class Tally:
    """Counts of one reader, of all pages and by kind."""

    all: Counter[str] = field(default_factory=Counter)
    kinds: dict[str, Counter[str]] = field(default_factory=dict)
    failures: list[tuple[str, int, Failure]] = field(default_factory=list)

    def add(self, document: Document, read: readings.FileReading) -> None:
        """Count all pages of a document."""
        self.all["seconds"] += read.seconds  # type: ignore[assignment]
        self.all["read"] += len(read.pages)
        kind = self.kinds.setdefault(document.kind, Counter())
        for page in document.pages:
            reading = read.pages.get(page.number, readings.Reading(""))
            found = score(page, reading, document.kind)
            if reading.doubts and not page.doubtful:
                found.fail("doubted", "no doubt", "; ".join(reading.doubts))
            for counts in (self.all, kind):
                counts.update(found.counts)
                counts["pages"] += 1
                counts["false"] += bool(reading.doubts) and not page.doubtful
            self.failures += ((document.name, page.number, failure) for failure in found.failures)


def read_all(name: str, files: Sequence[Path], python: Path) -> Iterator[readings.FileReading]:
    """Each file as a reader reads it.

    Raises:
        LookupError: the reader is not installed.
    """
    if name == "ours":
        yield from map(_ours, files)
    elif name == "poppler":
        if not shutil.which("pdftotext"):
            raise LookupError("pdftotext is not installed")
        yield from map(readings.poppler, files)
    else:
        yield from _peer(name, files, python)


def _ours(path: Path) -> readings.FileReading:
    try:
        return readings.ours(path)
    except ParseError as error:
        print(f"{path.name}: {error.reason}", file=sys.stderr)
        return readings.FileReading({}, 0.0)


def _peer(name: str, files: Sequence[Path], python: Path) -> Iterator[readings.FileReading]:
    script = Path(readings.__file__).with_name("peers.py")
    names = "".join(f"{path}\n" for path in files)
    run = subprocess.run([python, script, name], input=names, capture_output=True, text=True, check=False)
    if run.returncode:
        raise LookupError(run.stderr.strip().splitlines()[-1])
    answers = [json.loads(line) for line in run.stdout.splitlines()]
    if all(answer["error"] for answer in answers):
        raise LookupError(answers[0]["error"])
    yield from map(readings.of_peer, answers)


def tallied(chosen: Sequence[tuple[Path, Document]], name: str, python: Path) -> Tally:
    """What one reader makes of the documents; the others read PDF alone."""
    tally = Tally()
    if name != "ours":
        chosen = [(path, document) for path, document in chosen if path.suffix == ".pdf"]
    read = read_all(name, [path for path, _ in chosen], python)
    for (_, document), found in zip(chosen, read, strict=True):
        tally.add(document, found)
    return tally


def bad_layers(folder: Path, name: str, python: Path) -> str:
    """How many pages of files with bad text layers are doubted."""
    read = list(read_all(name, sorted(folder.rglob("*.pdf")), python))
    pages = [page for file in read for page in file.pages.values()]
    return f"{sum(bool(page.doubts) for page in pages)}/{len(pages)}"


def shown(counts: Counter[str], measure: str) -> str:
    """One figure of the table, or a dash where nothing was to be counted."""
    of = counts[f"{measure}/all"]
    if not of:
        return "–"
    if measure in ("characters", "witnessed"):
        return f"{1000 * counts[measure] / of:.1f}"
    if measure in ("hidden", "fields"):
        return f"{counts[measure]:.0f}/{of:.0f}"
    return f"{counts[measure] / of:.3f}"


def labelled(half: Half, only: Sequence[str]) -> list[Document]:
    """The documents to read, with the text of all regions."""
    chosen = documents(half, only)
    if can_fill():
        return list(map(filled, chosen))
    print("left out: pages labelled by places: pdftotext is not installed", file=sys.stderr)
    return [document for document in chosen if document.kind != "real-layout"]


def witnessed_all(files: Sequence[tuple[Path, Document]]) -> list[tuple[Path, Document]]:
    """The files with what recognisers read on their pages, for those whose whole text is not known."""
    if not can_witness():
        print("left out: by OCR: needs the extra [local], tesseract and poppler-utils", file=sys.stderr)
        return list(files)
    with LocalOCR() as reader:
        return [(path, witnessed(path, own, reader) if own.shared else own) for path, own in files]


def table(tallies: dict[str, Tally]) -> Iterator[str]:
    """The lines of the table."""
    yield f"{'':14}" + "".join(f"{name:>13}" for name in tallies)
    for label, measure in MEASURES.items():
        yield f"{label:14}" + "".join(f"{shown(tally.all, measure):>13}" for tally in tallies.values())
    rates = (tally.all["read"] / max(tally.all["seconds"], 0.001) for tally in tallies.values())
    yield f"{'pages/s':14}" + "".join(f"{rate:13.0f}" for rate in rates)
    falses = (f"{tally.all['false']}/{tally.all['pages']}" for tally in tallies.values())
    yield f"{'doubted, good':14}" + "".join(f"{false:>13}" for false in falses)


def by_kind(tally: Tally) -> Iterator[str]:
    """The measures of each kind of page."""
    yield f"{'':14}{'pages':>7}" + "".join(f"{label:>13}" for label in MEASURES)
    for kind, counts in sorted(tally.kinds.items()):
        yield f"{kind:14}{counts['pages']:7}" + "".join(f"{shown(counts, own):>13}" for own in MEASURES.values())


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", choices=("tuning", "held-out", "all"), default="tuning")
    parser.add_argument("--only", nargs="+", default=(), help="beginnings of kinds or names of documents")
    parser.add_argument("--readers", default=",".join(READERS))
    parser.add_argument("--failures", action="store_true", help="list what is wrong in ours: page, expected, got")
    parser.add_argument("--measure", nargs="+", default=(), help="of which measures to list failures")
    parser.add_argument("--by-kind", action="store_true")
    parser.add_argument("--peers-python", type=Path, default=Path(sys.executable))
    parser.add_argument("--ocr", action="store_true", help="read the real pages by OCR, too (some seconds a page)")
    parser.add_argument("--bad-layers", type=Path, help="a folder of PDFs whose text layers are wrong")
    options = parser.parse_args(arguments)
    chosen = labelled(options.half, options.only)
    tallies: dict[str, Tally] = {}
    with tempfile.TemporaryDirectory() as folder:
        files = [cut_out(document, Path(folder)) for document in chosen]
        if options.ocr:
            files = witnessed_all(files)
        for name in options.readers.split(","):
            try:
                tallies[name] = tallied(files, name, options.peers_python)
            except LookupError as error:
                print(f"left out: {name}: {error}", file=sys.stderr)
    print(f"{len(chosen)} documents, {sum(len(document.pages) for document in chosen)} pages, {options.half}")
    print("\n".join(table(tallies)))
    for name, tally in tallies.items():
        if options.bad_layers and name == "ours":
            print(f"bad layers found: {bad_layers(options.bad_layers, name, options.peers_python)}")
        if options.by_kind:
            print(f"\n{name}", *by_kind(tally), sep="\n")
        if options.failures:
            for document, number, failure in tally.failures:
                if not options.measure or failure.measure.startswith(tuple(options.measure)):
                    print(f"{name}: {document} p. {number}, {failure.measure}")
                    print(f"    expected {failure.expected!r}\n    got      {failure.got!r}")


if __name__ == "__main__":
    main()
