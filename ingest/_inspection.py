"""One file read as a build reads it, with pictures of its pages: for a person who wants to see what was read."""

import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ingest._planning.problems import is_locked
from ingest._reading.ocr import HOW_TO_READ, OcrOutcomes, merge_ocr, open_reader
from ingest._reading.opened import OpenFiles
from ingest.parsing import media_type_of
from ingest.parsing._result import NEEDS_OCR, PageProblem, ParsedFile, ParseJob
from ingest.parsing._workers.pool import ParsingWorkers
from mistral_rag.errors import ParseError
from mistral_rag.ocr import PageFailure, PageReader
from mistral_rag.overlay import HiddenText, PagePictures, PageView, reading_layers
from mistral_rag.schema import Page
from mistral_rag.terminal import counted
from mistral_rag.text import readable_name

HOW_TO_UNLOCK = "name a file of passwords with --password-file"


@dataclass(frozen=True, slots=True)
class InspectedPage:
    """A page, the number of characters left out because nobody sees them, and what was wrong with it."""

    page: Page
    hidden: int = 0
    problems: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """Remarks on the page as a whole."""
        doubts = (f"doubt: {doubt}" for doubt in self.page.doubts)
        return (*(f"problem: {reason}" for reason in self.problems), *doubts)


@dataclass(frozen=True, slots=True)
class Inspection:
    """A file as it was read: all its pages are counted in `total`, and those that were asked for are in `pages`.

    `problems` are those of the file as a whole, `hidden` the characters left out whose page is not known.
    """

    path: Path
    media_type: str
    title: str
    total: int
    pages: tuple[InspectedPage, ...]
    problems: tuple[str, ...] = ()
    hidden: int = 0

    @property
    def name(self) -> str:
        """The file's name; bytes of it that are no UTF-8 are shown."""
        return readable_name(self.path.name)

    @property
    def has_pictures(self) -> bool:
        """True when its pages are printed ones: of a PDF or an image."""
        return self.media_type == "application/pdf" or self.media_type.startswith("image/")

    @property
    def is_whole(self) -> bool:
        """True when nothing was wrong."""
        return not self.problems and not any(page.problems for page in self.pages)


@contextmanager
def opened_once(path: Path) -> Iterator[Path]:
    """A private path that leads to the file as it is now, and may be unlocked in its place.

    Raises:
        ParseError: it can't be opened.
    """
    with OpenFiles() as opened:
        try:
            readable = opened.add(os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0)), path.name)
        except OSError as error:
            raise ParseError(f"{readable_name(path.name)}: can't be read: {error.strerror or error}") from error
        yield readable


def inspect_file(
    path: Path,
    *,
    numbers: Collection[int] | None = None,
    ocr: str = "auto",
    ocr_with: str = "local",
    passwords: Sequence[str] = (),
) -> Inspection:
    """Read a file; with `numbers` only these pages, from 1, are read by OCR and kept.

    With `passwords` a locked PDF is unlocked in its place, so the path is one of `opened_once`.

    Raises:
        ParseError: the file can't be read, or has none of these pages.
    """
    media_type = media_type_of(path)
    if media_type is None:
        raise ParseError(f"{readable_name(path.name)}: files of this type are not read")
    with open_reader(_when(ocr, ocr_with), ocr_with) as reader:
        try:
            job = ParseJob(
                path,
                path.absolute().as_uri(),
                media_type,
                readable_name(path.name),
                every_picture=ocr == "always",
                awaits_ocr=reader is not None,
                passwords=tuple(passwords),
            )
            file = _parsed(job, reader, numbers)
        except ParseError as error:
            way_out = f"; {HOW_TO_UNLOCK}" if is_locked(error.reason) and not passwords else ""
            raise ParseError(f"{readable_name(path.name)}: {error.reason}{way_out}") from error
    return _inspection(path, file, numbers)


def _when(ocr: str, ocr_with: str) -> str:
    """The choice of pages for OCR: none without the local reader, so that such pages are said to need it."""
    if ocr == "auto" and ocr_with == "local":
        from mistral_rag.local.ocr import is_installed

        return "auto" if is_installed() else "never"
    return ocr


def _parsed(job: ParseJob, reader: PageReader | None, numbers: Collection[int] | None) -> ParsedFile:
    parsed: ParsedFile | None = None
    with closing(ParsingWorkers(workers=1)) as workers:
        for _, outcome in workers.parse([job]):
            if isinstance(outcome, ParseError):
                raise outcome
            _check(outcome, numbers)
            if reader is not None and outcome.pictures:
                workers.cut(job, _read(outcome, job.path, reader, numbers))
            else:
                parsed = outcome
    if parsed is None:
        raise ParseError("the parser gave no result")
    return parsed


def _check(file: ParsedFile, numbers: Collection[int] | None) -> None:
    """Raise ParseError when the file has not all of these pages."""
    known = {page.locator.number for page in file.pages}
    if missing := sorted(set(numbers or ()) - known):
        raise ParseError(f"it has no page {missing[0]}; it has {counted(len(known), 'page')}")


def _read(file: ParsedFile, path: Path, reader: PageReader, numbers: Collection[int] | None) -> ParsedFile:
    """The file with its pictures read, or those of some pages; the others stay as their text layer is."""
    wanted = tuple(picture for picture in file.pictures if numbers is None or picture.page in numbers)
    outcomes: OcrOutcomes = dict(_outcomes(path, reader, [picture.page for picture in wanted]))
    return merge_ocr(replace(file, pictures=wanted), outcomes, reader=reader.name, stem=readable_name(path.stem))


def _outcomes(path: Path, reader: PageReader, numbers: Sequence[int]) -> Iterator[tuple[int, Page | PageFailure]]:
    for outcome in reader.read(path, numbers) if numbers else ():
        if isinstance(outcome, PageFailure):
            yield outcome.number, outcome
        else:
            page = Page.model_construct(**{name: getattr(outcome, name) for name in Page.model_fields})
            yield page.locator.number, page


def _inspection(path: Path, file: ParsedFile, numbers: Collection[int] | None) -> Inspection:
    kept = [page for page in file.pages if numbers is None or page.locator.number in numbers]
    return Inspection(
        path=path,
        media_type=file.media_type,
        title=file.title,
        total=len(file.pages),
        pages=tuple(_inspected(page, file) for page in kept),
        problems=tuple(problem.reason for problem in file.problems if problem.page is None),
        hidden=file.hidden.get(0, 0),
    )


def _inspected(page: Page, file: ParsedFile) -> InspectedPage:
    number = page.locator.number
    problems = tuple(_reason(problem) for problem in file.problems if problem.page == number)
    return InspectedPage(page, file.hidden.get(number, 0), problems)


def _reason(problem: PageProblem) -> str:
    """A problem, with the way out where there is no OCR."""
    unread = problem.reason.startswith(NEEDS_OCR) and "failed" not in problem.reason
    return f"{problem.reason}; {HOW_TO_READ}" if unread else problem.reason


def views(inspection: Inspection, *, show_hidden: bool = False) -> Iterator[PageView]:
    """The pages with their layers, and pictures where they have any; the words of hidden text only when asked for."""
    if not inspection.has_pictures:
        for one in inspection.pages:
            yield PageView(one.page, (), notes=one.notes)
        return
    with PagePictures(inspection.path, inspection.media_type) as pictures:
        for one in inspection.pages:
            yield _view(one, pictures, show_hidden=show_hidden)


def _view(one: InspectedPage, pictures: PagePictures, *, show_hidden: bool) -> PageView:
    try:
        picture = pictures.page(one.page.locator.number)
    except ParseError as error:
        return PageView(one.page, (), notes=(*one.notes, f"no picture: {error.reason}"))
    hidden = [run if show_hidden else replace(run, text="") for run in picture.hidden]
    notes = (*one.notes, *_hidden_notes(one, hidden))
    return PageView(one.page, reading_layers(one.page, hidden), picture.raster, notes)


def _hidden_notes(one: InspectedPage, hidden: Sequence[HiddenText]) -> Iterator[str]:
    if one.hidden:
        beside = sum(run.box is None for run in hidden)
        places = [counted(len(hidden) - beside, "place")] if beside < len(hidden) else []
        places += [f"beside the page {counted(beside, 'time')}"] if beside else []
        yield f"{counted(one.hidden, 'hidden character')} left out" + (f": in {' and '.join(places)}" if places else "")
    yield from (str(run) for run in hidden if run.text)
