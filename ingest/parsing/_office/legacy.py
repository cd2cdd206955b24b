"""Binary files of Office 97 to 2003, and binary workbooks (xlsb), converted by a LibreOffice that is there.

It runs as a child of the parsing worker with a profile folder of its own, which goes when it ends, without its macros,
without links that are brought up to date, and with proxies that lead nowhere in its environment.
"""

import os
import shutil
import struct
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

import olefile
import psutil

from ingest.parsing._office.protection import PROTECTED
from ingest.parsing._result import Parsed
from mistral_rag.errors import ParseError
from mistral_rag.text import readable_name

PROGRAMS: Final = ("soffice", "libreoffice")
SECONDS: Final = 50.0
"""Time of a conversion, less than the 60 s that a worker has for a small file. A usual one takes two to five."""
MAX_MEMORY: Final = 4 << 30
"""Bytes of address space of a conversion; LibreOffice takes one and a half for an empty file."""
MAX_WRITTEN: Final = 1 << 29
"""Bytes of a file that a conversion may write."""

_LIMITED: Final = """
import ctypes, os, resource, sys
memory, written, seconds = map(int, sys.argv[1:4])
for what, limit in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_FSIZE, written), (resource.RLIMIT_CPU, seconds)):
    resource.setrlimit(what, (limit, limit))
if sys.platform == "linux":
    ctypes.CDLL(None).unshare(0x10000000 | 0x40000000)
os.execvp(sys.argv[4], sys.argv[4:])
"""
"""The program that limits itself and becomes LibreOffice; on Linux in a network of its own (CLONE_NEWUSER,
CLONE_NEWNET) where the system lets anybody have one."""
_TARGETS: Final[Mapping[str, str]] = MappingProxyType({"WordDocument": "docx", "Workbook": "xlsx", "Book": "xlsx"})
_STREAMS: Final[Mapping[str, str]] = MappingProxyType({**_TARGETS, "PowerPoint Document": "pptx"})


class _Conversion(NamedTuple):
    """The suffix and the filter that LibreOffice reads a file by, and the format to make of it."""

    suffix: str
    read_by: str
    kind: str


_OLD_FILES: Final[Mapping[str, _Conversion]] = MappingProxyType(
    {
        "docx": _Conversion("doc", "MS Word 97", "docx"),
        "xlsx": _Conversion("xls", "MS Excel 97", "xlsx"),
        "pptx": _Conversion("ppt", "MS PowerPoint 97", "pptx"),
    }
)
_WORD_95: Final = _Conversion("doc", "MS WinWord 6.0", "docx")
_WORD_95_START: Final = b"\xdc\xa5"
"""First bytes of the text of Word 6 and 95; later ones begin with 0xA5EC (MS-DOC, 2.5.2). LibreOffice has two
filters for them, and the one says of the other's files that they are damaged."""
_BINARY_WORKBOOK: Final = _Conversion("xlsb", "Calc MS Excel 2007 Binary", "xlsx")
_LOOKED_AT: Final = 64 << 20
"""Bytes of a file in which the names of its streams are looked for."""
_PROFILE: Final = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting">
<prop oor:name="MacroSecurityLevel" oor:op="fuse"><value>3</value></prop>
<prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value></prop>
<prop oor:name="BlockUntrustedRefererLinks" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Writer/Content/Update">
<prop oor:name="Link" oor:op="fuse"><value>0</value></prop></item>
<item oor:path="/org.openoffice.Office.Calc/Content/Update">
<prop oor:name="Link" oor:op="fuse"><value>1</value></prop></item>
</oor:items>
"""
"""Macros off; links of texts never brought up to date (0), those of sheets neither (1: never)."""


def parse(path: Path) -> Parsed:
    """The pages of a file of Office 97 to 2003, read from what LibreOffice makes of it.

    Raises:
        ParseError: there is no LibreOffice, the file has a password, or can't be converted.
    """
    kind = _kind(path)
    return _read(path, _WORD_95 if kind == _WORD_95.kind and _is_word_95(path) else _OLD_FILES[kind])


def _is_word_95(path: Path) -> bool:
    try:
        with olefile.OleFileIO(path) as file, file.openstream("WordDocument") as stream:
            return bool(stream.read(len(_WORD_95_START)) == _WORD_95_START)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, struct.error):
        # what can't be opened is left to LibreOffice to tell
        return False


def parse_binary_workbook(path: Path) -> Parsed:
    """The pages of a binary workbook (xlsb), read as those of `parse`."""
    return _read(path, _BINARY_WORKBOOK)


def _read(path: Path, conversion: _Conversion) -> Parsed:
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        raise ParseError(
            f"is a binary Office file; install LibreOffice to have it read, or save it as {conversion.kind}"
        )
    from ingest.parsing._office.reader import parse as parse_package

    with tempfile.TemporaryDirectory(prefix="mistral-rag-office-") as folder:
        made = _converted(program, path, Path(folder), conversion)
        parsed = parse_package(made)
    own = readable_name(made.stem)
    return replace(parsed, title=readable_name(path.stem) if parsed.title == own else parsed.title)


def _kind(path: Path) -> str:
    """The format to convert to, by the names of the file's streams."""
    with path.open("rb") as file:
        # names of streams have no case (MS-CFB, 2.6.4), and letters are all that this changes
        data = file.read(_LOOKED_AT).upper()
    if _utf16("EncryptedPackage") in data:
        raise ParseError(PROTECTED)
    kind = next((kind for name, kind in _STREAMS.items() if _utf16(name) in data), None)
    if kind is None:
        raise ParseError("is a compound file, and no Word, Excel or PowerPoint file")
    return kind


def _converted(program: str, path: Path, folder: Path, conversion: _Conversion) -> Path:
    kind = conversion.kind
    source = folder / f"document.{conversion.suffix}"
    shutil.copyfile(path, source)
    user = folder / "profile" / "user"
    user.mkdir(parents=True)
    (user / "registrymodifications.xcu").write_text(_PROFILE, "utf-8")
    command = [
        *(program, "--headless", "--norestore", "--nologo", "--nolockcheck", "--nodefault"),
        f"-env:UserInstallation={(folder / 'profile').as_uri()}",
        # told, and not guessed: what is no such file would be read as text
        f"--infilter={conversion.read_by}",
        *("--convert-to", kind, "--outdir", str(folder / "made"), str(source)),
    ]
    limits = (str(number) for number in (MAX_MEMORY, MAX_WRITTEN, int(SECONDS)))
    wrapped = [sys.executable, "-I", "-c", _LIMITED, *limits, *command] if sys.platform != "win32" else command
    # in the group of the worker, whose end ends it, too
    with subprocess.Popen(  # noqa: S603  (no shell, and the file is named by us)
        wrapped,
        cwd=folder,
        env=_environment(folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            process.wait(SECONDS)
        except subprocess.TimeoutExpired as error:
            raise ParseError(f"takes LibreOffice more than {SECONDS:.0f} s; save it as {kind}") from error
        finally:
            _end(process.pid)
    made = folder / "made" / f"document.{kind}"
    if not made.is_file():
        raise ParseError(f"can't be converted by LibreOffice: damaged, or protected by a password; save it as {kind}")
    return made


def _environment(folder: Path) -> dict[str, str]:
    nowhere = dict.fromkeys(("http_proxy", "https_proxy", "ftp_proxy"), "http://127.0.0.1:9")
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "SYSTEMROOT") if name in os.environ}
    return {**kept, **nowhere, "HOME": str(folder), "TMPDIR": str(folder), "TMP": str(folder), "TEMP": str(folder)}


def _end(pid: int) -> None:
    """End a conversion with all that it has started."""
    try:
        started = psutil.Process(pid)
        for process in [*started.children(recursive=True), started]:
            process.kill()
    except psutil.NoSuchProcess:
        return


def _utf16(name: str) -> bytes:
    return name.upper().encode("utf-16-le") + b"\0\0"
