"""Digests of what is on pages that have to be read from their pictures: OCR is never paid for twice."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from ingest.parsing._result import PageProblem, Parsed, PicturePage

ASKED_FOR: Final = "OCR of every page was asked for"
MAX_DEPTH: Final = 60
"""Objects within objects, and levels of the page tree: real files have a dozen."""
_SHOWN: Final = ("/Contents", "/Resources", "/MediaBox", "/CropBox", "/Rotate", "/Annots", "/UserUnit")
_CODECS: Final = frozenset({"/DCTDecode", "/JPXDecode", "/CCITTFaxDecode", "/JBIG2Decode"})
_LEFT_OUT: Final = frozenset(
    {
        "/Parent",
        "/P",
        "/StructParents",
        "/StructParent",
        "/Metadata",
        "/PieceInfo",
        "/Length",
        "/Filter",
        "/DecodeParms",
    }
)


def picture_pages(path: Path, media_type: str, parsed: Parsed, *, every: bool) -> tuple[PicturePage, ...]:
    """The pages of a parsed file that OCR is for: those whose text is not enough, or all that have a picture."""
    unread = {problem.page: problem for problem in parsed.unread}
    if every and (media_type == "application/pdf" or media_type.startswith("image/")):
        broken = {problem.page for problem in parsed.problems}
        every_number = [page.locator.number for page in parsed.pages]
        unread = {n: unread.get(n, PageProblem(n, ASKED_FOR)) for n in every_number if n not in broken}
    numbers = [number for number in unread if number is not None]
    if not numbers:
        return ()
    keys = _keys(path, media_type, numbers)
    return tuple(PicturePage(number, unread[number].reason, key) for number, key in zip(numbers, keys, strict=True))


def _keys(path: Path, media_type: str, numbers: list[int]) -> list[str]:
    if media_type == "application/pdf":
        try:
            return list(_page_keys(path, numbers))
        except Exception:  # noqa: BLE001, S110  pypdf raises anything over a broken file; PDFium may read it all the same
            pass
    whole = hashlib.sha256(path.read_bytes())
    return [_with(whole, str(number)) for number in numbers]


def _with(digest: Any, text: str) -> str:
    own = digest.copy()
    own.update(b"\0" + text.encode())
    return str(own.hexdigest())


def _page_keys(path: Path, numbers: list[int]) -> Iterator[str]:
    """Digests of what is shown on pages of a PDF: contents and all they refer to, however the file is laid out."""
    from pypdf import PdfReader

    reader = PdfReader(path, strict=False)
    for number in numbers:
        page = reader.pages[number - 1]
        content = _PageDigest()
        for name in _SHOWN:
            content.add(name, _inherited(page, name), 0)
        yield content.digest.hexdigest()


def _inherited(page: Any, name: str) -> Any:
    """An entry of a page, which may stand in the tree above it."""
    node, steps = page, 0
    while node is not None and steps < MAX_DEPTH:
        if name in node:
            return node[name]
        parent = node.get("/Parent")
        node, steps = parent.get_object() if parent is not None else None, steps + 1
    return None


class _PageDigest:
    """The digest of a page's objects; one that is met again is only named, or rings of them would have no end."""

    def __init__(self) -> None:
        self.digest = hashlib.sha256()
        self._met: dict[int, int] = {}

    def add(self, name: str, value: Any, depth: int) -> None:
        """Take in a value and all it refers to; streams as decoded as they can be without an image codec."""
        if depth > MAX_DEPTH:
            raise ValueError("objects within objects without end")
        value = value.get_object() if hasattr(value, "get_object") else value
        self._note(f"{depth} {name}")
        if isinstance(value, dict | list):
            if id(value) in self._met:
                self._note(f"as {self._met[id(value)]}")
                return
            self._met[id(value)] = len(self._met)
        if isinstance(value, dict):
            if hasattr(value, "get_data"):
                self._note(hashlib.sha256(_data(value)).hexdigest())
            for key in sorted(value.keys() - _LEFT_OUT):
                self.add(key, dict.__getitem__(value, key), depth + 1)
        elif isinstance(value, list):
            for item in value:
                self.add("", item, depth + 1)
        else:
            self._note(str(value))

    def _note(self, text: str) -> None:
        data = text.encode(errors="replace")
        self.digest.update(b"%d:%b" % (len(data), data))


def _data(stream: Any) -> bytes:
    """A stream's data; that of an image as it lies in the file, for its codec is at the end of the chain."""
    filters = stream.get("/Filter")
    coded = str(filters[-1] if isinstance(filters, list) and filters else filters)
    return bytes(stream._data if coded in _CODECS else stream.get_data())
