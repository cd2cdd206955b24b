"""RTF cut into tokens, and its tables of fonts, styles and code pages."""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

TokenKind = Literal["open", "close", "word", "byte", "text", "ignorable"]

_TOKEN: Final = re.compile(
    rb"(?P<open>\{)|(?P<close>\})|\\(?P<ignorable>\*)"
    rb"|\\'(?P<byte>[0-9a-fA-F]{2})"
    rb"|\\(?P<word>[a-zA-Z]{1,32})(?P<number>-?\d{1,10})?[ ]?"
    rb"|\\(?P<sign>[^a-zA-Z'*])"
    rb"|[\r\n]+"
    rb"|(?P<text>[^\\{}\r\n]+)",
    re.DOTALL,
)
SIGNS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "tab": "\t",
        "line": "\n",
        "lbr": "\n",
        "emdash": "—",
        "endash": "–",
        "bullet": "•",
        "lquote": "‘",
        "rquote": "’",
        "ldblquote": "“",
        "rdblquote": "”",
        "emspace": " ",
        "enspace": " ",
        "qmspace": " ",
        "~": " ",
        "_": "-",
        "-": "",
        "{": "{",
        "}": "}",
        "\\": "\\",
        ":": "",
        "|": "",
    }
)
"""Words and signs that stand for text."""
_CHARSETS: Final[Mapping[int, str]] = MappingProxyType(
    {
        0: "cp1252",
        77: "mac_roman",
        128: "cp932",
        129: "cp949",
        130: "johab",
        134: "cp936",
        136: "cp950",
        161: "cp1253",
        162: "cp1254",
        163: "cp1258",
        177: "cp1255",
        178: "cp1256",
        186: "cp1257",
        204: "cp1251",
        222: "cp874",
        238: "cp1250",
        254: "cp437",
    }
)
_PAGES: Final = frozenset(
    (437, 850, 852, 855, 857, 860, 861, 862, 863, 864, 865, 866, 869, 874, 932, 936, 949, 950, *range(1250, 1259))
)


class RtfToken(NamedTuple):
    """A token: the name of a word with its number, a byte of text in the font's code page, or text."""

    kind: TokenKind
    name: str = ""
    number: int | None = None
    data: bytes = b""


def tokens(data: bytes) -> Iterator[RtfToken]:
    """The tokens of a file; binary data and the word before it are left out."""
    at = 0
    while found := _TOKEN.match(data, at):
        at = found.end()
        kind = found.lastgroup
        if kind in ("open", "close", "ignorable"):
            yield RtfToken(kind)  # type: ignore[arg-type]
        elif found["word"] is not None:
            number = None if found["number"] is None else int(found["number"])
            name = found["word"].decode("ascii")
            if name == "bin":
                at += max(0, number or 0)
            else:
                yield RtfToken("word", name, number)
        elif kind == "byte":
            yield RtfToken("byte", data=bytes([int(found["byte"], 16)]))
        elif kind == "sign":
            sign = found["sign"].decode("latin-1")
            # a backslash before a line's end is a paragraph
            yield RtfToken("word", "par" if sign in "\r\n" else sign)
        elif kind == "text":
            yield RtfToken("text", data=found["text"])


def code_page(charset: int) -> str | None:
    """The code page of a font's charset; None for that of the file."""
    return _CHARSETS.get(charset)


def code_page_of_file(number: int | None) -> str:
    """The code page that a file says it is in."""
    return f"cp{number}" if number in _PAGES else "cp1252"
