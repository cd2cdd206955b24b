"""Transcripts and subtitles (WebVTT, SubRip): turns of speakers, in pages of about a minute of the recording."""

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from ingest.parsing._pages.builder import PageBuilder
from ingest.parsing._result import Parsed, with_doubt
from mistral_rag.errors import ParseError
from mistral_rag.schema import Locator, Page
from mistral_rag.text import read_text, readable_name

PAGE_SECONDS: Final = 60.0
"""Time of a page, which a citation names: a minute of speech has about 900 characters, as many as a passage."""
MAX_TURN_SECONDS: Final = 120.0
"""Time after which a page ends within a turn: at the end of a sentence, if there is one."""
MAX_GAP_SECONDS: Final = 0.1
"""Time between two cues within which the same line is one that stays, and is not said again."""

_TIME: Final = r"(?:(\d+):)?(\d{1,2}):(\d{2})[.,](\d{1,3})"
_TIMING: Final = re.compile(rf"{_TIME}\s*-->\s*{_TIME}(?!\S)")
_VOICE: Final = re.compile(r"<v(?:\.\S{1,100}?)?\s+([^>]{1,200})>")
_TAG: Final = re.compile(r"</?[A-Za-z][^<>]{0,200}>|</?[\d:.]{1,20}>|\{\\[^{}]{1,50}\}")
"""Tags of WebVTT (W3C, 4.2) with times among them, and those that players of SubRip know."""
_ASIDES: Final = ("NOTE", "STYLE", "REGION")
_SENTENCE_END: Final = (".", "!", "?", "…", "。")


class Cue(NamedTuple):
    """Words that are said from `start` to `end`, in seconds, and by whom, where the file says so."""

    start: float
    end: float
    speaker: str
    text: str


def parse(path: Path) -> Parsed:
    """The turns of a transcript as paragraphs, each behind its speaker's name; the title is that of the file.

    Raises:
        ParseError: there is no text with a time in it.
    """
    source = read_text(path)
    cues = list(_without_repeats(_cues(source.text)))
    if not cues:
        raise ParseError("has no text with times: no transcript, or an empty one")
    pages = tuple(_page(number, part) for number, part in enumerate(_parts(cues), 1))
    return with_doubt(Parsed(readable_name(path.stem), {}, pages), source.doubt)


def _cues(text: str) -> Iterator[Cue]:
    """Cues in their order; notes, styles and numbers of cues are left out."""
    for block in re.split(r"\n[^\S\n]*\n", re.sub(r"\r\n?", "\n", text)):
        lines = block.strip().split("\n")
        if lines[0].startswith(_ASIDES):
            continue
        # the number or name of a cue may stand before its times
        for at, line in enumerate(lines[:2], 1):
            if timing := _TIMING.match(line.strip()):
                times = timing.groups()
                yield from _voices(_seconds(times[:4]), _seconds(times[4:]), "\n".join(lines[at:]))
                break


def _voices(start: float, end: float, text: str) -> Iterator[Cue]:
    """The parts of a cue by their speakers."""
    first, *rest = _VOICE.split(text)
    for speaker, said in [("", first), *zip(rest[::2], rest[1::2], strict=True)]:
        words = "\n".join(filter(None, (" ".join(_plain(line).split()) for line in said.split("\n"))))
        if words:
            yield Cue(start, end, " ".join(html.unescape(speaker).split()), words)


def _plain(line: str) -> str:
    return html.unescape(_TAG.sub("", line))


def _seconds(parts: Sequence[str | None]) -> float:
    hours, minutes, seconds, fraction = parts
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0) + float(f"0.{fraction}")


def _without_repeats(cues: Iterable[Cue]) -> Iterator[Cue]:
    """The cues without lines that stay on the screen from the one before, as in captions that roll up."""
    before: Cue | None = None
    for cue in cues:
        lines = cue.text.split("\n")
        kept = 0 if before is None or not _follows(cue, before) else _shared(before.text.split("\n"), lines)
        before = cue
        if said := " ".join(lines[kept:]):
            yield cue._replace(text=said)


def _follows(cue: Cue, before: Cue) -> bool:
    return cue.speaker == before.speaker and before.start <= cue.start <= before.end + MAX_GAP_SECONDS


def _shared(above: Sequence[str], lines: Sequence[str]) -> int:
    """The most lines that end the one and begin the other."""
    most = min(len(above), len(lines))
    return next((size for size in range(most, 0, -1) if above[-size:] == lines[:size]), 0)


def _parts(cues: Iterable[Cue]) -> Iterator[list[Cue]]:
    """Runs of cues that are pages: a page ends after a minute, with a turn or a sentence."""
    part: list[Cue] = []
    for cue in cues:
        if part and _ends(part, cue):
            yield part
            part = []
        part.append(cue)
    yield part


def _ends(part: Sequence[Cue], cue: Cue) -> bool:
    lasted = cue.start - part[0].start
    if lasted < PAGE_SECONDS:
        # a file may begin anew, as when two were put together
        return lasted < 0
    new_turn = bool(cue.speaker) and cue.speaker != part[-1].speaker
    return new_turn or part[-1].text.endswith(_SENTENCE_END) or lasted >= MAX_TURN_SECONDS


def _page(number: int, cues: Sequence[Cue]) -> Page:
    label = f"{_clock(cues[0].start)}-{_clock(max(cue.end for cue in cues))}"
    builder = PageBuilder()
    for turn in _turns(cues):
        said = " ".join(cue.text for cue in turn)
        builder.block("text", f"{turn[0].speaker}: {said}" if turn[0].speaker else said)
    return builder.page(Locator(kind="section", number=number, label=label))


def _turns(cues: Sequence[Cue]) -> Iterator[list[Cue]]:
    """Cues that follow each other by one speaker; of unnamed ones those up to the end of a sentence."""
    turn: list[Cue] = []
    for cue in cues:
        ended = turn and (cue.speaker != turn[-1].speaker or _is_through(turn[-1]))
        if ended:
            yield turn
            turn = []
        turn.append(cue)
    yield turn


def _is_through(cue: Cue) -> bool:
    return not cue.speaker and cue.text.endswith(_SENTENCE_END)


def _clock(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
