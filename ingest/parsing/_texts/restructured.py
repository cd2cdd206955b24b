"""The parser for reStructuredText: sections by their underlined titles, without the signs of the markup."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from ingest.parsing._result import Parsed, with_doubt
from ingest.parsing._texts.outline import Outline
from mistral_rag.text import read_text, readable_name

_LINE: Final = re.compile(r"([!-/:-@[-`{-~])\1{2,}\s*")
"""A line that marks the one above or below it as a title."""
_DIRECTIVE: Final = re.compile(r"\.\.\s+(?:\|[^|]+\|\s+)?([\w:+.-]+)::\s*(.*)")
_OPTION: Final = re.compile(r"\s+:[\w-]+:(?:\s|$)")
_ITEM: Final = re.compile(r"(?:[-*+•]|(#|\w{1,3})[.)]|\(\w{1,3}\))\s+")
_ROLE: Final = re.compile(r":[\w:+.-]+:`(?:([^`<]*?)\s*<[^`>]*>|([^`]*))`")
_LINK: Final = re.compile(r"`([^`<]*?)\s*<[^`>]*>`__?|`([^`]*)`__?")
_MARKS: Final = re.compile(r"(``|\*\*|\*|`)(?=\S)(.+?)(?<=\S)\1")
_CODE: Final = frozenset(
    {"code", "code-block", "sourcecode", "literalinclude", "parsed-literal", "highlight", "doctest"}
)
_UNREAD: Final = frozenset(
    {"raw", "image", "toctree", "include", "contents", "meta", "index", "only", "default-role", "role"}
)


def parse(path: Path) -> Parsed:
    """The file's sections as pages; its title is its first heading, else its name."""
    source = read_text(path)
    outline = Outline()
    reader = _RestructuredReader(outline)
    lines = source.text.replace("\r\n", "\n").replace("\r", "\n").expandtabs(8).split("\n")
    reader.read(lines)
    return with_doubt(Parsed(outline.title or readable_name(path.stem), {}, outline.pages()), source.doubt)


class _RestructuredReader:
    """Fills an outline; levels of titles are those of their lines, in the order in which they come."""

    def __init__(self, outline: Outline) -> None:
        self._outline = outline
        self._adornments: list[str] = []

    def read(self, lines: Sequence[str]) -> None:
        at = 0
        while at < len(lines):
            if taken := self._title(lines, at):
                at += taken
                continue
            end = at + 1
            if lines[at].strip():
                while end < len(lines) and lines[end].strip() and not self._is_title(lines, end):
                    end += 1
                at = self._block(lines, at, end)
            else:
                at = end

    def _title(self, lines: Sequence[str], at: int) -> int:
        """The number of lines of a title that begins here, once it is in the outline; 0 when none does."""
        over = _LINE.fullmatch(lines[at]) is not None
        first = at + over
        if first + 1 >= len(lines) or not lines[first].strip() or _LINE.fullmatch(lines[first]):
            return 0
        under = _LINE.fullmatch(lines[first + 1])
        text = lines[first].strip()
        if under is None or len(lines[first + 1].rstrip()) < min(len(text), 4) or (not over and lines[first][0] == " "):
            return 0
        if over and lines[at][0] != under[1]:
            return 0
        mark = under[1] * (1 + over)
        if mark not in self._adornments:
            self._adornments.append(mark)
        self._outline.heading(self._adornments.index(mark) + 1, _plain(text))
        return 2 + over

    def _is_title(self, lines: Sequence[str], at: int) -> bool:
        return at + 1 < len(lines) and _LINE.fullmatch(lines[at + 1]) is not None and lines[at][:1] not in (" ", "")

    def _block(self, lines: Sequence[str], at: int, end: int) -> int:
        """Read the paragraph or directive of these lines; gives the line behind it."""
        first = lines[at]
        if first.startswith(".."):
            return self._directive(lines, at)
        literal = lines[end - 1].rstrip().endswith("::")
        text = [*lines[at : end - 1], lines[end - 1].rstrip()[:-1] if literal else lines[end - 1]]
        for kind, words in _paragraphs(text):
            if kind == "list":
                self._outline.block("list", words)
            else:
                self._outline.block("text", words)
        return self._literal(lines, end) if literal else end

    def _directive(self, lines: Sequence[str], at: int) -> int:
        end = at + 1
        while end < len(lines) and (not lines[end].strip() or lines[end][0] == " "):
            end += 1
        found = _DIRECTIVE.match(lines[at])
        name = found[1].lower() if found else ""
        if not name or name in _UNREAD:
            return end  # a comment, a target of links, or something that prints nothing
        body = [line for line in lines[at + 1 : end] if not _OPTION.match(line)]
        if name in _CODE:
            self._outline.block("code", _dedented(body))
        else:
            if found and found[2]:
                self._outline.block("text", _plain(found[2]))
            self.read(_dedented(body).split("\n"))
        return end

    def _literal(self, lines: Sequence[str], at: int) -> int:
        end = at
        while end < len(lines) and (not lines[end].strip() or lines[end][0] == " "):
            end += 1
        self._outline.block("code", _dedented(lines[at:end]))
        return end


def _paragraphs(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    """A block of lines as list items, or as one paragraph; tables keep their lines."""
    if any(_LINE.fullmatch(line.strip()) or line.strip().startswith(("+--", "===")) for line in lines):
        yield "text", "\n".join(line.rstrip() for line in lines)
        return
    items: list[list[str]] = []
    for line in lines:
        if _ITEM.match(line.strip()) or not items:
            items.append([line.strip()])
        else:
            items[-1].append(line.strip())
    for item in items:
        found = _ITEM.match(item[0])
        words = " ".join(item)
        yield (
            ("list", _plain(words if found and found[1] else words[found.end() :]))
            if found
            else ("text", _plain(words))
        )


def _plain(text: str) -> str:
    text = _ROLE.sub(lambda found: found[1] or found[2] or "", text)
    text = _LINK.sub(lambda found: found[1] or found[2] or "", text)
    return _MARKS.sub(r"\2", text).replace("\\", "")


def _dedented(lines: Sequence[str]) -> str:
    indents = [len(line) - len(line.lstrip()) for line in lines if line.strip()]
    least = min(indents, default=0)
    return "\n".join(line[least:].rstrip() for line in lines).strip("\n")
