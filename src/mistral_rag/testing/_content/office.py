"""Text of office files, a page for each slide or sheet: the fake does not recognise pictures of text."""

import html
import io
import json
import re
import zipfile
from collections.abc import Sequence

PAGE_FILES = (
    re.compile(r"word/document\.xml"),
    re.compile(r"ppt/slides/slide\d+\.xml"),
    re.compile(r"xl/worksheets/sheet\d+\.xml"),
    re.compile(r"content\.xml"),
    re.compile(r".*\.x?html"),
)
END_OF_BLOCK = re.compile(r"</(?:w:p|a:p|text:p|text:h|p|h[1-6]|row|li)>")
TAG = re.compile(r"<[^>]*>")
SHARED = re.compile(r"<si\b.*?</si>", re.DOTALL)
SHARED_CELL = re.compile(r'<c\b[^>]*\bt="s"[^>]*>\s*<v>(\d+)</v>')
RTF_CONTROL = re.compile(r"\\[a-z]+-?\d* ?|[{}]")


def office_pages(content: bytes, *, is_text: bool) -> Sequence[str] | None:
    """The text of each page; None for a file that is no office file, unless `is_text`."""
    if content.startswith(b"PK"):
        return _zipped(content)
    if content.startswith(b"{\\rtf"):
        return [RTF_CONTROL.sub("", content.decode("latin-1")).strip()]
    return [_notebook(content.decode("utf-8", "replace"))] if is_text else None


def has_pictures(content: bytes) -> bool:
    """True for a DOCX with pictures, which the platform takes only with `include_image_base64` or without images."""
    if not content.startswith(b"PK"):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return any(name.startswith("word/media/") for name in archive.namelist())
    except zipfile.BadZipFile:
        return False


def _zipped(content: bytes) -> Sequence[str] | None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
            pattern = next((one for one in PAGE_FILES if any(map(one.fullmatch, names))), None)
            if pattern is None:
                return None
            shared = archive.read("xl/sharedStrings.xml").decode() if "xl/sharedStrings.xml" in names else ""
            # shorter names first: slide2 before slide10
            members = sorted(filter(pattern.fullmatch, names), key=lambda name: (len(name), name))
            texts = [archive.read(member).decode() for member in members]
    except (zipfile.BadZipFile, UnicodeDecodeError):
        return None
    strings = SHARED.findall(shared)
    return [_words(SHARED_CELL.sub(lambda cell: strings[int(cell[1])] + " ", text)) for text in texts]


def _words(markup: str) -> str:
    lines = END_OF_BLOCK.sub("\n\n", markup).split("\n\n")
    plain = (" ".join(html.unescape(TAG.sub(" ", line)).split()) for line in lines)
    return "\n\n".join(filter(None, plain))


def _notebook(text: str) -> str:
    try:
        cells = json.loads(text)["cells"]
        return "\n\n".join("".join(cell["source"]) for cell in cells)
    except (ValueError, KeyError, TypeError):
        return text.strip()
