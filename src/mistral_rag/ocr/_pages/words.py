"""Markdown's inline marks taken off: what is left are the page's words, each with the way back to its source."""

import html
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice, takewhile

from mistral_rag.ocr._pages.latex import plain_math
from mistral_rag.schema import clean_text

MARKS = "a|abbr|b|big|cite|code|del|em|font|i|img|ins|kbd|mark|q|s|small|span|strike|strong|sub|sup|tt|u|col"
BREAKS = (
    "blockquote|br|caption|center|colgroup|dd|div|dl|dt|figcaption|figure|h[1-6]|hr|li|ol|p|pre|table|tbody|td|tfoot|th|"
    "thead|tr|ul"
)
EDGE = rf"</?(?:{BREAKS})(?:\s[^<>]{{0,2000}})?/?>"
"""Tags that end a line, or in a table's cell a word."""
INLINE = re.compile(
    r"""
    (?P<math> \$\$ (?P<display> [^$]{1,4000}? ) \$\$
      | (?<![\\$]) \$ (?P<formula> (?=[^\s$]) (?: \\. | [^$\\\n] ){1,1000}? (?<!\s) ) \$ (?!\d)
      | \\\( (?P<round> .{1,1000}? ) \\\)
      | \\\[ (?P<square> .{1,4000}? ) \\\] )
  | \\ (?P<escaped> [!-/:-@\[-`{-~] )
  | (?P<ticks> `{1,3} ) (?P<code> [^`]{1,2000} ) (?P=ticks)
  | !\[ [^\]\n]{0,500} \] \( (?P<image> [^()\s]{1,500} ) (?: \s+ "[^"\n]*" )? \)
  | (?P<note> \[\^ [^\]\s]{1,50} \] :? )
  | \[ (?P<label> [^\[\]]{1,1000} ) \] \( (?P<target> [^()\s]{0,2000} (?: \( [^()\s]{0,500} \) [^()\s]{0,500} )? )
    (?: \s+ "[^"\n]*" )? \)
  | < (?P<address> https?://[^<>\s]{1,2000} ) >
  | (?P<edge> (?: (?<!\s) \s*+ )? (?: EDGE \s*+ )+ )    # blanks only from the first: each run is read once
  | (?P<tag> </? (?: MARKS ) (?: \s [^<>]{0,2000} )? /? > | <!-- .{0,2000}? --> )
  | (?P<entity> & (?: \#\d{1,7} | \#[xX][0-9a-fA-F]{1,6} | [A-Za-z][A-Za-z0-9]{1,30} ) ; )
  | (?<![\w*]) (?P<stars> \*{1,3} ) (?=[^\s*]) (?P<strong> .{1,1000}? ) (?<=[^\s*\\]) (?P=stars) (?![\w*])
  | (?<![\w_]) (?P<lines> _{1,3} ) (?=[^\s_]) (?P<slanted> .{1,1000}? ) (?<=[^\s_\\]) (?P=lines) (?![\w_])
  | ~~ (?P<struck> [^~\n]{1,1000} ) ~~
  | (?P<newline> [ \t]* \n [ \t]* )
  | (?P<blanks> [ \t]{2,} )
    """.replace("EDGE", EDGE).replace("MARKS", MARKS),
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
SPECIAL = re.compile(r"[\\$`!\[<&*_~\n]|[ \t]{2}")
FORMULA = re.compile(r"[\\^_{}=<>]|^\s*[A-Za-z0-9.,+\-/]{1,12}\s*$")
MAX_DEPTH = 8
"""Marks inside of marks; no printed page has more, and each level reads its text once more."""


@dataclass(slots=True)
class Written:
    """A stretch of a source and the text that it became; `verbatim` when character for character."""

    start: int
    end: int
    at: int
    length: int
    verbatim: bool

    def holds(self, start: int, end: int) -> bool:
        """True when all of a stretch of the source is here, character for character."""
        return self.verbatim and self.start <= start and end <= self.end


class Writer:
    """Collects the text of a page from several sources (the markdown, each table, …), which are known by name."""

    def __init__(self) -> None:
        self.length = 0
        self.images: dict[str, int] = {}
        self._parts: list[str] = []
        self._written: dict[str, list[Written]] = {}
        self._starts: dict[str, list[int]] = {}
        self._joint: str | None = ""
        self._start = 0

    @property
    def text(self) -> str:
        """The text written so far."""
        return "".join(self._parts)

    def begin(self, joint: str) -> None:
        """Begin a block: before its first word comes `joint`, unless it is the first of all."""
        self._joint = joint if self.length else ""

    def end(self) -> tuple[int, int] | None:
        """The range of the block that was begun, without blanks at its ends; None when nothing was written."""
        if self._joint is not None:
            return None
        while self._parts and not (kept := self._parts[-1].rstrip()):
            self.length -= len(self._parts.pop())
        self.length -= len(self._parts[-1]) - len(kept)
        self._parts[-1] = kept
        return self._start, self.length

    def put(self, text: str) -> None:
        """Text that stands in no source."""
        if self._joint is not None:
            text = text.lstrip()
            if not text:
                return
            self._parts.append(self._joint)
            self._start = self.length = self.length + len(self._joint)
            self._joint = None
        self._parts.append(text)
        self.length += len(text)

    def take(self, name: str, source: str, start: int, end: int, text: str | None = None) -> None:
        """The source from `start` to `end`, as it is or as `text`."""
        words = source[start:end] if text is None else text
        if self._joint is not None:
            blanks = len(words) - len(words.lstrip())
            start, words = start + blanks * (text is None), words[blanks:]
        if words:
            self.put(words)
        if words.strip():
            at = self.length - len(words)
            self._written.setdefault(name, []).append(Written(start, end, at, len(words), text is None))
            self._starts.setdefault(name, []).append(start)

    def place(self, name: str, start: int, end: int) -> tuple[int, int] | None:
        """The range in the text of the characters from `start` to `end` of a source; None when they are left out."""
        written = self._written.get(name, [])
        first = max(bisect_right(self._starts.get(name, []), start) - 1, 0)
        if written and written[first].holds(start, end):
            at = written[first].at + start - written[first].start
            return at, at + end - start
        found = [
            _within(piece, start, end)
            for piece in takewhile(lambda piece: piece.start < end, islice(written, first, None))
            if piece.end > start
        ]
        return (found[0][0], found[-1][1]) if found else None

    def inline(self, name: str, source: str, start: int, end: int, *, newline: str = "\n", depth: int = 0) -> None:
        """The words of a stretch of markdown; where it has a line break, `newline`."""
        if not SPECIAL.search(source, start, end):
            self.take(name, source, start, end)
            return
        at = start
        for found in INLINE.finditer(source, start, end) if depth < MAX_DEPTH else ():
            meaning = _meaning(found)
            self.take(name, source, at, found.start())
            at = found.end()
            if not meaning and _stands_alone(source, found.start(), at):
                at += 1
            if isinstance(meaning, str):
                text = newline if meaning == "\n" else meaning
                self.take(name, source, found.start(), at, text)
            else:
                self.take(name, source, found.start(), meaning[0] if found["math"] else found.start())
                deeper = MAX_DEPTH if found["code"] else depth + 1
                self.inline(name, source, *meaning, newline=newline, depth=deeper)
            if found["image"]:
                self.images.setdefault(found["image"], self.length)
        self.take(name, source, at, end)


def _stands_alone(source: str, start: int, end: int) -> bool:
    """True when there are blanks on both sides, of which one goes with what stands between them."""
    return source[end : end + 1] in {" ", "\t"} and (start == 0 or source[start - 1].isspace())


def _within(piece: Written, start: int, end: int) -> tuple[int, int]:
    if not piece.verbatim:
        return piece.at, piece.at + piece.length
    return piece.at + max(start - piece.start, 0), piece.at + min(end, piece.end) - piece.start


Meaning = str | tuple[int, int]
"""The reading of a mark: a text, or the range of the words inside of it."""


def _meaning(found: re.Match[str]) -> Meaning:
    kind = found.lastgroup or ""
    if kind == "math":
        return _formula(found)
    inner = INNER.get(kind)
    return found.span(inner) if inner else MEANINGS[kind](found)


def _formula(found: re.Match[str]) -> Meaning:
    """The formula; between two dollars that mean money, the words."""
    tex = next(found[name] for name in ("display", "formula", "round", "square") if found[name] is not None)
    is_money = found["formula"] is not None and not FORMULA.search(tex)
    return (found.start() + 1, found.end()) if is_money else plain_math(tex)


INNER = {"code": "code", "strong": "strong", "slanted": "slanted", "struck": "struck", "target": "label"}
MEANINGS: Mapping[str, Callable[[re.Match[str]], str]] = {
    "escaped": lambda found: found["escaped"],
    "image": lambda _: "",
    "note": lambda _: "",
    "address": lambda found: found["address"],
    "edge": lambda _: "\n",
    "tag": lambda _: "",
    "entity": lambda found: clean_text(html.unescape(found[0])),
    "newline": lambda _: "\n",
    "blanks": lambda _: " ",
}


def plain_words(source: str, *, newline: str = "\n") -> str:
    """The words of a piece of markdown without blocks."""
    writer = Writer()
    writer.inline("", source, 0, len(source), newline=newline)
    writer.end()
    return writer.text


def lines_of(source: str) -> Iterator[tuple[int, int]]:
    """The range of each line of a text, without its line end."""
    at = 0
    for line in source.split("\n"):
        yield at, at + len(line)
        at += len(line) + 1
