"""Options of the platform's OCR, and the pages to be read."""

import json
import re
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any, Literal, Self

from pydantic import AliasChoices, BaseModel, Field, model_validator

from mistral_rag.api._connection import Connection
from mistral_rag.errors import ConfigurationError
from mistral_rag.messages._requests.schemas import is_model, output_schema
from mistral_rag.messages._requests.tools import Wire
from mistral_rag.ocr._requests.pdf_split import MAX_PAGES
from mistral_rag.ocr._result import TableFormat

MAX_ANNOTATED_IMAGES = 8
"""Pictures that the platform looks at when it annotates a document; a larger `image_limit` is refused."""
NULLABLE_OPTIONS = frozenset({"table_format", "confidence_scores_granularity"})
MAX_PAGE_NUMBER = 1_000_000
"""Keeps a mistyped range such as "1-10000000000" from filling the memory."""
RANGES = re.compile(r"\s*\d+\s*(?:-\s*\d+\s*)?(?:,\s*\d+\s*(?:-\s*\d+\s*)?)*")
MEGABYTE = 2**20


class OcrOptions(Connection):
    """Options of OCR, by the platform's names.

    `bbox_annotation` and `document_annotation` are Pydantic classes or JSON schemas: each picture, or the whole
    document, is described in their form. `document_annotation_prompt` says what to look for. With a document
    annotation the document must fit into one request, and at most 8 pictures are cut out.

    The other options concern the client: documents of more than `pages_per_request` pages are read in several
    requests, at most `max_concurrent_requests` at once; a document larger than `upload_above` bytes is uploaded as a
    file first, and deleted at the end; a page whose mean confidence lies below `doubtful_below` is flagged; with
    `compare_text_layer` the words read are compared with those of a PDF's own text layer. `model_kwargs` are sent
    as they are.
    """

    model: str = Field(default="mistral-ocr-latest", min_length=1, validation_alias=AliasChoices("model", "model_name"))
    table_format: TableFormat | None = "html"
    extract_header: bool = True
    extract_footer: bool = True
    include_blocks: bool = True
    confidence_scores_granularity: Literal["page", "word", "block"] | None = "word"
    include_image_base64: bool = False
    image_limit: int | None = Field(default=None, ge=0)
    image_min_size: int | None = Field(default=None, ge=0)
    bbox_annotation: Any = Field(
        default=None, validation_alias=AliasChoices("bbox_annotation", "bbox_annotation_format")
    )
    document_annotation: Any = Field(
        default=None, validation_alias=AliasChoices("document_annotation", "document_annotation_format")
    )
    document_annotation_prompt: str | None = None
    model_kwargs: dict[str, Any] = Field(default_factory=dict)

    pages_per_request: int = Field(default=100, ge=1, le=MAX_PAGES)
    max_concurrent_requests: int = Field(default=4, ge=1)
    upload_above: int = Field(default=16 * MEGABYTE, ge=0)
    doubtful_below: float = Field(default=0.8, ge=0, le=1)
    compare_text_layer: bool = True

    @model_validator(mode="before")
    @classmethod
    def _none_means_not_given(cls, given: Any) -> Any:
        """Drop None but where it is a value of its own."""
        if not isinstance(given, dict):
            return given
        return {name: value for name, value in given.items() if value is not None or name in NULLABLE_OPTIONS}

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for schema in (self.bbox_annotation, self.document_annotation):
            if schema is not None:
                output_schema(schema)
        if self.document_annotation_prompt is not None and self.document_annotation is None:
            raise ConfigurationError("document_annotation_prompt needs document_annotation, the form of the answer.")
        if self.document_annotation is not None and (self.image_limit or 0) > MAX_ANNOTATED_IMAGES:
            raise ConfigurationError(f"With document_annotation, image_limit is at most {MAX_ANNOTATED_IMAGES}.")
        return self

    def changed(self, options: Mapping[str, object]) -> Self:
        """A copy with these options, validated; it shares the connections."""
        if not options:
            return self
        if unknown := sorted(options.keys() - CHANGEABLE):
            known = ", ".join(sorted(CHANGEABLE))
            raise ConfigurationError(f"There is no OCR option {unknown[0]!r}. There are: {known}.")
        return type(self).model_validate(
            vars(self) | {ALIASES.get(name, name): given for name, given in options.items()}
        )

    def wire(self) -> Wire:
        """The options as they are sent: those that are set, and always `include_blocks`."""
        with_document = self.document_annotation is not None
        limit = MAX_ANNOTATED_IMAGES if with_document and self.image_limit is None else self.image_limit
        sent: Wire = {
            "model": self.model,
            "include_blocks": self.include_blocks,
            "table_format": self.table_format,
            "extract_header": self.extract_header or None,
            "extract_footer": self.extract_footer or None,
            "confidence_scores_granularity": self.confidence_scores_granularity,
            "include_image_base64": self.include_image_base64 or None,
            "image_limit": limit,
            "image_min_size": self.image_min_size,
            "bbox_annotation_format": _format(self.bbox_annotation),
            "document_annotation_format": _format(self.document_annotation),
            "document_annotation_prompt": self.document_annotation_prompt,
        }
        return {name: value for name, value in sent.items() if value is not None} | self.model_kwargs

    @property
    def name(self) -> str:
        """Model and a digest of the settings that change the result; the same in every process."""
        settings = json.dumps([self.wire(), self.doubtful_below], sort_keys=True, default=str)
        return f"{self.model}/{sha256(settings.encode()).hexdigest()[:12]}"


ALIASES = {
    "model_name": "model",
    "bbox_annotation_format": "bbox_annotation",
    "document_annotation_format": "document_annotation",
}
CONNECTION_OPTIONS = {"timeout", "max_retries", "max_elapsed", "max_concurrent_requests"}
CHANGEABLE = OcrOptions.model_fields.keys() - Connection.model_fields.keys() | ALIASES.keys() | CONNECTION_OPTIONS
"""Options that can be set for one call."""


def _format(schema: Any) -> Wire | None:
    return None if schema is None else output_schema(schema).response_format(None)


def annotation_class(schema: Any) -> type[BaseModel] | None:
    """The Pydantic class that annotations become instances of; None where they stay dicts."""
    return schema if is_model(schema) and issubclass(schema, BaseModel) else None


def chosen_pages(pages: int | str | Iterable[int] | None) -> tuple[int, ...] | None:
    """Page numbers (from 1) in ascending order, each once; None for all.

    A string holds numbers and ranges such as "1-5,7". Raises ConfigurationError for anything that is no page number.
    """
    if pages is None:
        return None
    if isinstance(pages, str):
        numbers = _from_ranges(pages)
    elif isinstance(pages, int):
        numbers = [pages]
    elif isinstance(pages, Iterable):
        numbers = list(pages)
    else:
        raise ConfigurationError(f"Pages are numbers from 1 or a string such as '1-5,7', not {pages!r}.")
    for number in numbers:
        if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= MAX_PAGE_NUMBER:
            raise ConfigurationError(f"{number!r} is no page number: pages are counted from 1.")
    return tuple(sorted(set(numbers)))


def _from_ranges(text: str) -> list[int]:
    if not RANGES.fullmatch(text):
        raise ConfigurationError(f"{text!r} is no list of pages: write numbers and ranges such as '1-5,7'.")
    numbers: list[int] = []
    for item in text.split(","):
        first, _, last = item.partition("-")
        start, end = int(first), int(last or first)
        if end < start or end > MAX_PAGE_NUMBER:
            raise ConfigurationError(f"{item.strip()!r} is no range of pages.")
        numbers += range(start, end + 1)
    return numbers


def ranges(numbers: Iterable[int], *, max_ranges: int = 5) -> str:
    """Format ascending page numbers as ranges: "1-5, 7"; beyond `max_ranges` follows an ellipsis."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    shown = ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in runs[:max_ranges])
    return f"{shown}, …" if len(runs) > max_ranges else shown
