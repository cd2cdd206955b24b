"""The types everything else speaks: sources, pages, chunks, citations, answers.

One coordinate system: offsets count code points in `Page.text`, so that
``span.quote == page.text[span.start:span.end]`` always. All types are frozen pydantic models that refuse
unknown keys and survive ``model_validate_json(model_dump_json())`` unchanged.
"""

from mistral_rag.schema._answers import Answer, Claim, Removed, RetrievedDocument, Status, Support
from mistral_rag.schema._base import Digest, Fraction, Model, Offset, clean_text, text_digest, without_surrogates
from mistral_rag.schema._boxes import Box, Word, WordBoxes, base64_schema
from mistral_rag.schema._chunks import Chunk
from mistral_rag.schema._citations import (
    QUOTE_JOINT,
    BoxPrecision,
    Citation,
    Location,
    Seen,
    Span,
    SpanRole,
    joined_quote,
)
from mistral_rag.schema._pages import (
    UNCITED_KINDS,
    Block,
    BlockKind,
    Locator,
    LocatorKind,
    Origin,
    Page,
    Placed,
    Source,
    Unit,
    UnitKind,
)
from mistral_rag.schema._published import EXPORTED, json_schema
from mistral_rag.schema._tables import CellRole, CellValue, Run, Table, TableCell, cell_range, column_letters

__all__ = [
    "EXPORTED",
    "QUOTE_JOINT",
    "UNCITED_KINDS",
    "Answer",
    "Block",
    "BlockKind",
    "Box",
    "BoxPrecision",
    "CellRole",
    "CellValue",
    "Chunk",
    "Citation",
    "Claim",
    "Digest",
    "Fraction",
    "Location",
    "Locator",
    "LocatorKind",
    "Model",
    "Offset",
    "Origin",
    "Page",
    "Placed",
    "Removed",
    "RetrievedDocument",
    "Run",
    "Seen",
    "Source",
    "Span",
    "SpanRole",
    "Status",
    "Support",
    "Table",
    "TableCell",
    "Unit",
    "UnitKind",
    "Word",
    "WordBoxes",
    "base64_schema",
    "cell_range",
    "clean_text",
    "column_letters",
    "joined_quote",
    "json_schema",
    "text_digest",
    "without_surrogates",
]
