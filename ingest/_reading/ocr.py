"""Pages whose text has to be read from their pictures: the reader, what it has read before, the file with both."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Literal, cast

from ingest._planning.plan import FileToRead
from ingest._planning.redo import Redo
from ingest._platform_errors import PlatformErrors, reason_of
from ingest.parsing._pages.titles import title_of
from ingest.parsing._result import (
    NEEDS_OCR,
    PageProblem,
    ParsedFile,
    PicturePage,
    has_wrong_text,
    without_wrong_text,
)
from mistral_rag import errors
from mistral_rag.defaults import has_key
from mistral_rag.errors import ConfigurationError, ParseError
from mistral_rag.index import IndexWriter
from mistral_rag.ocr import OcrPage, PageFailure, PageReader
from mistral_rag.schema import Page
from mistral_rag.witness import is_foreign

When = Literal["auto", "always", "never"]
With = Literal["auto", "mistral", "local"]

MIN_NEW_WORDS = 3
"""Words that OCR must bring which the text layer lacks, to replace it: a logo, a stamp or a misread word is no gain."""
MAX_GROWTH = 2
"""Letters of a reading, for each of the layer, up to which it is one of the same text; more is a scan with a stamp."""
PAGES_PER_REQUEST = 20
"""Pages the platform reads at once: what is under way when a build is killed may have to be paid for again."""
HOW_TO_READ = 'for OCR set MISTRAL_API_KEY, or on this machine run: pip install "mistral-rag[local]"'

OcrOutcomes = Mapping[int, Page | PageFailure]
"""Page numbers of a file with what OCR read there, or why it could not."""


@contextmanager
def open_reader(when: str, choice: "str | PageReader") -> Iterator[PageReader | None]:
    """Open the reader of pictures. "auto" is platform OCR with a key, else local OCR if installed, else none.

    Raises:
        ConfigurationError: the platform was asked for and there is no key, or there is no such reader.
        MissingExtraError: this machine was asked for and the extra `local` is not installed.
    """
    if when == "never":
        yield None
    elif not isinstance(choice, str):
        yield choice
    elif choice == "mistral" or (choice == "auto" and has_key()):
        yield _platform()
    elif choice in {"auto", "local"}:
        from mistral_rag.local.ocr import LocalOCR, is_installed

        if choice == "auto" and not is_installed():
            yield None
        else:
            with LocalOCR() as reader:
                yield cast("PageReader", reader)
    else:
        raise ConfigurationError(f"no OCR by the name of {choice!r}; there are: auto, mistral, local")


def _platform() -> PageReader:
    if not has_key():
        raise ConfigurationError("Mistral OCR needs a key. Set MISTRAL_API_KEY, or use --ocr-with local")
    from mistral_rag.ocr import MistralOCR

    return MistralOCR(pages_per_request=PAGES_PER_REQUEST).page_reader()


class CachedPageReader:
    """Reads pictures of pages, or finds in the index what was read before. `fresh` counts those read now."""

    def __init__(self, reader: PageReader, writer: IndexWriter, redo: Redo | None = None) -> None:
        self.reader = reader
        self.writer = writer
        self.platform = PlatformErrors()
        self.fresh = 0
        self._redo = redo

    @property
    def name(self) -> str:
        """The reader's name, under which the index keeps what it has read."""
        return self.reader.name

    @property
    def own(self) -> bool:
        """True for a reader that takes the cores which parsing needs."""
        return self.name.startswith("local-")

    def wanted(self, pictures: Sequence[PicturePage]) -> tuple[PicturePage, ...]:
        """The pictures that are to be read."""
        return tuple(pictures) if self._redo is None else self._redo.wanted(pictures)

    def kept(self, file: FileToRead, pictures: Sequence[PicturePage]) -> dict[int, Page]:
        """The pages of a file that were read before, here or in another file, by their numbers."""
        pictures = [one for one in pictures if self._redo is None or not self._redo.is_anew(one.page)]
        kept = self.writer.cached_pages(self.name, [bytes.fromhex(picture.key) for picture in pictures])
        found = {picture.page: kept[key] for picture in pictures if (key := bytes.fromhex(picture.key)) in kept}
        for picture in pictures:
            if picture.page in found:
                self.writer.keep_page(self.name, bytes.fromhex(picture.key), found[picture.page], file=file.digest)
        return found

    def keep(self, file: FileToRead, key: bytes, page: Page) -> Page | PageFailure:
        """Keep a page that was read now; the page without what is its reader's own."""
        if change := file.found.change():
            # what was read now is not what the key was made of
            return PageFailure(page.locator.number, change)
        plain = _plain(page)
        self.writer.keep_page(self.name, key, plain, file=file.digest)
        self.writer.commit()
        self.fresh += 1
        return plain

    def outcomes(self, path: Path, numbers: Sequence[int]) -> Generator[Page | PageFailure]:
        """Pages as the reader gives them; a file that it does not take is a failure of each of them.

        It touches no index, so that any thread may draw them.
        """
        if self.platform.lasting is not None:
            yield from (PageFailure(number, reason_of(self.platform.lasting)) for number in numbers)
            return
        waiting = set(numbers)
        try:
            for outcome in self.reader.read(path, numbers):
                waiting.discard(outcome.number if isinstance(outcome, PageFailure) else outcome.locator.number)
                yield outcome
        except ParseError as error:
            yield from (PageFailure(number, error.reason) for number in sorted(waiting))
        except errors.ApiError as error:
            self.platform.note(error)
            yield from (PageFailure(number, reason_of(error)) for number in sorted(waiting))


def _plain(page: Page) -> Page:
    """The page without the fields of its reader: an index keeps no more."""
    if isinstance(page, OcrPage):
        return page.plain()
    return Page.model_construct(**{name: getattr(page, name) for name in Page.model_fields})


def merge_ocr(parsed: ParsedFile, outcomes: OcrOutcomes, *, reader: str, stem: str) -> ParsedFile:
    """The file, still uncut, with what was read in place of its pages; pages that were not read become problems."""
    pages = {page.locator.number: page for page in parsed.pages}
    problems = list(parsed.problems)
    for picture in parsed.pictures:
        outcome = outcomes.get(picture.page)
        if isinstance(outcome, Page):
            pages[picture.page] = better(pages[picture.page], outcome)
        elif (problem := _problem(picture, outcome, reader)) is not None:
            problems.append(problem)
            pages |= {page.locator.number: page for page in without_wrong_text([pages[picture.page]])}
    return replace(
        parsed,
        title=_title(parsed, pages[1], stem) if 1 in outcomes and 1 in pages else parsed.title,
        pages=tuple(pages.values()),
        problems=tuple(sorted(problems, key=lambda problem: problem.page or 0)),
        pictures=(),
    )


def _problem(picture: PicturePage, outcome: Page | PageFailure | None, reader: str) -> PageProblem | None:
    """The problem of a picture that was not read; None where the text layer is enough without it."""
    if not picture.reason.startswith(NEEDS_OCR):
        return None
    failure = outcome.reason if isinstance(outcome, PageFailure) else "gave no page"
    return PageProblem(picture.page, f"{NEEDS_OCR}, and {reader} failed: {failure}")


def better(layer: Page, reading: Page) -> Page:
    """The reading in the text layer's place, or the layer where the reading brings hardly anything new or can't."""
    new = set(reading.text.casefold().split()) - set(layer.text.casefold().split())
    is_no_gain = len(new) < MIN_NEW_WORDS or _lacks_script(layer.text, reading.text)
    if layer.text.strip() and is_no_gain and not has_wrong_text(layer):
        return layer
    own = {name: getattr(layer, name) for name in ("locator", "width", "height", "doubts")}
    return reading.model_copy(update={**own, "doubts": (*layer.doubts, *reading.doubts)})


def _lacks_script(layer: str, reading: str) -> bool:
    """True when the layer is in a script that its reader has not learnt: it takes the letters for other ones."""
    most = MAX_GROWTH * sum(map(str.isalpha, layer))
    return is_foreign(layer) and not is_foreign(reading) and sum(map(str.isalpha, reading)) <= most


def _title(parsed: ParsedFile, first: Page, stem: str) -> str:
    """The document's title, for one that had only its file's name: from the titles on its first page."""
    if parsed.title != title_of("", "", stem):
        return parsed.title
    titles = [block for block in first.blocks[:3] if block.kind == "title"]
    cover = " ".join(" ".join(first.text[block.start : block.end].split()) for block in titles)
    return " ".join(title_of("", cover, stem, first_page=first.text).split()) or parsed.title


PageState = Literal["text", "ocr", "blank", "failed"]


def page_states(parsed: ParsedFile) -> list[PageState]:
    """The state in which each page of a file ended."""
    failed = {problem.page for problem in parsed.problems}
    return [_state(page, failed=page.locator.number in failed) for page in parsed.pages]


def _state(page: Page, *, failed: bool) -> PageState:
    if failed:
        return "failed"
    if any(block.origin in ("mistral-ocr", "local-ocr") for block in page.blocks):
        return "ocr"
    return "text" if page.text.strip() else "blank"
