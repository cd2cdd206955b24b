"""Uploaded files on disk: a folder each, under names that hold nothing but a name."""

import json
import os
import re
import shutil
import time
import unicodedata
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkstemp
from typing import Any, Final
from urllib.parse import unquote_to_bytes, urlsplit

from pydantic import JsonValue

from mistral_rag.schema import Source, clean_text

MAX_UPLOAD: Final = 200 << 20
"""Bytes of a file: a scanned book has some ten million."""
MIN_FREE: Final = 1 << 30
"""Bytes that stay free on the disk: a full one stops the index, too."""
MAX_COMING: Final = 86_400
"""Seconds that an upload may take to come; what is older was left by a server that was killed."""
MAX_NAME: Final = 120
"""Bytes of a name; file systems take 255."""
_UNSAFE: Final = re.compile(r'[<>:"|?*\\/]')
_RESERVED: Final = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)
"""Names that are devices on Windows."""
_RULES: Final = "rules.toml"
_COMING: Final = ".coming-"


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file in the upload folder, and the rules with its metadata and groups beside its folder."""

    path: Path
    rules: Path


class UploadFolder:
    """The folder of uploaded files: `<folder>/<random>/<name>`, and beside it `<random>-rules.toml`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def room_for(self, size: int) -> bool:
        """True when the disk holds so many bytes more, and some."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return shutil.disk_usage(self.folder).free > size + MIN_FREE

    def add(self, name: str, content: Path, stated: Mapping[str, JsonValue], groups: tuple[str, ...]) -> UploadedFile:
        """Take a file in; `content` is moved away."""
        own = self.folder / uuid.uuid4().hex[:16]
        own.mkdir(mode=0o700, parents=True)
        found = UploadedFile(own / safe_name(name), own.with_name(f"{own.name}-{_RULES}"))
        _write(found.rules, rules_of(stated, groups).encode())
        content.replace(found.path)
        return found

    def find(self, source: Source) -> UploadedFile | None:
        """The uploaded file that a document was read from; None for documents from elsewhere."""
        parts = urlsplit(source.uri)
        if parts.scheme != "file" or source.member is not None:
            return None
        path = Path(os.fsdecode(unquote_to_bytes(parts.path)))
        if path.parent.parent != self.folder:
            return None
        return UploadedFile(path, path.parent.with_name(f"{path.parent.name}-{_RULES}"))

    def replace(self, found: UploadedFile, content: Path) -> None:
        """Put new content into the place of a file; `content` is moved away."""
        content.replace(found.path)

    def delete(self, found: UploadedFile) -> None:
        """Delete a file with its folder and rules."""
        found.rules.unlink(missing_ok=True)
        shutil.rmtree(found.path.parent, ignore_errors=True)

    def temporary(self) -> tuple[int, Path]:
        """A descriptor and a path for content that comes; on the disk of the folder, so that it can be moved."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._forget_what_never_came()
        descriptor, name = mkstemp(dir=self.folder, prefix=_COMING)
        return descriptor, Path(name)

    def _forget_what_never_came(self) -> None:
        oldest = time.time() - MAX_COMING
        for path in self.folder.glob(f"{_COMING}*"):
            with suppress(FileNotFoundError):  # another server was first, or the upload has just ended
                if path.stat().st_mtime < oldest:
                    path.unlink()


def safe_name(name: str) -> str:
    """The last part of a name as a file may be called on any system; what steers text or paths is left out."""
    last = re.split(r"[\\/]", clean_text(unicodedata.normalize("NFC", name)))[-1]
    plain = _UNSAFE.sub("_", seen_name(last)).strip(". ")
    if not plain:
        return "document"
    if _RESERVED.match(plain):
        plain = f"_{plain}"
    stem, dot, suffix = plain.rpartition(".")
    if not dot or len(suffix.encode()) > 16:
        return _cut(plain, MAX_NAME)
    return f"{_cut(stem, MAX_NAME - len(suffix.encode()) - 1)}.{suffix}"


def seen_name(name: str) -> str:
    """A name without letters that are not seen, among them those that turn what follows (exe.txt shown as txt.exe)."""
    blank = "".join(" " if sign in "\t\n\r" else sign for sign in name)
    return " ".join("".join(sign for sign in blank if unicodedata.category(sign)[0] != "C").split())


def _cut(text: str, size: int) -> str:
    return text.encode()[:size].decode(errors="ignore").strip() or "document"


def rules_of(stated: Mapping[str, JsonValue], groups: tuple[str, ...]) -> str:
    """The file of rules that gives a document its metadata and groups, as `ingest build --rules` reads it."""
    lines = ["[[rules]]", 'path = "*"', f"metadata = {_toml(stated)}"]
    return "\n".join([*lines, f"groups = {_toml(list(groups))}"] if groups else lines) + "\n"


def _toml(value: Any) -> str:
    """A plain value in TOML; a text is written as JSON writes it, without the controls that TOML has no names for."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_toml(str(key))} = {_toml(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(clean_text(value) if isinstance(value, str) else value, ensure_ascii=False)


def _write(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "wb") as file:  # noqa: PTH123 (a descriptor)
        file.write(data)
