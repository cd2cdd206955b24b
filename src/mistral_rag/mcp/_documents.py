"""Documents by name, their lines and their pages, as one reader may see them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from mistral_rag._printable import one_line
from mistral_rag.index import View
from mistral_rag.mcp._results import FoundLine, FoundLines, ListedDocument, ListedDocuments
from mistral_rag.schema import Page, Source
from mistral_rag.text import normal_form

MAX_LINE = 400
"""Characters of a line that is found: as much as tells what it is about; the page has the rest."""


class UnknownDocumentError(LookupError):
    """There is no such document or page for this reader; the message says what there is."""


@dataclass(frozen=True, slots=True)
class NamedDocuments:
    """The documents of a view, by names that tell one from the other: that below its root, else its URI."""

    view: View
    by_name: dict[str, Source]

    @classmethod
    def of(cls, view: View) -> "NamedDocuments":
        """All documents that the view's reader may see."""
        sources = sorted(view.sources(), key=lambda source: (source.name.casefold(), source.uri))
        often = Counter(source.name for source in sources)
        return cls(view, {source.name if often[source.name] == 1 else source.uri: source for source in sources})

    def named(self, document: str) -> Source:
        """The document of that name or URI. Raises UnknownDocumentError, which names those whose names are alike."""
        for name, source in self.by_name.items():
            if document in (name, source.uri):
                return source
        wanted = document.casefold()
        alike = [name for name, source in self.by_name.items() if wanted in f"{name} {source.title}".casefold()]
        hint = f" Did you mean: {', '.join(alike[:5])}?" if alike else " list_documents names those that there are."
        raise UnknownDocumentError(f"there is no document {document!r}.{hint}")

    def name_of(self, uri: str) -> str:
        """The name of a document that is there, else its URI."""
        return next((name for name, source in self.by_name.items() if source.uri == uri), uri)

    def listed(self, text: str, *, offset: int, limit: int) -> ListedDocuments:
        """Documents whose name or title holds `text`."""
        wanted = _folded(text)
        fit = [(n, source) for n, source in self.by_name.items() if wanted in _folded(f"{n} {source.title}")]
        page = fit[offset : offset + limit]
        pages = self.view.page_summaries([source.uri for _, source in page])
        shown = [
            ListedDocument(
                document=name,
                title=one_line(source.title),
                media_type=source.media_type,
                pages=len(pages.get(source.uri, ())),
            )
            for name, source in page
        ]
        return ListedDocuments(total=len(fit), documents=shown)

    def lines_with(self, words: str, documents: Sequence[str], *, limit: int) -> FoundLines:
        """Lines that hold exactly these words, whatever their case."""
        chosen = [(name, self.named(name)) for name in documents] or list(self.by_name.items())
        found = list(islice(self._matches(words, chosen), limit + 1))
        return FoundLines(lines=found[:limit], more=len(found) > limit)

    def _matches(self, words: str, documents: Sequence[tuple[str, Source]]) -> Iterator[FoundLine]:
        wanted = _folded(words)
        for name, source in documents:
            for page in self.view.pages(source.uri):
                for line in page.text.splitlines():
                    if (at := _folded(line).find(wanted)) >= 0:
                        place = str(page.locator)
                        yield FoundLine(document=name, page=page.locator.number, place=place, line=_cut(line, at))

    def page(self, document: str, number: int) -> tuple[Source, Page]:
        """A page by its number. Raises UnknownDocumentError."""
        source = self.named(document)
        try:
            return source, self.view.page(source.uri, number)
        except KeyError:
            last = len(self.view.page_summaries([source.uri]).get(source.uri, ()))
            raise UnknownDocumentError(f"{document} has no page {number}; its pages are 1 to {last}") from None


def _cut(line: str, at: int) -> str:
    """The part of a long line around a place in it."""
    start = max(0, at - MAX_LINE // 2) if len(line) > MAX_LINE else 0
    return one_line(line[start : start + MAX_LINE].strip())


def _folded(text: str) -> str:
    """Text without case, and with one form of each quotation mark, dash and blank."""
    return normal_form(text, "typography").text.casefold()
