"""Sources and their pages: text, blocks, and the units that can be cited."""

import re
from datetime import datetime
from itertools import pairwise
from typing import Annotated, Literal, Protocol, Self

from pydantic import Field, JsonValue, field_validator, model_validator

from mistral_rag.schema._base import UNCLEAN, Digest, Fraction, Model, Number, Offset, Text, text_digest
from mistral_rag.schema._boxes import Box, WordBoxes
from mistral_rag.schema._tables import CellValue, Run, Table

LocatorKind = Literal["page", "slide", "sheet", "section", "part"]
"""Kinds of page: a "part" is one of a mail, a "section" one of a document without pages."""
BlockKind = Literal[
    "title",
    "text",
    "list",
    "table",
    "caption",
    "header",
    "footer",
    "code",
    "equation",
    "image",
    "references",
    "aside",
    "note",
    "comment",
]
"""Kinds of block, by their part in the page's layout.

A "note" is a footnote or what a speaker sees beside a slide, a "comment" what somebody wrote on the document.
"""
Origin = Literal["text-layer", "mistral-ocr", "local-ocr", "markup"]
"""Sources of text: a PDF's own text, OCR by the platform or on this machine, a file that is text."""
UnitKind = Literal["sentence", "row", "item", "heading", "line", "note", "comment"]
"""Kinds of unit: an "item" is one of a list, a "line" anything that is no sentence; notes and comments stand apart."""


class Source(Model):
    """A file, URL or record that pages were read from.

    `name` is what people see: the path below the root named in the build, or the URL; `uri` is the
    percent-encoded file or web URI, and the identity; `digest` is the sha256 of the bytes that were read.
    `groups` are the principals' groups that may read it, "*" is everyone; a source that names none is read by
    everyone in an index where no source names any, and hidden in one where some do. A member of an archive or mail
    names its container in `parent` and its path there in `member`.
    """

    uri: Annotated[str, Field(min_length=1)]
    digest: Digest
    name: str
    title: str
    media_type: str
    language: Annotated[str, Field(description="ISO 639-1 code, empty when unknown")] = ""
    modified: datetime | None = None
    groups: tuple[str, ...] = ()
    metadata: dict[str, JsonValue] = Field(default_factory=dict)
    parent: str | None = None
    member: str | None = None


class Locator(Model):
    """Position of a page in a document: `number` counts from 1; `label` is what is printed on it.

    The label of a section is its heading path; of a sheet its name; `cells` is a range such as "B2:D9", in a page's
    locator all that it holds, in that of a quote its own. A sheet is written as in a formula: 'Q1 Sales'!B2:D9.
    """

    kind: LocatorKind
    number: Number
    label: str = ""
    cells: str | None = None

    def __str__(self) -> str:
        label = self.label.strip()
        plain = not label or label == str(self.number)
        if self.cells:
            named = label if _PLAIN_NAME.fullmatch(label) else "'{}'".format(label.replace("'", "''"))
            return f"{named}!{self.cells}" if label else self.cells
        if self.kind == "page":
            return f"p. {self.number}" if plain else f"p. {label} (page {self.number})"
        return f"{self.kind} {self.number}" if plain else label


_PLAIN_NAME = re.compile(r"[^\W\d][\w.]*")
"""A sheet's name that needs no quotation marks in a reference."""


class Placed(Protocol):
    """Anything with a `locator`, such as a `Page`."""

    @property
    def locator(self) -> Locator:
        """Position in the document."""


class Block(Run):
    """A run of a page's text that belongs together, and what it is."""

    kind: BlockKind
    box: Box | None = None
    origin: Origin = "text-layer"


class Unit(Run):
    """The smallest thing that can be cited: a sentence, a table row, a list item.

    `header` is the index (in `Page.units`) of the row that names this row's columns.
    """

    kind: UnitKind = "sentence"
    header: Offset | None = None


UNCITED_KINDS = frozenset({"header", "footer"})
"""Kinds of block that repeat on every page and that units need not cover."""


class Page(Model):
    """One page as a reader sees it: a PDF page, slide, sheet, mail part or top-level section.

    `width` and `height` are points (1/72 inch), 0 where there is no paper. `text` holds no control
    characters but newline and tab, no U+FFFE and no lone surrogate. `units` tile the text: they are in order,
    do not overlap, and leave out nothing but white space and running headers and footers. A page that is not
    cut into units yet has none. `confidence` is the reader's own (OCR), 0 to 1. `tables` are in order and do not
    overlap. `doubts` are the reasons why the text may not be what is printed.
    """

    locator: Locator
    text: str
    width: Annotated[float, Field(ge=0)] = 0.0
    height: Annotated[float, Field(ge=0)] = 0.0
    words: WordBoxes = Field(default_factory=WordBoxes)
    blocks: tuple[Block, ...] = ()
    units: tuple[Unit, ...] = ()
    tables: tuple[Table, ...] = ()
    confidence: Fraction | None = None
    doubts: tuple[Text, ...] = ()

    @field_validator("text")
    @classmethod
    def _clean(cls, text: str) -> str:
        if found := UNCLEAN.search(text):
            raise ValueError(f"page text holds U+{ord(found[0]):04X} at {found.start()}; see clean_text")
        return text

    @model_validator(mode="after")
    def _in_bounds(self) -> Self:
        length = len(self.text)
        if any(run.end > length for run in (*self.blocks, *self.units, *self.tables)):
            raise ValueError("a block, unit or table ends behind the page's text")
        if self.words.data:
            records = WordBoxes.RECORD.iter_unpack(self.words.data)
            end = 0
            for word in records:
                if not end <= word[0] < word[1]:
                    raise ValueError("words must be in order and not overlap")
                end = word[1]
            if end > length:
                raise ValueError("a word ends behind the page's text")
        return self

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if any(before.end > after.start for before, after in pairwise(self.tables)):
            raise ValueError("tables overlap or are out of order")
        return self

    @model_validator(mode="after")
    def _tiled(self) -> Self:
        if not self.units:
            return self
        if any(before.end > after.start for before, after in pairwise(self.units)):
            raise ValueError("units overlap or are out of order")
        if any(unit.header is not None and unit.header >= len(self.units) for unit in self.units):
            raise ValueError("a unit's header is no unit of its page")
        running = [(b.start, b.end) for b in self.blocks if b.kind in UNCITED_KINDS]
        covered = sorted([(u.start, u.end) for u in self.units] + running)
        at = 0
        for start, end in (*covered, (len(self.text), len(self.text))):
            if start > at and not self.text[at:start].isspace():
                raise ValueError(f"no unit holds {self.text[at:start].strip()[:40]!r} at {at}")
            at = max(at, end)
        return self

    @property
    def text_sha256(self) -> str:
        """Digest of the text; a span whose digest differs is stale."""
        return text_digest(self.text)

    def cell_values(self, start: int, end: int) -> tuple[CellValue, ...]:
        """The values of table cells that begin in ``[start, end)``, each with the names of its column and row."""
        return tuple(
            value
            for table in self.tables
            if table.start < end and start < table.end
            for value in table.values(self.text, start, end)
        )

    def locator_at(self, start: int, end: int) -> Locator:
        """Position of the text in ``[start, end)``: the page's, with the cells that hold it where that is known."""
        ranges = [t.cell_range(start, end) for t in self.tables if t.sheet_rows and t.start < end and start < t.end]
        known = [cells for cells in ranges if cells]
        return self.locator.model_copy(update={"cells": ",".join(known)}) if known else self.locator

    def origin_at(self, start: int, end: int) -> Origin:
        """Origin of the text in ``[start, end)``: that of the block it begins in."""
        for block in self.blocks:
            if block.start < end and start < block.end:
                return block.origin
        return self.blocks[0].origin if self.blocks else "text-layer"
