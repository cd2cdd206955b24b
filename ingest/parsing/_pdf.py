"""The parser for PDF files."""

import io
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import starmap
from pathlib import Path

from pydantic import JsonValue

from ingest.parsing._pages.titles import title_of
from ingest.parsing._result import NEEDS_OCR, WRONG_TEXT, Member, PageProblem, Parsed
from ingest.parsing._samples import doubts_of
from mistral_rag.errors import ParseError
from mistral_rag.pdf import SPARSE, PdfFile, Sheet, largest_words, pages_of
from mistral_rag.schema import Page, WordBoxes
from mistral_rag.text import readable_name

MIN_INK = 0.004
"""A page with little text and a larger share of dark pixels than this shows something that is no text."""
MAX_GARBAGE = 0.1
"""A larger share than this of characters without a meaning makes a page's text worthless."""
MIN_CHARACTERS_TO_JUDGE = 20
"""Characters from which on the share without a meaning says something."""
_METADATA = {"Author": "author", "Subject": "subject", "Keywords": "keywords", "CreationDate": "created"}


def parse(path: Path) -> Parsed:
    """The pages of a PDF file; raises ParseError when there are none to be had."""
    with PdfFile(path) as pdf:
        if not len(pdf):
            raise ParseError("the PDF has no pages")
        sheets: list[Sheet] = []
        problems: list[PageProblem] = []
        unread: list[PageProblem] = []
        for number in range(1, len(pdf) + 1):
            try:
                sheet = pdf.sheet(number)
            except ParseError as error:
                sheet = Sheet(number, 0.0, 0.0, "", WordBoxes(), (), 0, 0.0, 0.0)
                problems.append(PageProblem(number, error.reason))
            else:
                if reason := needs_ocr(sheet):
                    unread.append(PageProblem(number, reason))
            sheets.append(sheet)
        wrong = wrong_texts(pdf, sheets)
        attachments = pdf.attachments() + sum(sheet.files for sheet in sheets)
        labels = [pdf.label(sheet.number) for sheet in sheets]
        metadata: dict[str, JsonValue] = {
            name: value for key, name in _METADATA.items() if (value := pdf.metadata(key))
        }
        title = pdf.metadata("Title")
    unread = [problem for problem in unread if problem.page not in wrong]
    unread = sorted([*unread, *starmap(PageProblem, wrong.items())], key=lambda problem: problem.page or 0)
    pages = tuple(_with_doubt(page, wrong.get(page.locator.number)) for page in pages_of(sheets, labels=labels))
    largest, first = ("", "") if 1 in wrong else (largest_words(sheets[0]), sheets[0].text)
    title = title_of(title, largest, readable_name(path.stem), first_page=first)
    hidden = {sheet.number: sheet.hidden for sheet in sheets if sheet.hidden}
    # the text of these pages comes from their pictures, which do not show notes
    from_pictures = {problem.page for problem in unread}
    notes = sum(sheet.notes for sheet in sheets if sheet.number in from_pictures)
    members = _members(path) if attachments else ()
    return Parsed(title, metadata, pages, tuple(problems), tuple(unread), hidden, notes, members=members)


def _members(path: Path) -> Iterator[Member]:
    with PdfFile(path) as pdf:
        for number, (name, data) in enumerate(pdf.attached_files(), 1):
            shown = name or f"attachment {number}"
            if data is None:
                yield Member(shown, unread="it can't be taken out of the PDF")
            else:
                yield Member(shown, partial(io.BytesIO, data))


def wrong_texts(pdf: PdfFile, sheets: Sequence[Sheet]) -> dict[int, str]:
    """Pages whose text is not what is printed, by number, with the reason."""
    wrong = {number: str(font) for number, font in pdf.wrong_fonts().items()}
    wrong |= doubts_of(pdf, [sheet for sheet in sheets if sheet.number not in wrong])
    return {number: f"{WRONG_TEXT}: {wrong[number]}" for number in sorted(wrong)}


def _with_doubt(page: Page, doubt: str | None) -> Page:
    return page if doubt is None else page.model_copy(update={"doubts": (*page.doubts, doubt)})


def needs_ocr(sheet: Sheet) -> str | None:
    """The reason why a page's text layer is not enough; None when it is."""
    if sheet.visible < SPARSE and sheet.ink > MIN_INK:
        return f"{NEEDS_OCR}: {sheet.visible or 'no'} characters of text, but something is printed on the page"
    if sheet.visible >= MIN_CHARACTERS_TO_JUDGE and sheet.garbage > MAX_GARBAGE:
        return f"{NEEDS_OCR}: {sheet.garbage:.0%} of the characters have no meaning"
    return None
