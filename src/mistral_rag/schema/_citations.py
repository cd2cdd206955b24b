"""Citations: a statement of an answer and the spans of pages that it rests on."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import computed_field, model_validator

from mistral_rag.schema._base import Digest, Fraction, Model, Number, Offset, Text
from mistral_rag.schema._boxes import Box
from mistral_rag.schema._pages import Locator, Origin
from mistral_rag.schema._tables import CellValue

if TYPE_CHECKING:
    from langchain_core.messages import Citation as CitationBlock

BoxPrecision = Literal["word", "line", "block", "page", "none"]
"""Runs of text that the boxes of a span surround."""
SpanRole = Literal["quote", "header"]
"""Roles of a span: quoted, or the header of the table row that is quoted."""
Location = Literal["exact", "normalised", "moved", "ambiguous", "not_found", "stale"]
"""Outcomes of the search for a quote; "normalised" is found but for white space and typography."""
Seen = Literal["agrees", "differs", "unreadable", "unchecked"]
"""Outcomes of reading the quoted place anew from the picture of its page."""

QUOTE_JOINT = " … "
"""Separator between the quotes of a citation's spans."""

ANNOTATION_VERSION = 1
"""Version of the `extras["mistral_rag"]` object of a LangChain citation block."""


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
    """A statement of the answer, located in a source.

    `start` and `end` span, in the answer's text, the statement that the citation backs, without its markers.
    `location` says how the quote was found (a fact); whether it backs the statement is `Claim.support` (a
    judgement). Where nothing was located, `quote` and `spans` are None and the text of the model stays in
    `given_quote`. `cells` are the table cells within the quote. `seen` compares the quote with the picture of the page,
    `seen_text` is what was read there.
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
    given_quote: Text | None = None
    cells: tuple[CellValue, ...] = ()
    seen: Seen = "unchecked"
    seen_text: Text | None = None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def verified(self) -> bool:
        """True when the quote was found, exactly or up to typography, and the picture does not differ."""
        return self.location in VERIFIED and self.seen != "differs"

    @model_validator(mode="before")
    @classmethod
    def _computed_is_not_input(cls, data: Any) -> Any:
        if isinstance(data, dict) and "verified" in data:
            claimed, data = data["verified"], {k: v for k, v in data.items() if k != "verified"}
            if claimed is not (str(data.get("location")) in VERIFIED and data.get("seen") != "differs"):
                raise ValueError("`verified` is computed from `location` and `seen` and can't be set")
        return data

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.start > self.end:
            raise ValueError("a citation's statement ends before it starts")
        if self.location in LOCATED:
            if not self.spans or self.page is None or self.digest is None:
                raise ValueError("a located citation needs spans, a page and a digest")
            if all(span.role != "quote" for span in self.spans):
                raise ValueError("a located citation needs a span of role 'quote'")
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
