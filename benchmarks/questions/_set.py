"""The questions and the documents they are about."""

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

HERE = Path(__file__).parent
CHECKOUT = HERE.parents[1]
HALVES = ("tuning", "held-out")

Half = Literal["tuning", "held-out"]


@dataclass(frozen=True, slots=True)
class Question:
    """A question; `expected` holds the strings one of which has to stand in the answer, empty where there is none."""

    id: str
    half: str
    text: str
    language: str
    kind: str
    value: str
    document: str
    page: int | None = None
    expected: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A file of the set below one of three roots; `origin` says where it comes from."""

    name: str
    root: str
    path: str
    origin: str

    def file(self, roots: Mapping[str, Path]) -> Path:
        """The path of this document on this machine, if it is here."""
        return roots[self.root] / self.path


def questions(half: str) -> list[Question]:
    """The questions of one half, or of both for "all"."""
    return list(_questions(HALVES if half == "all" else (half,)))


def _questions(halves: tuple[str, ...]) -> Iterator[Question]:
    for half in halves:
        for line in (HERE / f"{half}.jsonl").read_text("utf-8").splitlines():
            row: dict[str, Any] = json.loads(line)
            yield Question(
                id=row["id"],
                half=half,
                text=row["question"],
                language=row["language"],
                kind=row["kind"],
                value=row["value"],
                document=row["document"],
                page=row.get("page"),
                expected=tuple(row.get("expected", ())),
                why=row.get("why", ""),
            )


def documents() -> list[Document]:
    """All documents of the set."""
    rows: list[dict[str, str]] = json.loads((HERE / "documents.json").read_text("utf-8"))
    return [_document(row) for row in rows]


def _document(row: Mapping[str, str]) -> Document:
    if row["root"] != "repositories":
        return Document(row["document"], row["root"], row["path"], row["root"])
    folder = row["repository"].replace("/", "+")
    origin = f"{row['repository']}@{row['commit']}:{row['path']}"
    return Document(row["document"], row["root"], f"{folder}/{row['path']}", origin)


def collect(roots: Mapping[str, Path], folder: Path) -> list[Document]:
    """Copy the documents that are here into one folder, by their file names; the absent ones are returned."""
    folder.mkdir(parents=True, exist_ok=True)
    absent = []
    for document in documents():
        source = document.file(roots)
        if not source.is_file():
            absent.append(document)
        elif not (folder / document.name).exists():
            shutil.copy2(source, folder / document.name)
    return absent
