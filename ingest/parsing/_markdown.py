"""The parser for Markdown (CommonMark with tables): its readable text as pages, without the marks."""

import re
from collections.abc import Sequence
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token
from pydantic import JsonValue

from ingest.parsing._html.reader import HtmlReader
from ingest.parsing._outline import Outline
from ingest.parsing._result import Parsed
from mistral_rag.text import read_text

MAX_NESTING = 60
"""Lists in lists, quotes in quotes: what is deeper is made to exhaust the parser's stack."""
FRONT_MATTER = re.compile(r"\ufeff?---[ \t]*\n(.{0,10000}?)\n(?:---|\.\.\.)[ \t]*(?:\n|$)", re.DOTALL)
SETTING = re.compile(r"([A-Za-z][\w-]{0,40}):[ \t]+(\S.*)")
TAG = re.compile(r"<[^>]*>")


def parse(path: Path) -> Parsed:
    """The file's sections as pages; `metadata` holds the plain settings of its front matter."""
    text = read_text(path).replace("\r\n", "\n").replace("\r", "\n")
    metadata: dict[str, JsonValue] = {}
    if front := FRONT_MATTER.match(text):
        metadata = {key: value.strip().strip("\"'") for key, value in SETTING.findall(front[1])}
        text = text[front.end() :]
    outline = Outline()
    _Reader(outline).read(MarkdownIt("commonmark", {"maxNesting": MAX_NESTING}).enable("table").parse(text))
    title = str(metadata.pop("title", "")) or outline.title or path.stem
    return Parsed(title, metadata, outline.pages())


class _Reader:
    """Walks markdown-it's tokens and fills an outline."""

    def __init__(self, outline: Outline) -> None:
        self._outline = outline
        self._lists: list[int | None] = []
        self._marker = ""
        self._heading = 0
        self._row: list[str] | None = None
        self._rows: list[list[str]] = []

    def read(self, tokens: Sequence[Token]) -> None:
        for token in tokens:
            step = getattr(self, f"_{token.type}", None)
            if step is not None:
                step(token)

    def _inline(self, token: Token) -> None:
        text = readable(token.children or ())
        if self._row is not None:
            self._row.append(text)
        elif self._heading:
            self._outline.heading(self._heading, text)
        elif self._lists:
            self._outline.block("list", self._marker + text)
            self._marker = ""
        else:
            self._outline.block("text", text)

    def _heading_open(self, token: Token) -> None:
        self._heading = int(token.tag[1])

    def _heading_close(self, token: Token) -> None:
        self._heading = 0

    def _fence(self, token: Token) -> None:
        self._outline.block("code", token.content.strip("\n"))

    _code_block = _fence

    def _html_block(self, token: Token) -> None:
        HtmlReader(self._outline).read(token.content)

    def _bullet_list_open(self, token: Token) -> None:
        self._lists.append(None)

    def _ordered_list_open(self, token: Token) -> None:
        self._lists.append(int(token.attrGet("start") or 1))

    def _bullet_list_close(self, token: Token) -> None:
        self._lists.pop()

    _ordered_list_close = _bullet_list_close

    def _list_item_open(self, token: Token) -> None:
        number = self._lists[-1]
        if number is not None:
            self._marker = f"{number}. "
            self._lists[-1] = number + 1

    def _list_item_close(self, token: Token) -> None:
        self._marker = ""

    def _table_open(self, token: Token) -> None:
        self._rows = []

    def _tr_open(self, token: Token) -> None:
        self._row = []

    def _tr_close(self, token: Token) -> None:
        if self._row is not None:
            self._rows.append(self._row)
        self._row = None

    def _table_close(self, token: Token) -> None:
        self._outline.table(self._rows[:1], self._rows[1:])


def readable(tokens: Sequence[Token]) -> str:
    """The text of inline tokens as a reader sees it."""
    texts: list[str] = []
    for token in tokens:
        if token.type == "softbreak":
            texts.append(" ")
        elif token.type == "hardbreak" or (token.type == "html_inline" and token.content.lower().startswith("<br")):
            texts.append("\n")
        elif token.type == "image":
            texts.append(readable(token.children or ()))
        elif token.type in {"text", "code_inline", "text_special"}:
            texts.append(token.content)
    return "".join(texts)
