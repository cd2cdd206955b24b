"""The witness: quotes of pages compared with the pictures of these pages, in a child process."""

import importlib.util
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from mistral_rag._forks import ForkAware, ForkLock
from mistral_rag.errors import WorkerError
from mistral_rag.schema import Page, Seen, Source, clean_text
from mistral_rag.text import local_path
from mistral_rag.witness._gutters import is_woven
from mistral_rag.witness._strips import Strip, strips_of
from mistral_rag.witness._turns import EAST_ASIAN, turn_of, turned
from mistral_rag.witness._verdict import ATTEMPTS, Reading, is_foreign, verdict
from mistral_rag.workers import FrameError, Limits, WireFrame, WorkerClient, WorkerSpec

PACKAGES: Final = ("rapidocr", "onnxruntime", "cv2")
MEDIA_TYPES: Final = ("application/pdf", "image/")
LIMITS: Final = Limits(memory=2 << 30, seconds=60.0, idle_memory=1 << 30)
"""A strip takes a tenth of a second and 300 MB; a large scan is decoded in some seconds."""
MAX_KEPT: Final = 4096
"""Verdicts kept in memory, about 300 bytes each."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """Outcome of a look at the picture where a quote is said to stand. `text` is what was read; None: nothing was.

    `reason` says why a quote was not checked; `seconds` are those of processor time that it took.
    """

    seen: Seen
    text: str | None = None
    reason: str = ""
    seconds: float = 0.0


UNCHECKED: Final = Sighting("unchecked", reason="there is no picture of its page")
NOT_INSTALLED: Final = Sighting("unchecked", reason="the extra `local` is not installed")


_SPEC: Final = WorkerSpec(
    "mistral_rag.local._strips.worker", LIMITS, activity="reading", name="the witness process", arguments=("1",)
)


def is_installed() -> bool:
    """Check that the packages of the extra `local` that the witness needs are there."""
    return all(importlib.util.find_spec(package) for package in PACKAGES)


class PictureWitness(WorkerClient, ForkAware):
    """Reads the places of quotes anew from the pictures of their pages, and compares.

    It shares nothing with the parser but the place: the page is drawn, the printed lines of the quote are cut out and
    recognised one by one, and the words compared: tolerant of what recognition confuses, strict on digits, signs and
    words that are missing or extra. What seems to differ is read up to three times, and differs when two readings say
    the same. Lines that run up or down the page are read in the turned picture. Latin and Greek letters, Chinese and
    Japanese; other scripts are "unreadable".

    One child process of one thread does the work, started when it is first needed (0.7 s); it opens the original file
    only where that still has the digest of the source, and never through a link. May be shared by threads, which take
    turns; a forked child starts a process of its own. Without the extra `local` everything is "unchecked".
    """

    def __init__(self) -> None:
        super().__init__(_SPEC)
        self._lock = ForkLock()
        self._kept: OrderedDict[bytes, Sighting] = OrderedDict()
        self._installed = is_installed()
        self.heed_forks()

    @property
    def available(self) -> bool:
        """True when the extra `local` is installed."""
        return self._installed

    def start(self, *, wait: bool = False) -> None:
        """Start the process; without `wait` this returns at once. One that can't start leaves quotes unchecked."""
        if self._installed:
            with self._lock, suppress(WorkerError):
                worker = self._ready()
                if wait:
                    worker.wait_until_ready()

    def look(self, source: Source, page: Page, ranges: Sequence[tuple[int, int]]) -> Sighting:
        """Compare ``page.text[start:end]`` of each range with the picture of the page.

        Args:
            source: the source of the page; its file is looked for where its `uri` says.
            page: with words that have boxes.
            ranges: of the quote, in the order of the text.
        """
        if not self._installed:
            return NOT_INSTALLED
        turn = turn_of(page, ranges)
        page = turned(page, turn or 0)
        strips = [strip for start, end in ranges for strip in strips_of(page, start, end)]
        path = _path_of(source)
        if path is None or not strips or not has_picture(source, page):
            return UNCHECKED
        if turn is None:
            return Sighting("unreadable")
        job = {"path": path, "digest": source.digest, "number": page.locator.number, "turn": turn}
        key = _key(job, strips)
        with self._lock:
            if (kept := self._kept.get(key)) is not None:
                self._kept.move_to_end(key)
                return kept
            found = self._look(job, page, strips)
            if found.seen in {"agrees", "unreadable"} and any(is_woven(page, start, end) for start, end in ranges):
                found = replace(found, seen="differs")
            if found.seen != "unchecked":
                # what is kept costs nothing
                self._kept[key] = replace(found, seconds=0.0)
                while len(self._kept) > MAX_KEPT:
                    self._kept.popitem(last=False)
        return found

    def _look(self, job: dict[str, Any], page: Page, strips: Sequence[Strip]) -> Sighting:
        # without East Asian letters in a quote the recogniser need not think of them: it takes a lone 2 for one;
        # a word that is missing in a gap is taken to be in the script of the others
        whole = " ".join(strip.text for strip in strips)
        narrow = [not EAST_ASIAN.search(strip.text if strip.words else whole) for strip in strips]
        readings: list[list[Reading]] = [[] for _ in strips]
        verdicts: dict[int, Seen] = {}
        spent = 0.0
        foreign = is_foreign(whole)
        try:
            for attempt in range(ATTEMPTS):
                waiting = [at for at in range(len(strips)) if at not in verdicts]
                if not waiting:
                    break
                read, seconds = self._read(job, [(strips[at], narrow[at]) for at in waiting], attempt)
                spent += seconds
                for at, reading in zip(waiting, read, strict=True):
                    readings[at].append(reading)
                    shape, height = _shape(strips[at], page)
                    found = verdict(strips[at], readings[at], height=height, shape=shape, foreign=foreign)
                    if found is not None:
                        verdicts[at] = found
        except WorkerError as error:
            return Sighting("unchecked", reason=error.reason)
        return replace(_summed(strips, readings, verdicts), seconds=spent)

    def _read(
        self, job: dict[str, Any], strips: Sequence[tuple[Strip, bool]], attempt: int
    ) -> tuple[list[Reading], float]:
        """The readings of the strips, narrow or not, and the processor time they took."""
        wanted = [
            {
                "box": strip.box,
                "margins": strip.margins,
                "blanks": strip.blanks,
                "characters": len(strip.text),
                "narrow": narrow,
            }
            for strip, narrow in strips
        ]
        worker = self._ready()
        result = worker.ask(WireFrame.of({**job, "strips": wanted, "attempt": attempt}))
        try:
            value = result.value()
            read = [Reading.of(strip) for strip in value["strips"]]
            if len(read) != len(strips):
                raise FrameError("a reading is missing")
            return read, float(value["seconds"])
        except (FrameError, LookupError, TypeError, ValueError) as error:
            raise worker.reject() from error

    def close(self) -> None:
        """End the process; the next quote would start another one."""
        with self._lock:
            self._end()


def may_have_pictures(source: Source) -> bool:
    """True when a source is a PDF or image file that is where it was."""
    path = _path_of(source)
    return path is not None and Path(path).is_file()


def has_picture(source: Source, page: Page) -> bool:
    """True when there is a picture of the page to compare its quotes with: its file is there, and words have boxes."""
    return page.locator.kind == "page" and len(page.words) > 0 and may_have_pictures(source)


def _path_of(source: Source) -> str | None:
    """Path of the file that a source is; None where it is none, or one of a type that has no picture.

    A member of an archive or mail is no file.
    """
    if source.parent is not None or not source.media_type.startswith(MEDIA_TYPES):
        return None
    return local_path(source.uri)


def _key(job: dict[str, Any], strips: Sequence[Strip]) -> bytes:
    place = (job["digest"], job["number"], job["turn"])
    return sha256(repr((place, [(strip.box, strip.text, strip.margins) for strip in strips])).encode()).digest()


def _shape(strip: Strip, page: Page) -> tuple[float, float]:
    """Width over height of a strip, and its height in points."""
    left, top, right, bottom = strip.box
    height = max((bottom - top) * page.height, 1e-6)
    return (right - left) * page.width / height, height


def _summed(strips: Sequence[Strip], readings: Sequence[Sequence[Reading]], verdicts: dict[int, Seen]) -> Sighting:
    """One verdict for all strips of a quote: the worst."""
    order: tuple[Seen, ...] = ("differs", "unreadable")
    worst: Seen = next((seen for seen in order if seen in verdicts.values()), "agrees")
    texts = [readings[at][-1].text for at, strip in enumerate(strips) if strip.words or verdicts.get(at) == "differs"]
    return Sighting(worst, clean_text(" ".join(" ".join(texts).split())))
