"""The parts of a mail as pages: what its author wrote below its head, what it repeats of others, the signature."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from ingest.parsing._html.reader import HtmlReader
from ingest.parsing._mail.headers import metadata_of
from ingest.parsing._mail.history import MailText, divide, history_start
from ingest.parsing._mail.markup import divide_markup
from ingest.parsing._result import Member, PageProblem, Parsed
from ingest.parsing._texts.code import code_runs
from ingest.parsing._texts.outline import Outline, split_text
from mistral_rag.schema import Block, Locator, Page, clean_text
from mistral_rag.text import drop_invisible

HISTORY: Final = "quoted history"
SIGNATURE: Final = "signature"
"""Labels of the parts that stand apart from what the author wrote."""
_SHOWN: Final = (("from", "From"), ("to", "To"), ("cc", "Cc"), ("date", "Date"), ("subject", "Subject"))


@dataclass(frozen=True, slots=True)
class Mail:
    """A message: its fields by their names in lower case, its text, plain or HTML, and the files that it carries."""

    fields: dict[str, str]
    plain: str = ""
    html: str = ""
    members: Iterable[Member] = ()
    problems: tuple[str, ...] = ()


def parsed_mail(mail: Mail, name: str) -> Parsed:
    """The pages of a mail; its title is its subject, else its file's name.

    The HTML of a mail is read before its plain text: tables and lists are marked there.
    """
    subject = mail.fields.get("subject", "")
    head = "\n".join(f"{shown}: {mail.fields[key]}" for key, shown in _SHOWN if mail.fields.get(key))
    pages, hidden = _markup_pages(mail.html, head, subject) if mail.html.strip() else ([], 0)
    if not pages:
        pages = _plain_pages(divide(_plain(mail.plain), subject=subject), head)
    numbered = tuple(
        page.model_copy(update={"locator": Locator(kind="part", number=number, label=page.locator.label)})
        for number, page in enumerate(pages, 1)
    )
    problems = tuple(PageProblem(None, reason) for reason in mail.problems)
    counted = {0: hidden} if hidden else {}
    return Parsed(subject or name, metadata_of(mail.fields), numbered, problems, hidden=counted, members=mail.members)


def _markup_pages(html: str, head: str, subject: str) -> tuple[list[Page], int]:
    """The parts of a mail in HTML, and how many of its characters nobody sees; no part when it has no text."""
    parts = divide_markup(html, subject=subject)
    outline = Outline()
    outline.has_title = True
    for line in head.split("\n"):
        outline.block("list", line)
    reader = HtmlReader(outline)
    reader.read(parts.own)
    own: list[Page] = []
    history = parts.history
    for page in outline.pages():
        # the head of the message itself looks like that of one which it repeats
        behind = len(head) if page.text.startswith(head) else 0
        start = history_start(page.text[behind:], subject=subject)
        if start is None:
            own.append(page)
            continue
        start += behind
        own += [_until(page, start)] if page.text[:start].strip() else []
        history = f"{page.text[start:].strip()}\n\n{history}".strip()
        break
    if not any(page.text.strip() != head.strip() for page in own) and not history and not parts.signature:
        return [], 0
    return [*own, *_apart(HISTORY, history), *_apart(SIGNATURE, parts.signature)], reader.hidden


def _until(page: Page, end: int) -> Page:
    """The page up to an offset."""
    text = page.text[:end].rstrip()
    blocks = tuple(
        block.model_copy(update={"end": min(block.end, len(text))}) for block in page.blocks if block.start < len(text)
    )
    tables = tuple(table for table in page.tables if table.end <= len(text))
    return Page(locator=page.locator, text=text, blocks=blocks, tables=tables)


def _plain_pages(text: MailText, head: str) -> list[Page]:
    own = "\n\n".join(part for part in (head, text.own) if part)
    return [*_apart("", own), *_apart(HISTORY, text.history), *_apart(SIGNATURE, text.signature)]


def _apart(label: str, text: str) -> list[Page]:
    return [_page(label, part) for part in split_text(text) if part.strip()]


def _page(label: str, text: str) -> Page:
    plain = _plain(text).strip("\n")
    blocks = tuple(Block(start=start, end=end, kind="code") for start, end in code_runs(plain))
    return Page(locator=Locator(kind="part", number=1, label=label), text=plain, blocks=blocks)


def _plain(text: str) -> str:
    return drop_invisible(clean_text(text))
