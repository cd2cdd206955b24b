"""The draft of an answer: a model's reply, chunk by chunk, as text with numbered markers."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from mistral_rag.grounding._drafting.links import LinkFilter
from mistral_rag.grounding._drafting.markers import MarkerEvent, MarkerGuard, MarkerParser
from mistral_rag.schema import without_surrogates
from mistral_rag.text import SENTENCE_LOOKAHEAD, sentences

Withhold = Callable[[str, tuple[int, ...]], str | None]
"""A check of a statement with the evidence lines it cites: the reason to withhold it, or None."""
LOOK_AGAIN = 8
"""A sentence is looked for again when an eighth more of the reply is there: a reply is read nine times at most."""


@dataclass(frozen=True, slots=True)
class ShownMarker:
    """A marker in the answer's text, by offsets, and the evidence line it cites."""

    start: int
    end: int
    line: int


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence of the answer: its offsets (markers around it excluded), its text without markers, and its markers."""

    start: int
    end: int
    plain: str
    markers: tuple[ShownMarker, ...]


class Draft:
    """Turns the chunks of a reply into the answer's text; the result does not depend on how the reply is split.

    `numbers` maps evidence lines to the numbers shown, in order of appearance. `declined` says that the reply cited
    line 0. `withheld` are the sentences that were left out, with the reason. A reply without a word has no text:
    markers before the first letter or digit wait for it. `links` takes out the links that stand in no document.
    """

    def __init__(
        self, nonce: str, lines: int, *, withhold: Withhold | None = None, links: LinkFilter | None = None
    ) -> None:
        self.numbers: dict[int, int] = {}
        self.markers: list[ShownMarker] = []
        self.declined = False
        self.withheld: list[tuple[str, str]] = []
        self._pieces: list[str] = []
        self._length = 0
        self._leading: list[str | MarkerEvent] | None = []
        self._parser = MarkerParser(nonce, lines)
        self.links = links or LinkFilter()
        self._guard = MarkerGuard()
        self._withhold = withhold
        self._events: list[str | MarkerEvent] = []
        self._unread = 0
        self._next_look = 0
        self._blank = ""

    @property
    def text(self) -> str:
        """The answer's text so far."""
        return "".join(self._pieces)

    @property
    def forged(self) -> list[str]:
        """Markers that were removed because they cite no evidence."""
        return self._parser.forged

    def feed(self, text: str) -> str:
        """Take the next chunk of the reply; returns the text that it adds to the answer."""
        return self._take([*self.links.events(self._parser.feed(without_surrogates(text)))], last=False)

    def close(self) -> str:
        """End the reply; returns the rest of the answer's text."""
        return self._take([*self.links.events(self._parser.close()), self.links.close()], last=True)

    def statements(self) -> list[Statement]:
        """The sentences of the text; a marker behind a full stop belongs to the sentence before it."""
        return statements(self.text, self.markers)

    def _take(self, events: list[str | MarkerEvent], *, last: bool) -> str:
        if self._withhold is None:
            return "".join(map(self._write, events))
        self._events += events
        self._unread += sum(len(event) for event in events if isinstance(event, str))
        if not last and self._unread < self._next_look:
            return ""
        *complete, self._events = _by_sentence(self._events, last=last)
        self._unread = sum(len(event) for event in self._events if isinstance(event, str))
        self._next_look = self._unread + self._unread // LOOK_AGAIN + 1
        return "".join(self._write(event) for sentence in complete for event in self._unless_withheld(sentence))

    def _unless_withheld(self, sentence: list[str | MarkerEvent]) -> list[str | MarkerEvent]:
        plain = "".join(event for event in sentence if isinstance(event, str)).strip()
        lines = tuple(event.number for event in sentence if isinstance(event, MarkerEvent))
        if not plain or self._withhold is None or (reason := self._withhold(plain, lines)) is None:
            return sentence
        self.withheld.append((plain, reason))
        return []

    def _write(self, event: str | MarkerEvent) -> str:
        if self._leading is None:
            return self._write_text(event) if isinstance(event, str) else self._write_marker(event.number)
        self.declined = self.declined or event == MarkerEvent(0)
        self._leading.append(event)
        if not isinstance(event, str) or not any(map(str.isalnum, event)):
            return ""
        leading, self._leading = self._leading, None
        return "".join(map(self._write, leading))

    def _write_text(self, text: str) -> str:
        text = self._blank + self._guard.text(text) if self._length else self._guard.text(text).lstrip()
        shown = text.rstrip()
        self._blank = text[len(shown) :]
        return self._show(shown)

    def _show(self, shown: str) -> str:
        self._pieces.append(shown)
        self._length += len(shown)
        return shown

    def _write_marker(self, line: int) -> str:
        if line == 0:
            self.declined = True
            return ""
        if self._just_shown(line):
            return ""
        shown = f"{self._blank}[{self.numbers.setdefault(line, len(self.numbers) + 1)}]"
        start = self._length + len(self._blank)
        self._blank = ""
        self._guard.interrupt()
        self._show(shown)
        self.markers.append(ShownMarker(start, self._length, line))
        return shown

    def _just_shown(self, line: int) -> bool:
        end = self._length
        for marker in reversed(self.markers):
            if marker.end != end:
                return False
            if marker.line == line:
                return True
            end = marker.start
        return False


def statements(text: str, markers: Sequence[ShownMarker]) -> list[Statement]:
    """Sentences of an answer's text, each with its markers; markers at its end lie outside its offsets."""
    plain, offsets = _without(text, markers)
    spans = list(sentences(plain, paragraphs=True))
    markers_of: list[list[ShownMarker]] = [[] for _ in spans]
    starts = [start for start, _ in spans]
    for marker, position in offsets if spans else ():
        markers_of[max(bisect_left(starts, position) - 1, 0)].append(marker)
    restored = _Restored(offsets)
    return [
        Statement(
            *_trimmed(text, restored.offset(start), restored.offset(end - 1) + 1, own),
            plain[start:end],
            tuple(own),
        )
        for (start, end), own in zip(spans, markers_of, strict=True)
    ]


def clauses(text: str, statement: Statement) -> list[tuple[int, int]]:
    """Offsets of the text that each marker of a statement backs: from the markers before it to the marker."""
    backed: list[tuple[int, int]] = []
    start = statement.start
    for marker in statement.markers:
        clause = text[start : marker.start]
        if any(char.isalnum() for char in clause):
            skipped = len(clause) - len(clause.lstrip(" ,;:.\n"))
            backed.append((start + skipped, start + len(clause.rstrip())))
        else:
            backed.append(backed[-1] if backed else (statement.start, statement.end))
        start = marker.end
    return backed


def _without(text: str, markers: Sequence[ShownMarker]) -> tuple[str, list[tuple[ShownMarker, int]]]:
    """Remove the markers from a text; returns it with the offset in it of each marker."""
    pieces: list[str] = []
    at = removed = 0
    offsets: list[tuple[ShownMarker, int]] = []
    for marker in markers:
        pieces.append(text[at : marker.start])
        offsets.append((marker, marker.start - removed))
        removed += marker.end - marker.start
        at = marker.end
    return "".join([*pieces, text[at:]]), offsets


class _Restored:
    """The way from offsets in the text without markers to offsets in the text."""

    def __init__(self, offsets: Sequence[tuple[ShownMarker, int]]) -> None:
        self._positions = [position for _, position in offsets]
        self._removed = [0, *accumulate(marker.end - marker.start for marker, _ in offsets)]

    def offset(self, plain: int) -> int:
        """Offset in the text of the character at `plain` in the text without markers."""
        return plain + self._removed[bisect_right(self._positions, plain)]


def _trimmed(text: str, start: int, end: int, markers: Sequence[ShownMarker]) -> tuple[int, int]:
    """Shorten a range by the markers at its end, with the punctuation between and behind them."""
    for marker in reversed(markers):
        if marker.end <= end and not any(char.isalnum() for char in text[marker.end : end]):
            end = marker.start
        elif marker.start >= end:
            continue
        else:
            break
    return start, start + len(text[start:end].rstrip())


def _by_sentence(events: Sequence[str | MarkerEvent], *, last: bool) -> list[list[str | MarkerEvent]]:
    """Split events behind each sentence whose end is certain; the last group is the rest, empty with `last`."""
    plain = "".join(event for event in events if isinstance(event, str))
    starts = [start for start, _ in sentences(plain, paragraphs=True)][1:]
    certain = starts if last else [start for start in starts if start + SENTENCE_LOOKAHEAD <= len(plain)]
    groups = list(_split(events, certain))
    return [*groups, []] if last else groups


def _split(events: Iterable[str | MarkerEvent], cuts: Iterable[int]) -> Iterator[list[str | MarkerEvent]]:
    """Split events at offsets of their text; a marker at a cut stays before it."""
    remaining = list(cuts)
    group: list[str | MarkerEvent] = []
    at = 0
    for event in events:
        if isinstance(event, MarkerEvent):
            group.append(event)
            continue
        text = event
        while remaining and remaining[0] < at + len(text):
            head, text = text[: remaining[0] - at], text[remaining[0] - at :]
            group += [head] if head else []
            yield group
            group, at = [], remaining.pop(0)
        group.append(text)
        at += len(text)
    yield group
