"""Streaming parser for evidence markers in a model's reply.

However the reply is split into chunks, the events are the same (with texts joined). Text that may be the start of a
marker is held back until it is one or can't be.

Repetitions are bounded, so that a hostile reply has no more than some hundred characters held back.

What is removed never makes a marker of what stood around it: see `MarkerGuard`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_GAP = r"\s{0,3}"
_ITEM = r"E?\d{1,4}[a-z]?(?:-\w{1,12})?"
_BETWEEN = rf"(?:{_GAP}[,;]{_GAP}|\s{{1,3}})"
_ITEMS = rf"{_GAP}{_ITEM}(?:{_BETWEEN}{_ITEM}){{0,20}}{_GAP}"
_NAMED = (
    r"(?:sources?|documents?|docs?|evidence|citations?|references?|refs?|quellen?|fuentes?|fonti|fonte|bronn?en?|s|d)"
    r"\s?[#:.]?\s?\d{1,4}"
)
_MISSING = (
    r"(?-i:NOT?[ _-]?(?:FOUND|ANSWER|EVIDENCE|SOURCES?|DATA|CITATION)|NONE|UNKNOWN|N/?A|MISSING"
    r"|SOURCES?|CITATIONS?|CITATION[ _-]NEEDED|EVIDENCE|MARKER|REF|REFERENCE)"
)
"""Words in the place of a marker, in capitals only: "[unknown]" and "[emphasis added]" are text, "[REDACTED]" also."""
_FOREIGN = rf"\[\^\d{{1,4}}\]|\[{_NAMED}\]|【\d{{1,4}}[^】\n]{{0,40}}】|\[{_MISSING}\]"
"""Ways in which models cite that were not asked for: [^1], [Source 1], 【1†title】, [NOTFOUND]."""
_PENDING = re.compile(
    r"""\s{0,8}(?: \[\^\d{0,4} | \[[a-z]{1,10}(?:\s?[#:.]?\s?\d{0,4})? | \[(?-i:[A-Z/ _-]{1,20})
             | 【(?:\d{1,4}[^】\n]{0,40})?
             | \[\s{0,3}(?:E?(?:\d[\w\s,;-]{0,600})?)?     # a bracket that may become a marker
             | [(【]\s{0,3}(?:E(?:\d[\w\s,;-]{0,600})?)?    # also in other brackets, when the nonce is right
             | E(?:\d{1,4}(?:-\w{0,12})?)?                  # also in none
             )?\Z""",
    re.VERBOSE | re.IGNORECASE,
)
_IS_FOREIGN = re.compile(_FOREIGN, re.IGNORECASE)
_SHOWN = re.compile(rf"\[{_ITEMS}\]", re.IGNORECASE)
_OPEN = re.compile(r"\[[\w\s,;-]{0,600}\Z")


class MarkerGuard:
    """Text that is written piece by piece, in which no marker forms across a piece that was left out.

    "[[9]1]" without its "[9]" would be "[1]"; it is written "[1］".
    """

    def __init__(self) -> None:
        self._open = ""

    def text(self, piece: str) -> str:
        """The next piece of text, as it may be written."""
        written = self._open + piece
        for found in _SHOWN.finditer(written):
            written = f"{written[: found.end() - 1]}］{written[found.end() :]}"
        piece = written[len(self._open) :]
        opened = _OPEN.search(written)
        self._open = opened[0] if opened else ""
        return piece

    def interrupt(self) -> None:
        """Note that something else was written, so that what comes next does not continue the text."""
        self._open = ""


@dataclass(frozen=True, slots=True)
class MarkerEvent:
    """A marker of evidence line `number`; 0 says that the evidence does not answer the question."""

    number: int


@dataclass(frozen=True, slots=True)
class UnknownMarker:
    """A marker that was taken out, as it points at no line of evidence: its text, without the nonce."""

    text: str


DraftEvent = str | MarkerEvent | UnknownMarker


class MarkerParser:
    """Parses chunks of a reply into texts, `MarkerEvent`s and `UnknownMarker`s.

    Unknown are markers without the nonce, and those of lines that don't exist.
    """

    def __init__(self, nonce: str, lines: int) -> None:
        self._lines = lines
        self._suffix = f"-{nonce}"
        self._pending = ""
        self._guard = MarkerGuard()
        one = rf"E\d{{1,4}}-{re.escape(nonce)}"
        many = rf"{_GAP}{one}(?:{_BETWEEN}{one}){{0,20}}{_GAP}"
        self._valid = re.compile(rf"E(\d{{1,4}})-{re.escape(nonce)}", re.IGNORECASE)
        start = "|".join(re.escape(nonce[:length]) for length in range(1, len(nonce) + 1))
        self._cut_off = re.compile(
            rf"(?P<blank>\s{{0,8}})(?P<marker>\[{_GAP}E?\d[\w\s,;-]*|[(【]?{_GAP}E\d{{1,4}}-(?:{start}))\Z",
            re.IGNORECASE,
        )
        self._marker = re.compile(
            rf"(?P<blank>\s{{0,8}})(?P<marker>\[{_ITEMS}\]|\({many}\)|【{many}】|{one}|{_FOREIGN})", re.IGNORECASE
        )

    def feed(self, text: str) -> list[DraftEvent]:
        """Parse the next chunk; returns the events that it completes."""
        text = self._pending + text
        pending = _PENDING.search(text)
        cut = pending.start() if pending else len(text)
        self._pending = text[cut:]
        return list(self._events(text[:cut]))

    def close(self) -> list[DraftEvent]:
        """End the reply; returns the events held back. A marker that was cut off is removed."""
        text, self._pending = self._pending, ""
        cut_off = self._cut_off.search(text)
        events = list(self._events(text[: cut_off.start()] if cut_off else text))
        return [*events, *self._marker_events(cut_off["blank"], cut_off["marker"])] if cut_off else events

    def _events(self, text: str) -> Iterator[DraftEvent]:
        at = 0
        for match in self._marker.finditer(text):
            if match.start() > at:
                yield self._guard.text(text[at : match.start()])
            yield from self._marker_events(match["blank"], match["marker"])
            at = match.end()
        if at < len(text):
            yield self._guard.text(text[at:])

    def _marker_events(self, blank: str, marker: str) -> Iterator[DraftEvent]:
        foreign = _IS_FOREIGN.fullmatch(marker) if self._suffix not in marker else None
        items = [marker] if foreign else re.findall(_ITEM, marker, re.IGNORECASE)
        found = [self._event(item) for item in items]
        known = any(isinstance(event, MarkerEvent) for event in found)
        if blank and (known or "\n" in blank):
            yield self._guard.text(blank)
        if known:
            self._guard.interrupt()
        yield from found

    def _event(self, item: str) -> MarkerEvent | UnknownMarker:
        valid = self._valid.fullmatch(item)
        if valid and int(valid[1]) <= self._lines:
            return MarkerEvent(int(valid[1]))
        return UnknownMarker(item.removesuffix(self._suffix))
