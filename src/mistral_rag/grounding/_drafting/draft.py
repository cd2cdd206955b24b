"""From a model's reply, as it comes, to the text of an answer with numbered markers."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from mistral_rag.grounding._drafting.markers import Marked, MarkerParser
from mistral_rag.text import SENTENCE_LOOKAHEAD, sentences

Withhold = Callable[[str, tuple[int, ...]], str | None]
"""Given a statement and the evidence lines it points at: why it is withheld, or None."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A marker in the answer's text, and the evidence line it stands for."""

    start: int
    end: int
    line: int


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence of the answer: its place in the text (markers around it excluded), its words and its markers."""

    start: int
    end: int
    plain: str
    marks: tuple[Mark, ...]


class Draft:
    """Feeds on a reply and gives the answer's text, whatever pieces the reply came in.

    `numbers` maps evidence lines to the numbers shown, in order of appearance. `declined` says that the reply
    pointed at line 0. `withheld` are sentences that were left out, with the reason.
    """

    def __init__(self, nonce: str, lines: int, *, withhold: Withhold | None = None) -> None:
        self.text = ""
        self.numbers: dict[int, int] = {}
        self.marks: list[Mark] = []
        self.declined = False
        self.withheld: list[tuple[str, str]] = []
        self._parser = MarkerParser(nonce, lines)
        self._withhold = withhold
        self._events: list[str | Marked] = []
        self._judged = 0
        self._blank = ""

    @property
    def forged(self) -> list[str]:
        """Markers that were taken out because they point at nothing."""
        return self._parser.forged

    def feed(self, text: str) -> str:
        """The next run of the answer's text."""
        return self._take(self._parser.feed(text), last=False)

    def close(self) -> str:
        """The rest of the answer's text."""
        return self._take(self._parser.close(), last=True)

    def statements(self) -> list[Statement]:
        """The sentences of the text; a marker behind a full stop belongs to the sentence before it."""
        return statements(self.text, self.marks)

    def _take(self, events: list[str | Marked], *, last: bool) -> str:
        if self._withhold is None:
            return "".join(map(self._write, events))
        self._events += events
        parts = _by_sentence(self._events, last=last)
        ready, self._judged = parts[self._judged :], len(parts)
        return "".join(self._write(event) for sentence in ready for event in self._kept(sentence))

    def _kept(self, sentence: list[str | Marked]) -> list[str | Marked]:
        plain = "".join(event for event in sentence if isinstance(event, str)).strip()
        lines = tuple(event.number for event in sentence if isinstance(event, Marked))
        if not plain or self._withhold is None or (reason := self._withhold(plain, lines)) is None:
            return sentence
        self.withheld.append((plain, reason))
        return []

    def _write(self, event: str | Marked) -> str:
        if isinstance(event, Marked):
            return self._write_mark(event.number)
        text = self._blank + event if self.text else event.lstrip()
        shown = text.rstrip()
        self._blank = text[len(shown) :]
        self.text += shown
        return shown

    def _write_mark(self, line: int) -> str:
        if line == 0:
            self.declined = True
            return ""
        if self._just_shown(line):
            return ""
        shown = f"{self._blank}[{self.numbers.setdefault(line, len(self.numbers) + 1)}]"
        start = len(self.text) + len(self._blank)
        self.text += shown
        self._blank = ""
        self.marks.append(Mark(start, len(self.text), line))
        return shown

    def _just_shown(self, line: int) -> bool:
        end = len(self.text)
        for mark in reversed(self.marks):
            if mark.end != end:
                return False
            if mark.line == line:
                return True
            end = mark.start
        return False


def statements(text: str, marks: Sequence[Mark]) -> list[Statement]:
    """The sentences of an answer's text, each with its markers; those at its end lie outside of it."""
    plain, places = _without(text, marks)
    found = list(sentences(plain, paragraphs=True))
    owners: list[list[Mark]] = [[] for _ in found]
    for mark, place in places if found else ():
        owners[max((i for i, (start, _) in enumerate(found) if start < place), default=0)].append(mark)
    return [
        Statement(*_trimmed(text, _back(places, start), _back(places, end - 1) + 1, own), plain[start:end], tuple(own))
        for (start, end), own in zip(found, owners, strict=True)
    ]


def clauses(text: str, statement: Statement) -> list[tuple[int, int]]:
    """For each marker of a statement the run of text that it backs: back to the markers before it."""
    backed: list[tuple[int, int]] = []
    start = statement.start
    for mark in statement.marks:
        run = text[start : mark.start]
        if any(char.isalnum() for char in run):
            skipped = len(run) - len(run.lstrip(" ,;:.\n"))
            backed.append((start + skipped, start + len(run.rstrip())))
        else:
            backed.append(backed[-1] if backed else (statement.start, statement.end))
        start = mark.end
    return backed


def _without(text: str, marks: Sequence[Mark]) -> tuple[str, list[tuple[Mark, int]]]:
    """The text without its markers, and each marker with its place there."""
    plain = ""
    at = 0
    places: list[tuple[Mark, int]] = []
    for mark in marks:
        plain += text[at : mark.start]
        places.append((mark, len(plain)))
        at = mark.end
    return plain + text[at:], places


def _back(places: Sequence[tuple[Mark, int]], offset: int) -> int:
    """The place in the text of the character at `offset` of the text without markers."""
    return offset + sum(mark.end - mark.start for mark, place in places if place <= offset)


def _trimmed(text: str, start: int, end: int, marks: Sequence[Mark]) -> tuple[int, int]:
    """The range without the markers at its end and the signs between and behind them."""
    for mark in reversed(marks):
        if mark.end <= end and not any(char.isalnum() for char in text[mark.end : end]):
            end = mark.start
        elif mark.start >= end:
            continue
        else:
            break
    return start, start + len(text[start:end].rstrip())


def _by_sentence(events: Sequence[str | Marked], *, last: bool) -> list[list[str | Marked]]:
    """The events split behind each sentence whose end is certain; what is not whole yet is left out."""
    plain = "".join(event for event in events if isinstance(event, str))
    starts = [start for start, _ in sentences(plain, paragraphs=True)][1:]
    certain = starts if last else [start for start in starts if start + SENTENCE_LOOKAHEAD <= len(plain)]
    parts = list(_split(events, certain))
    return parts if last else parts[:-1]


def _split(events: Iterable[str | Marked], cuts: Iterable[int]) -> Iterator[list[str | Marked]]:
    """The events cut at offsets of their text; a marker at a cut stays before it."""
    remaining = list(cuts)
    part: list[str | Marked] = []
    at = 0
    for event in events:
        if isinstance(event, Marked):
            part.append(event)
            continue
        text = event
        while remaining and remaining[0] < at + len(text):
            head, text = text[: remaining[0] - at], text[remaining[0] - at :]
            part += [head] if head else []
            yield part
            part, at = [], remaining.pop(0)
        part.append(text)
        at += len(text)
    yield part
