"""The draft of an answer: a model's reply, chunk by chunk, as text with numbered markers."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from mistral_rag.grounding._drafting.links import LinkFilter
from mistral_rag.grounding._drafting.markers import DraftEvent, MarkerEvent, MarkerGuard, MarkerParser, UnknownMarker
from mistral_rag.grounding._drafting.statements import ShownMarker, Statement, UnknownAt, statements
from mistral_rag.schema import without_surrogates
from mistral_rag.text import SENTENCE_LOOKAHEAD, sentences

Withhold = Callable[[str, tuple[int, ...], tuple[str, ...]], str | None]
"""A check of a statement, with the evidence lines it cites and its unknown markers: the reason to withhold it."""
LOOK_AGAIN = 8
"""A sentence is looked for again when an eighth more of the reply is there: a reply is read nine times at most."""


class Draft:
    """Turns the chunks of a reply into the answer's text; the result does not depend on how the reply is split.

    `numbers` maps evidence lines to the numbers shown, in order of appearance. `declined` says that the reply cited
    line 0. `unknown` are the markers that were taken out, as they point at no evidence, and where. `withheld` are the
    sentences that were left out, with the reason. With `withhold` the text is given by whole sentences, each behind its
    verdict. A reply without a word has no text: markers before the first letter or digit wait for it.
    `links` takes out the links that stand in no document.
    """

    def __init__(
        self, nonce: str, lines: int, *, withhold: Withhold | None = None, links: LinkFilter | None = None
    ) -> None:
        self.numbers: dict[int, int] = {}
        self.markers: list[ShownMarker] = []
        self.unknown: list[UnknownAt] = []
        self.declined = False
        self.withheld: list[tuple[str, str]] = []
        self._pieces: list[str] = []
        self._length = 0
        self._leading: list[DraftEvent] | None = []
        self._parser = MarkerParser(nonce, lines)
        self.links = links or LinkFilter()
        self._guard = MarkerGuard()
        self._withhold = withhold
        self._events: list[DraftEvent] = []
        self._unread = 0
        self._next_look = 0
        self._blank = ""

    @property
    def text(self) -> str:
        """The answer's text so far."""
        return "".join(self._pieces)

    def feed(self, text: str) -> str:
        """Take the next chunk of the reply; returns the text that it adds to the answer."""
        return self._take([*self.links.events(self._parser.feed(without_surrogates(text)))], last=False)

    def close(self) -> str:
        """End the reply; returns the rest of the answer's text."""
        text = self._take([*self.links.events(self._parser.close()), *self.links.end()], last=True)
        self.unknown += [UnknownAt(0, event.text) for event in self._leading or () if isinstance(event, UnknownMarker)]
        return text

    def statements(self) -> list[Statement]:
        """The sentences of the text; a marker behind a full stop belongs to the sentence before it."""
        return statements(self.text, self.markers, self.unknown)

    def _take(self, events: list[DraftEvent], *, last: bool) -> str:
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

    def _unless_withheld(self, sentence: list[DraftEvent]) -> list[DraftEvent]:
        plain = "".join(event for event in sentence if isinstance(event, str)).strip()
        lines = tuple(event.number for event in sentence if isinstance(event, MarkerEvent))
        unknown = tuple(event.text for event in sentence if isinstance(event, UnknownMarker))
        if not plain or self._withhold is None or (reason := self._withhold(plain, lines, unknown)) is None:
            return sentence
        self.withheld.append((plain, reason))
        return []

    def _write(self, event: DraftEvent) -> str:
        if self._leading is None:
            return self._write_now(event)
        self.declined = self.declined or event == MarkerEvent(0)
        self._leading.append(event)
        if not isinstance(event, str) or not any(map(str.isalnum, event)):
            return ""
        leading, self._leading = self._leading, None
        return "".join(map(self._write, leading))

    def _write_now(self, event: DraftEvent) -> str:
        if isinstance(event, str):
            return self._write_text(event)
        if isinstance(event, UnknownMarker):
            self.unknown.append(UnknownAt(self._length, event.text))
            return ""
        return self._write_marker(event.number)

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


def _by_sentence(events: Sequence[DraftEvent], *, last: bool) -> list[list[DraftEvent]]:
    """Split events behind each sentence whose end is certain; the last group is the rest, empty with `last`."""
    plain = "".join(event for event in events if isinstance(event, str))
    starts = [start for start, _ in sentences(plain, paragraphs=True)][1:]
    certain = starts if last else [start for start in starts if start + SENTENCE_LOOKAHEAD <= len(plain)]
    groups = list(_split(events, certain))
    return [*groups, []] if last else groups


def _split(events: Iterable[DraftEvent], cuts: Iterable[int]) -> Iterator[list[DraftEvent]]:
    """Split events at offsets of their text; a marker at a cut stays before it."""
    remaining = list(cuts)
    group: list[DraftEvent] = []
    at = 0
    for event in events:
        if not isinstance(event, str):
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
