"""The types everything else speaks: sources, pages, chunks, citations, answers.

One coordinate system: offsets count code points in `Page.text`, so that
``span.quote == page.text[span.start:span.end]`` always. All types are frozen pydantic models that refuse
unknown keys and survive ``model_validate_json(model_dump_json())`` unchanged.
"""

import base64
import hashlib
import re
import struct
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, Protocol, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    JsonValue,
    computed_field,
    field_validator,
    model_validator,
)
from pydantic_core import CoreSchema, core_schema

if TYPE_CHECKING:
    from langchain_core.documents import Document
    from langchain_core.messages import AIMessage
    from langchain_core.messages import Citation as CitationBlock

Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
Offset = Annotated[int, Field(ge=0)]
Number = Annotated[int, Field(ge=1)]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]

LocatorKind = Literal["page", "slide", "sheet", "section", "part"]
BlockKind = Literal[
    "title", "text", "list", "table", "caption", "header", "footer", "code", "equation", "image", "references", "aside"
]
Origin = Literal["text-layer", "mistral-ocr", "local-ocr", "markup"]
UnitKind = Literal["sentence", "row", "item", "heading", "line"]
BoxPrecision = Literal["word", "line", "block", "page", "none"]
SpanRole = Literal["quote", "header"]
Location = Literal["exact", "normalised", "moved", "ambiguous", "not_found", "stale"]
Support = Literal["supported", "partial", "unsupported", "contradicted", "unchecked"]
Status = Literal["answered", "partial", "abstained", "blocked", "incomplete"]

QUOTE_JOINT = " … "
"""What stands between the parts of a quote that has several spans."""

ANNOTATION_VERSION = 1
"""Version of the `extras["mistral_rag"]` object of a LangChain citation block."""


def text_digest(text: str) -> str:
    """Lower-case hex sha256 of the UTF-8 form of `text`."""
    return hashlib.sha256(text.encode()).hexdigest()


class Model(BaseModel):
    """Base of all types here: frozen, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Box(Model):
    """A rectangle on a page as a reader sees it, rotation and crop applied.

    Fractions of the page's width and height; the origin is the top left corner.
    """

    left: Fraction
    top: Fraction
    right: Fraction
    bottom: Fraction

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.left > self.right or self.top > self.bottom:
            raise ValueError("a box needs left <= right and top <= bottom")
        return self

    @classmethod
    def around(cls, boxes: Iterable["Box"]) -> "Box":
        """The smallest box that holds all of `boxes` (at least one)."""
        every = list(boxes)
        return cls(
            left=min(b.left for b in every),
            top=min(b.top for b in every),
            right=max(b.right for b in every),
            bottom=max(b.bottom for b in every),
        )


class Word(NamedTuple):
    """One word of a page: code point offsets in `Page.text` and its box."""

    start: int
    end: int
    box: Box


def base64_schema(packed: Any) -> CoreSchema:
    """The pydantic schema of a class made of one `data`, bytes: base64 text in JSON, the object itself in Python."""
    from_text = core_schema.no_info_after_validator_function(
        lambda text: packed(base64.b64decode(text, validate=True)), core_schema.str_schema()
    )
    return core_schema.json_or_python_schema(
        json_schema=from_text,
        python_schema=core_schema.union_schema([core_schema.is_instance_schema(packed), from_text]),
        serialization=core_schema.plain_serializer_function_ser_schema(
            lambda value: base64.b64encode(value.data).decode(),
            return_schema=core_schema.str_schema(),
            when_used="json",
        ),
    )


class WordBoxes:
    """The words of a page with their boxes, packed: 16 bytes a word.

    Little-endian records of start, end (uint32, code points) and left, top, right, bottom (uint16, fractions
    times 65,535), in the order of `start`. In JSON: base64 of the records.
    """

    RECORD = struct.Struct("<IIHHHH")
    SCALE = 65535
    __slots__ = ("data",)

    def __init__(self, data: bytes = b"") -> None:
        if len(data) % self.RECORD.size:
            raise ValueError(f"packed words are {self.RECORD.size} bytes each, got {len(data)} bytes")
        self.data = bytes(data)

    @classmethod
    def pack(cls, words: Iterable[tuple[int, int, float, float, float, float]]) -> "WordBoxes":
        """Pack (start, end, left, top, right, bottom) rows; boxes are clipped to the page."""
        scale = cls.SCALE
        return cls(
            b"".join(
                cls.RECORD.pack(start, end, *(round(min(max(side, 0.0), 1.0) * scale) for side in box))
                for start, end, *box in words
            )
        )

    def __len__(self) -> int:
        return len(self.data) // self.RECORD.size

    def __iter__(self) -> Iterator[Word]:
        return map(self._word, self.RECORD.iter_unpack(self.data))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, WordBoxes) and other.data == self.data

    def __hash__(self) -> int:
        return hash(self.data)

    def __repr__(self) -> str:
        return f"WordBoxes({len(self)} words)"

    def between(self, start: int, end: int) -> list[Word]:
        """The words that share at least one character with ``[start, end)``, in order."""
        records = list(self.RECORD.iter_unpack(self.data))
        first = bisect_right(records, start, key=lambda r: r[1])
        last = bisect_left(records, end, key=lambda r: r[0])
        return [self._word(record) for record in records[first:last]]

    @classmethod
    def _word(cls, record: tuple[Any, ...]) -> Word:
        start, end, *sides = record
        left, top, right, bottom = (side / cls.SCALE for side in sides)
        return Word(start, end, Box(left=left, top=top, right=max(left, right), bottom=max(top, bottom)))

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return base64_schema(cls)


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
    """Where in a document a page is: `number` counts from 1; `label` is what is printed on it.

    The label of a section is its heading path; of a sheet its name; `cells` is a range such as "B2:D9".
    """

    kind: LocatorKind
    number: Number
    label: str = ""
    cells: str | None = None

    def __str__(self) -> str:
        label = self.label.strip()
        plain = not label or label == str(self.number)
        if self.kind == "page":
            return f"p. {self.number}" if plain else f"p. {label} (page {self.number})"
        return f"{self.kind} {self.number}" if plain else label


class Placed(Protocol):
    """What knows where in a document it is, such as a `Page`."""

    @property
    def locator(self) -> Locator:
        """Where that is."""


class Run(Model):
    """A run of a page's text, at least one character long."""

    start: Offset
    end: Offset

    @model_validator(mode="after")
    def _forwards(self) -> Self:
        if self.start >= self.end:
            raise ValueError("a run of text needs start < end")
        return self


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
    cut into units yet has none. `confidence` is the reader's own (OCR), 0 to 1.
    """

    locator: Locator
    text: str
    width: Annotated[float, Field(ge=0)] = 0.0
    height: Annotated[float, Field(ge=0)] = 0.0
    words: WordBoxes = Field(default_factory=WordBoxes)
    blocks: tuple[Block, ...] = ()
    units: tuple[Unit, ...] = ()
    confidence: Fraction | None = None

    @field_validator("text")
    @classmethod
    def _clean(cls, text: str) -> str:
        if found := UNCLEAN.search(text):
            raise ValueError(f"page text holds U+{ord(found[0]):04X} at {found.start()}; see clean_text")
        return text

    @model_validator(mode="after")
    def _in_bounds(self) -> Self:
        length = len(self.text)
        if any(run.end > length for run in (*self.blocks, *self.units)):
            raise ValueError("a block or unit ends behind the page's text")
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
        """Digest of the text, by which a span knows that it still fits."""
        return text_digest(self.text)

    def origin_at(self, start: int, end: int) -> Origin:
        """Where the text in ``[start, end)`` came from: that of the block it begins in."""
        for block in self.blocks:
            if block.start < end and start < block.end:
                return block.origin
        return self.blocks[0].origin if self.blocks else "text-layer"


UNCLEAN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]")


def clean_text(text: str) -> str:
    """Text as `Page.text` allows it: lone surrogates become U+FFFD, CR LF a newline, other controls a space.

    Every replacement but CR LF keeps the length, so offsets stay comparable.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return UNCLEAN.sub(lambda m: "\ufffd" if m[0] >= "\ud800" else " ", text)


class Chunk(Model):
    """A run of whole units of one page: what is embedded and found.

    `page` is the page's position in its source, from 1; `first_unit` and `last_unit` (inclusive) index
    `Page.units`; `text` is ``page.text[start:end]``.
    """

    id: Annotated[str, Field(min_length=1)]
    uri: str
    page: Number
    first_unit: Offset
    last_unit: Offset
    start: Offset
    end: Offset
    text: str
    headings: tuple[str, ...] = ()
    kind: BlockKind = "text"

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.end - self.start != len(self.text):
            raise ValueError("a chunk's text must be as long as its range")
        if self.first_unit > self.last_unit:
            raise ValueError("a chunk's first unit comes after its last")
        return self

    @staticmethod
    def make_id(uri: str, text: str, ordinal: int = 0) -> str:
        """The id of the `ordinal`-th chunk (from 0) with this text in its source: survives edits elsewhere."""
        return hashlib.sha256(f"{uri}\0{ordinal}\0{text}".encode()).hexdigest()[:32]

    def to_document(self, source: Source, page: "Placed") -> "Document":
        """The chunk as a LangChain Document: id, text and metadata by the design's names.

        `page` is the page it stands on, or anything else that has its `locator`.
        """
        from langchain_core.documents import Document

        metadata: dict[str, Any] = {
            **source.metadata,
            "source": source.name,
            "uri": source.uri,
            "title": source.title,
            "page_number": page.locator.number,
            "page_label": page.locator.label,
            "locator": page.locator.kind,
            "page": self.page,
            "start_index": self.start,
            "first_unit": self.first_unit,
            "last_unit": self.last_unit,
            "headings": list(self.headings),
            "kind": self.kind,
            "digest": source.digest,
            "language": source.language,
        }
        return Document(id=self.id, page_content=self.text, metadata=metadata)

    @classmethod
    def from_document(cls, document: "Document") -> "Chunk":
        """The chunk a Document was made from.

        A Document that no chunk became is its own source with one page: its text is one unit at offset 0.
        """
        meta: Mapping[str, Any] = document.metadata
        text = document.page_content
        uri = str(meta.get("uri") or meta.get("source") or f"document:{text_digest(text)[:32]}")
        start = int(meta["start_index"]) if "first_unit" in meta else 0
        return cls(
            id=document.id or cls.make_id(uri, text),
            uri=uri,
            page=int(meta["page"]) if "first_unit" in meta else 1,
            first_unit=int(meta.get("first_unit", 0)),
            last_unit=int(meta.get("last_unit", 0)),
            start=start,
            end=start + len(text),
            text=text,
            headings=tuple(meta["headings"]) if "first_unit" in meta else (),
            kind=meta["kind"] if "first_unit" in meta else "text",
        )


class Span(Model):
    """A run of one page's text that stands there character for character."""

    page: Number
    locator: Locator
    start: Offset
    end: Offset
    quote: str
    boxes: tuple[Box, ...] = ()
    box_precision: BoxPrecision = "none"
    text_sha256: Digest
    role: SpanRole = "quote"

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.start >= self.end or len(self.quote) != self.end - self.start:
            raise ValueError("a span's quote must be as long as its range, and not empty")
        if bool(self.boxes) == (self.box_precision == "none"):
            raise ValueError("a span has boxes exactly when it has a precision")
        return self


def joined_quote(spans: Iterable[Span]) -> str:
    """The quoted text of spans: those of role "quote", in order, with an ellipsis between."""
    return QUOTE_JOINT.join(span.quote for span in spans if span.role == "quote")


LOCATED = frozenset({"exact", "normalised", "moved"})
VERIFIED = frozenset({"exact", "normalised"})


class Citation(Model):
    """Where a statement of the answer stands in a source.

    `start` and `end` span, in the answer's text, the statement that is backed, without its markers.
    `location` says how the quote was found (a fact); whether it backs the statement is `Claim.support` (a
    judgement). Where nothing was located, `quote` and `spans` are None and what was given stays in
    `given_quote`.
    """

    marker: str
    source: str
    uri: str
    title: str
    page: Number | None = None
    page_label: str = ""
    quote: str | None = None
    spans: tuple[Span, ...] | None = None
    start: Offset
    end: Offset
    digest: Digest | None = None
    origin: Origin | None = None
    confidence: Fraction | None = None
    chunk_id: str | None = None
    location: Location
    url: str | None = None
    given_quote: str | None = None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def verified(self) -> bool:
        """The quote stands on the page: found exactly, or up to white space and typography."""
        return self.location in VERIFIED

    @model_validator(mode="before")
    @classmethod
    def _computed_is_not_input(cls, data: Any) -> Any:
        if isinstance(data, dict) and "verified" in data:
            claimed, data = data["verified"], {k: v for k, v in data.items() if k != "verified"}
            if claimed is not (data.get("location") in VERIFIED):
                raise ValueError("`verified` is computed from `location` and can't be set")
        return data

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.start > self.end:
            raise ValueError("a citation's statement ends before it starts")
        if self.location in LOCATED:
            if not self.spans or self.page is None or self.digest is None:
                raise ValueError("a located citation needs spans, a page and a digest")
            if self.quote != joined_quote(self.spans):
                raise ValueError("a citation's quote is that of its spans")
        elif self.quote is not None or self.spans is not None:
            raise ValueError("a citation that was not located has neither quote nor spans")
        return self

    def to_annotation(self) -> "CitationBlock":
        """The citation as a LangChain content annotation; ours in full under `extras["mistral_rag"]`."""
        from langchain_core.messages.content import create_citation

        block = create_citation(
            url=self.url or self.uri,
            title=self.title,
            start_index=self.start,
            end_index=self.end,
            cited_text=self.quote,
        )
        block["extras"] = {"mistral_rag": {"version": ANNOTATION_VERSION, **self.model_dump(mode="json")}}
        return block

    @classmethod
    def from_annotation(cls, block: Mapping[str, Any]) -> "Citation":
        """The citation that `to_annotation` made this block of."""
        extras = dict(block["extras"]["mistral_rag"])
        version = extras.pop("version", None)
        if version != ANNOTATION_VERSION:
            raise ValueError(f"citation block of version {version}; this release reads {ANNOTATION_VERSION}")
        return cls.model_validate(extras)


class Claim(Model):
    """A sentence of the answer, and whether what it cites backs it.

    `numbers_ok` is False when a number of the claim stands in none of its sources, None when it has no
    number or no source.
    """

    start: Offset
    end: Offset
    kind: Literal["fact", "connective"] = "fact"
    support: Support = "unchecked"
    numbers_ok: bool | None = None
    reasons: tuple[str, ...] = ()
    citations: tuple[str, ...] = Field(default=(), description="markers")


class RetrievedDocument(Model):
    """What retrieval handed over, best first: a LangChain Document as plain JSON."""

    id: str | None = None
    page_content: str
    metadata: dict[str, Any] = Field(default_factory=dict)


class Removed(Model):
    """A statement that was withheld from the answer, and why."""

    text: str
    reason: str


class Answer(Model):
    """An answer that can be checked.

    `text` holds markers such as ``[1]``. `reason` says why an answer is partial, abstained, blocked or
    incomplete. `usage` counts tokens, `cost` is in US dollars (None when unknown), `timings` are seconds.
    """

    question: str
    text: str
    status: Status
    reason: str | None = None
    citations: tuple[Citation, ...] = ()
    claims: tuple[Claim, ...] = ()
    removed: tuple[Removed, ...] = ()
    documents: tuple[RetrievedDocument, ...] = ()
    model: str | None = None
    usage: dict[str, int] = Field(default_factory=dict)
    cost: float | None = None
    timings: dict[str, float] = Field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    generation: int | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        length = len(self.text)
        ends = [c.end for c in self.citations] + [c.end for c in self.claims]
        if max(ends, default=0) > length:
            raise ValueError("a citation or claim ends behind the answer's text")
        known = {citation.marker for citation in self.citations}
        if missing := {m for claim in self.claims for m in claim.citations} - known:
            raise ValueError(f"claims name markers without a citation: {sorted(missing)}")
        if self.status not in {"answered", "partial"} and not self.reason:
            raise ValueError(f"an answer that is {self.status} says why in `reason`")
        return self

    def to_message(self) -> "AIMessage":
        """The answer as an AIMessage: one text block whose annotations are the citations."""
        from langchain_core.messages import AIMessage
        from langchain_core.messages.content import create_text_block

        block = create_text_block(self.text, annotations=[c.to_annotation() for c in self.citations])
        details = {"status": self.status, "reason": self.reason, "model_name": self.model}
        return AIMessage(content_blocks=[block], response_metadata={k: v for k, v in details.items() if v})


EXPORTED: Sequence[type[Model]] = (Source, Page, Chunk, Citation, Claim, Answer)
"""The types whose JSON schemas are published in docs/reference/schema.json."""


def json_schema() -> dict[str, Any]:
    """One JSON schema (2020-12) for all published types, under `$defs`."""
    from pydantic.json_schema import models_json_schema

    _, schema = models_json_schema([(model, "serialization") for model in EXPORTED], title="mistral-rag types")
    return schema
