"""Progress of a build, as a bar on a terminal and as a line now and then elsewhere."""

from __future__ import annotations

import time
from contextlib import contextmanager

from mistral_rag.terminal import bare_stderr, counted, note, one_line, say_json

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ingest._report import Progress

LINE_SECONDS = 30.0
"""Time between two lines where there is no terminal: a log of an hour has 120."""

BAR_WIDTH = 12
"""Cells of the bar; what is counted says more."""

MIN_NAME = 12
"""Cells of a name below which it is left out: nobody knows a file by fewer."""


class BuildPace:
    """Says in words how far a build is. What is left is reckoned by what this phase has done in its own time."""

    def __init__(self, started: float) -> None:
        self._phase = ""
        self._begun = started
        self._before = 0

    def describe(self, progress: Progress, now: float) -> str:
        """Files, pages, speed and the time left; while files are read that of their words, then that of the vectors.

        Scans that wait until all else is read have a pace of their own: a page takes seconds by OCR, and not
        milliseconds.
        """
        phase, done, rest = _phase_of(progress)
        if phase != self._phase:
            self._phase = phase
            # the first batch of vectors tells no pace: it comes with the loading of the model, as the first scan does
            self._begun, self._before = (self._begun, 0) if phase == "reading" else (now, done)
        seconds, gained = now - self._begun, done - self._before
        left = _left(gained, rest, seconds)
        if phase == "embedding":
            share = 100 * progress.vectors // max(progress.vectors + progress.pending, 1)
            speed = f", {gained / seconds:.0f} a second" if seconds >= 1 and gained else ""
            return f"vectors for {share} %{speed}{left}"
        files = f"{progress.done}/{progress.total} files"
        then = ", then vectors" if left and progress.pending else ""
        if phase == "scans":
            return f"{files}, {progress.scanned} of {progress.scanned + rest} pages by OCR{left}{then}"
        speed = f", {progress.pages / seconds:.0f} pages/s" if seconds >= 1 and progress.pages else ""
        scans = f", then {counted(progress.scans, 'page')} by OCR" if left and progress.scans else ""
        return f"{files}, {counted(progress.pages, 'page')}{speed}{left}{scans}{then}"


def _phase_of(progress: Progress) -> tuple[str, int, int]:
    """The phase of a build, with what is done of it and what is left."""
    rest = progress.total_bytes - progress.read_bytes
    if rest > 0 and progress.scans and rest <= progress.scan_bytes:
        return "scans", progress.scanned, progress.scans
    if rest > 0 or not progress.vectors:
        return "reading", progress.read_bytes, rest - progress.scan_bytes
    return "embedding", progress.vectors, progress.pending


def _left(done: int, rest: int, seconds: float) -> str:
    """The time that is left, in words; nothing where nobody can know it yet."""
    if done <= 0 or rest <= 0 or seconds <= 0:
        return ""
    left = round(seconds * rest / done)
    clock = f"{left // 3600}:{left // 60 % 60:02}:{left % 60:02}" if left >= 3600 else f"{left // 60}:{left % 60:02}"
    return f", {clock} left"


def fitted(counts: str, name: str, width: int) -> str:
    """Counts and a name in so many cells; the name is cut first, then the counts from their end, whole ones."""
    if len(counts) > width:
        name = ""
    while len(counts) > width and ", " in counts:
        counts = counts.rpartition(", ")[0]
    room = width - len(counts) - 2
    if len(name) > room:
        name = f"{name[: room - 1]}…" if room >= MIN_NAME else ""
    return f"{counts}  {name}".rstrip()[: max(width, 0)]


@contextmanager
def shown(*, as_json: bool = False) -> Iterator[Callable[[Progress], None]]:
    """A progress bar on standard error where that is a terminal, else a line every half a minute.

    With `as_json` each step is a line on standard output, for a program that shows it.
    """
    if as_json:
        yield _say_step
        return
    screen = bare_stderr()
    pace = BuildPace(time.monotonic())
    if screen is None or not screen.isatty():
        yield _Lines(pace)
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (BarColumn(bar_width=BAR_WIDTH), TextColumn("{task.description}", markup=False))
    # what others print meanwhile goes its own way: rich would write it past the terminal that cleans it
    console = Console(file=screen)
    with Bar(*columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False) as bar:
        task = bar.add_task("looking for files", total=None)

        def show(progress: Progress) -> None:
            counts = pace.describe(progress, time.monotonic())
            name = one_line(f"{progress.event.source}{progress.event.remark}")
            text = fitted(counts, name, console.width - BAR_WIDTH - 1)
            phase, done, rest = _phase_of(progress)
            total = done + rest
            if phase == "reading":
                done, total = progress.done, progress.total
            bar.update(task, completed=done, total=total, description=text)

        yield show


def _say_step(progress: Progress) -> None:
    reading = _phase_of(progress)[0] != "embedding"
    say_json(
        {
            "step": "reading" if reading else "embedding",
            "source": progress.event.source,
            "done": progress.done if reading else progress.vectors,
            "total": progress.total if reading else progress.vectors + progress.pending,
            "pages": progress.pages,
        }
    )


class _Lines:
    """Writes a line every half a minute."""

    def __init__(self, pace: BuildPace) -> None:
        self._pace = pace
        self._next = time.monotonic() + LINE_SECONDS

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        line = self._pace.describe(progress, now)
        if now >= self._next:
            note(line)
            self._next = now + LINE_SECONDS
