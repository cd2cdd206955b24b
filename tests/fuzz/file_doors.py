"""Doors for files: documents that are parsed in a child process, as a build does, and files of an index folder."""
# ruff: noqa: E501 (tables)

import shutil
import struct
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from rounds import CHECKOUT, Door  # type: ignore[import-not-found]
from text_doors import Lettered, folder, place  # type: ignore[import-not-found]
from values import changed_bytes, changed_json, json_values, texts, written_json  # type: ignore[import-not-found]

from ingest.parsing._result import ParseJob
from ingest.parsing._workers.pool import ParsingWorkers
from mistral_rag.errors import ParseError
from mistral_rag.index import IndexReader, repair, verify
from mistral_rag.retrievers import HybridRetriever

PYTHON_ERRORS = tuple(
    f"{name}: "
    for name in ("KeyError", "IndexError", "RecursionError", "AttributeError", "TypeError", "AssertionError", "ValueError",
                 "ZeroDivisionError", "OverflowError", "UnboundLocalError", "UnicodeEncodeError", "UnicodeDecodeError",
                 "ValidationError", "StopIteration", "NotImplementedError", "MemoryError", "error", "OSError",
                 "NotAnIndexError", "RuntimeError", "LookupError", "UnicodeError", "LookupError", "SystemError")
)  # fmt: skip
"""In the reason of a file that could not be parsed they stand for a mistake of ours."""

BROKEN = ("crash", "signal", "longer than", "more than", "seconds", "memory")
"""In a reason they stand for a child that did not end well: fine for a build, and here something to look at."""


class ParserFailedError(Exception):
    """The parser's child said what a parser should not say."""


@cache
def workers() -> ParsingWorkers:
    """One parsing child for this process."""
    return ParsingWorkers(workers=1)


def _parser(name: str, media_type: str) -> Callable[[bytes], None]:
    def parse(data: bytes) -> None:
        path = place() / name
        path.write_bytes(data)
        job = ParseJob(path, path.as_uri(), media_type)
        for _, outcome in workers().parse([job]):
            if isinstance(outcome, ParseError):
                reason = outcome.reason
                if any(name in reason for name in PYTHON_ERRORS) or any(word in reason for word in BROKEN):
                    raise ParserFailedError(reason)
                raise outcome

    return parse


def _samples(*patterns: str, most: int) -> list[bytes]:
    paths = [path for pattern in patterns for path in sorted(CHECKOUT.glob(pattern))]
    return [data for path in paths if len(data := path.read_bytes()) <= most]


@cache
def _pdfs() -> list[bytes]:
    return [_made_pdf(), *_samples("data/**/*.pdf", "tests/**/*.pdf", most=400_000)]


def _made_pdf() -> bytes:
    """A small PDF without compression, so that changes reach the content."""
    content = b"BT /F1 12 Tf 72 720 Td (Net sales rose by 25 % in 2023.) Tj 0 -14 Td (Costs fell.) Tj ET"
    parts = [
        b"<</Type/Catalog/Pages 2 0 R/Outlines 6 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>/Rotate 0>>",
        b"<</Length " + str(len(content)).encode() + b">>stream\n" + content + b"\nendstream",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
        b"<</Type/Outlines/First 7 0 R/Last 7 0 R/Count 1>>",
        b"<</Title(Part one)/Parent 6 0 R/Dest[3 0 R/Fit]>>",
    ]
    body = bytearray(b"%PDF-1.7\n")
    offsets = []
    for number, part in enumerate(parts, 1):
        offsets.append(len(body))
        body += b"%d 0 obj\n" % number + part + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    trailer = b"trailer<</Size %d/Root 1 0 R/Info<</Title(Report)>>>>" % (len(parts) + 1)
    return bytes(body + b"xref\n0 %d\n0000000000 65535 f \n" % (len(parts) + 1) + table + trailer
                 + b"\nstartxref\n%d\n%%%%EOF\n" % len(body))  # fmt: skip


def _written(kind: str) -> st.SearchStrategy[bytes]:
    """Changed samples of a kind of text, and texts."""
    samples = {
        "md": _samples("data/**/*.md", "docs/*.md", most=60_000),
        "html": _samples("data/**/*.html", "tests/**/*.html", most=200_000),
        "txt": [b"Report\n======\n\nNet sales rose.  5,000  4,000\n\x0cPage two\n", "Größe: 5 €".encode("cp1252")],
    }[kind]
    plain = texts.map(lambda text: text.encode(errors="surrogatepass"))
    coded = st.builds(lambda text, name: text.encode(name, "replace"), texts,
                      st.sampled_from(("utf-16", "utf-16-le", "cp1252", "gb18030", "shift_jis", "utf-32", "iso2022_jp")))  # fmt: skip
    return st.one_of(changed_bytes(samples), changed_bytes(samples), plain, coded)


@cache
def _base() -> Path:
    """The index with its caches made, which is copied for each example."""
    base: Path = folder()
    finder = HybridRetriever.from_index(base, embeddings=Lettered(), groups=["staff"])
    finder.invoke("net sales")
    finder.index.close()
    return base


Change = tuple[str, bytes]


def _changes() -> st.SearchStrategy[Change]:
    """The name of a file of the folder and what it holds now."""
    base = _base()
    names = sorted(path.relative_to(base).as_posix() for path in base.rglob("*") if path.is_file())
    return st.one_of([_change(name, (base / name).read_bytes()) for name in names if name != "LOCK"])


def _change(name: str, data: bytes) -> st.SearchStrategy[Change]:
    kinds = [
        changed_bytes([data]),
        st.binary(max_size=200),
        written_json(json_values(("generation", "rows", "version"))),
    ]
    with suppress(ValueError):
        from json import loads

        kinds += [written_json(changed_json(loads(data)))] * 3
    numbers = st.builds(lambda at, number: _with_number(data, at, number), st.floats(0, 1),
                        st.sampled_from((0, 1, 2**31 - 1, 2**31, 2**32 - 1, 2**62, 2**63, 2**64 - 1)))  # fmt: skip
    return st.tuples(st.just(name), st.one_of(*kinds, numbers))


def _with_number(data: bytes, share: float, number: int) -> bytes:
    at = int(share * max(len(data) - 8, 0)) // 4 * 4
    return data[:at] + struct.pack("<Q", number) + data[at + 8 :]


def _open(change: Change) -> None:
    own = place() / "changed"
    shutil.rmtree(own, ignore_errors=True)
    shutil.copytree(_base(), own)
    name, data = change
    (own / name).write_bytes(data)
    steps: list[Callable[[], Any]] = [
        lambda: verify(own),
        lambda: _search(own),
        lambda: repair(own),
        lambda: verify(own),
        lambda: _search(own),
    ]
    from rounds import is_named

    for step in steps:
        try:
            step()
        except Exception as error:
            if not is_named(error):
                raise


def _search(own: Path) -> None:
    with IndexReader.open(own) as reader:
        finder = HybridRetriever(index=reader, embeddings=Lettered(), groups=("staff",))
        finder.invoke("net sales in 2023")
        reader.status()


DOORS = {
    "pdf": Door(st.deferred(lambda: changed_bytes(_pdfs())), _parser("a.pdf", "application/pdf")),
    "html": Door(st.deferred(lambda: _written("html")), _parser("a.html", "text/html")),
    "markdown": Door(st.deferred(lambda: _written("md")), _parser("a.md", "text/markdown")),
    "text": Door(st.deferred(lambda: _written("txt")), _parser("a.txt", "text/plain")),
    "folder": Door(st.deferred(_changes), _open),
}
