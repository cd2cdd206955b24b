"""The draft of an answer: a model's reply, chunk by chunk, as text with numbered markers."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from mistral_rag.grounding._drafting.markers import MarkerEvent, MarkerParser
from mistral_rag.text import SENTENCE_LOOKAHEAD, sentences

Withhold = Callable[[str, tuple[int, ...]], str | None]
"""A check of a statement with the evidence lines it cites: the reason to withhold it, or None."""


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
    line 0. `withheld` are the sentences that were left out, with the reason.
    """

    def __init__(self, nonce: str, lines: int, *, withhold: Withhold | None = None) -> None:
        self.text = ""
        self.numbers: dict[int, int] = {}
        self.markers: list[ShownMarker] = []
        self.declined = False
        self.withheld: list[tuple[str, str]] = []
        self._parser = MarkerParser(nonce, lines)
        self._withhold = withhold
        self._events: list[str | MarkerEvent] = []
        self._judged = 0
        self._blank = ""

    @property
    def forged(self) -> list[str]:
        """Markers that were removed because they cite no evidence."""
        return self._parser.forged

    def feed(self, text: str) -> str:
        """Take the next chunk of the reply; returns the text that it adds to the answer."""
        return self._take(self._parser.feed(text), last=False)

    def close(self) -> str:
        """End the reply; returns the rest of the answer's text."""
        return self._take(self._parser.close(), last=True)

    def statements(self) -> list[Statement]:
        """The sentences of the text; a marker behind a full stop belongs to the sentence before it."""
        return statements(self.text, self.markers)

    def _take(self, events: list[str | MarkerEvent], *, last: bool) -> str:
        if self._withhold is None:
            return "".join(map(self._write, events))
        self._events += events
        by_sentence = _by_sentence(self._events, last=last)
        complete, self._judged = by_sentence[self._judged :], len(by_sentence)
        return "".join(self._write(event) for sentence in complete for event in self._unless_withheld(sentence))

    def _unless_withheld(self, sentence: list[str | MarkerEvent]) -> list[str | MarkerEvent]:
        plain = "".join(event for event in sentence if isinstance(event, str)).strip()
        lines = tuple(event.number for event in sentence if isinstance(event, MarkerEvent))
        if not plain or self._withhold is None or (reason := self._withhold(plain, lines)) is None:
            return sentence
        self.withheld.append((plain, reason))
        return []

    def _write(self, event: str | MarkerEvent) -> str:
        if isinstance(event, MarkerEvent):
            return self._write_marker(event.number)
        text = self._blank + event if self.text else event.lstrip()
        shown = text.rstrip()
        self._blank = text[len(shown) :]
        self.text += shown
        return shown

    def _write_marker(self, line: int) -> str:
        if line == 0:
            self.declined = True
            return ""
        if self._just_shown(line):
            return ""
        shown = f"{self._blank}[{self.numbers.setdefault(line, len(self.numbers) + 1)}]"
        start = len(self.text) + len(self._blank)
        self.text += shown
        self._blank = ""
        self.markers.append(ShownMarker(start, len(self.text), line))
        return shown

    def _just_shown(self, line: int) -> bool:
        end = len(self.text)
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
    for marker, position in offsets if spans else ():
        markers_of[max((i for i, (start, _) in enumerate(spans) if start < position), default=0)].append(marker)
    return [
        Statement(
            *_trimmed(text, _restored(offsets, start), _restored(offsets, end - 1) + 1, own),
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
    plain = ""
    at = 0
    offsets: list[tuple[ShownMarker, int]] = []
    for marker in markers:
        plain += text[at : marker.start]
        offsets.append((marker, len(plain)))
        at = marker.end
    return plain + text[at:], offsets


def _restored(offsets: Sequence[tuple[ShownMarker, int]], offset: int) -> int:
    """Offset in the text of the character at `offset` of the text without markers."""
    return offset + sum(marker.end - marker.start for marker, position in offsets if position <= offset)


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
    """Split events behind each sentence whose end is certain; with `last`, the rest is a sentence as well."""
    plain = "".join(event for event in events if isinstance(event, str))
    starts = [start for start, _ in sentences(plain, paragraphs=True)][1:]
    certain = starts if last else [start for start in starts if start + SENTENCE_LOOKAHEAD <= len(plain)]
    groups = list(_split(events, certain))
    return groups if last else groups[:-1]


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
