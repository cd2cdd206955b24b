"""Results of OCR: pages with their words, tables, images and confidence."""

import base64
import binascii
import struct
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from typing import Any, Literal, NamedTuple

from pydantic import Field, GetCoreSchemaHandler, SerializeAsAny
from pydantic_core import CoreSchema

from mistral_rag.ocr._reader import PageFailure
from mistral_rag.schema import Box, Digest, Fraction, Model, Offset, Page, Run, Table, base64_schema

TableFormat = Literal["markdown", "html"]


class ScoredWord(NamedTuple):
    """A word of a page: code point offsets in `Page.text`, and the reader's confidence in it, 0 to 1."""

    start: int
    end: int
    confidence: float


class WordScores:
    """The reader's confidence in each word, packed: 10 bytes a word, in the order of `start`.

    Little-endian records of start, end (uint32, code points) and confidence (uint16, times 65,535). In JSON: base64 of
    the records.
    """

    RECORD = struct.Struct("<IIH")
    SCALE = 65535
    __slots__ = ("data",)

    def __init__(self, data: bytes = b"") -> None:
        if len(data) % self.RECORD.size:
            raise ValueError(f"packed scores are {self.RECORD.size} bytes each, got {len(data)} bytes")
        self.data = bytes(data)

    @classmethod
    def pack(cls, words: Iterable[tuple[int, int, float]]) -> "WordScores":
        """Pack (start, end, confidence) rows."""
        flat: list[int] = []
        for start, end, confidence in words:
            flat += start, end, round(min(max(confidence, 0.0), 1.0) * cls.SCALE)
        # one call for all words: ten times as fast as one a word
        return cls(struct.pack("<" + "IIH" * (len(flat) // 3), *flat))

    def __len__(self) -> int:
        return len(self.data) // self.RECORD.size

    def __iter__(self) -> Iterator[ScoredWord]:
        return (
            ScoredWord(start, end, confidence / self.SCALE)
            for start, end, confidence in self.RECORD.iter_unpack(self.data)
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, WordScores) and other.data == self.data

    def __hash__(self) -> int:
        return hash(self.data)

    def __repr__(self) -> str:
        return f"WordScores({len(self)} words)"

    def lowest(self, start: int, end: int) -> float | None:
        """Lowest confidence of the words that share a character with ``[start, end)``; None without one."""
        words = list(self)
        first = bisect_right(words, start, key=lambda word: word.end)
        last = bisect_left(words, end, key=lambda word: word.start)
        return min((word.confidence for word in words[first:last]), default=None)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return base64_schema(cls)


class OcrTable(Table):
    """A table with its `content` as the platform sent it; in `Page.text` each row is a line.

    `header` are the texts of the rows that name the columns, by the platform's marks or by their looks; `rows` are
    those below. In rows that a cell covers it stands again.
    """

    id: str
    format: TableFormat
    content: str
    header: tuple[tuple[str, ...], ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()

    def plain(self) -> Table:
        """The table without the fields that only OCR has."""
        return Table.model_construct(**{name: getattr(self, name) for name in Table.model_fields})


class OcrImage(Model):
    """A picture on a page; `at` is its offset in `Page.text`.

    `annotation` is an instance of the class given as `bbox_annotation`, or a dict where a JSON schema was given.
    """

    id: str
    at: Offset
    box: Box | None = None
    data_url: str | None = Field(default=None, repr=False)
    annotation: SerializeAsAny[Any] = None

    @property
    def content(self) -> bytes | None:
        """Bytes of the picture; None where they were not asked for, or are no valid base64."""
        try:
            return base64.b64decode((self.data_url or "").rpartition(",")[2], validate=True) or None
        except binascii.Error:
            return None


class SeenWord(Run):
    """A word of `Page.text`."""

    text: str


class LayerWord(Model):
    """A word of a PDF's own text layer, with its box."""

    text: str
    box: Box | None = None


class LayerComparison(Model):
    """Comparison of the words read with those of the PDF's own text layer.

    Case, punctuation and line-end hyphens make no difference. Words only in the layer were missed by the reader, or
    are hidden on the page; words only read are in pictures, or invented by the reader. `agreement` is the share of
    common words in the words of both.
    """

    only_in_layer: tuple[LayerWord, ...] = ()
    only_read: tuple[SeenWord, ...] = ()
    agreement: Fraction = 1.0


class OcrPage(Page):
    """A page that was read.

    `text` is plain text without markup, with header and footer as blocks of their own and tables at their positions.
    `markdown` is the page as the platform sent it. `confidence` is the mean over the page, `lowest_confidence` the
    minimum over its words; `doubtful` says that the mean lies below the reader's threshold. `problems` names what
    the reply left out or got wrong on this page. `layer` is None where there is no text layer to compare with.
    """

    markdown: str = ""
    header: str = ""
    footer: str = ""
    tables: tuple[OcrTable, ...] = ()
    images: tuple[OcrImage, ...] = ()
    hyperlinks: tuple[str, ...] = ()
    scores: WordScores = Field(default_factory=WordScores)
    lowest_confidence: Fraction | None = None
    doubtful: bool = False
    layer: LayerComparison | None = None
    problems: tuple[str, ...] = ()

    def plain(self) -> Page:
        """The page without the fields that only OCR has."""
        plain = {name: getattr(self, name) for name in Page.model_fields}
        return Page.model_construct(**{**plain, "tables": tuple(table.plain() for table in self.tables)})


class OcrUsage(Model):
    """Pages and bytes that the platform counted, over all requests."""

    pages_processed: Offset = 0
    doc_size_bytes: Offset = 0


class OcrResult(Model):
    """A document that was read: its pages in order, and the failures of those that could not be read.

    `source` is the name or URL of the document, `digest` the sha256 of its bytes; None for a remote document.
    `annotation` is an instance of the class given as `document_annotation`, or a dict where a JSON schema was given.
    """

    source: str
    digest: Digest | None = None
    media_type: str = ""
    pages: tuple[OcrPage, ...] = ()
    failures: tuple[PageFailure, ...] = ()
    model: str = ""
    usage: OcrUsage = OcrUsage()
    annotation: SerializeAsAny[Any] = None

    @property
    def text(self) -> str:
        """Text of all pages, separated by form feeds."""
        return "\f".join(page.text for page in self.pages)

    @property
    def doubtful(self) -> tuple[OcrPage, ...]:
        """Pages whose mean confidence lies below the threshold."""
        return tuple(page for page in self.pages if page.doubtful)

    def page(self, number: int) -> OcrPage:
        """The page of this number (from 1); raises KeyError when it was not read."""
        for page in self.pages:
            if page.locator.number == number:
                return page
        raise KeyError(number)
