"""Request body of the OCR endpoint."""

from typing import Literal

from mistral_rag.testing._rules.bodies import Body, DocumentURLChunk, FileChunk, ImageURLChunk, ResponseFormat


class OcrRequest(Body):
    """POST /v1/ocr."""

    model: str | None
    document: FileChunk | DocumentURLChunk | ImageURLChunk
    id: str = ""
    pages: str | list[int] | None = None
    include_image_base64: bool | None = None
    image_limit: int | None = None
    image_min_size: int | None = None
    bbox_annotation_format: ResponseFormat | None = None
    document_annotation_format: ResponseFormat | None = None
    document_annotation_prompt: str | None = None
    table_format: Literal["markdown", "html"] | None = None
    extract_header: bool = False
    extract_footer: bool = False
    include_blocks: bool = False
    confidence_scores_granularity: Literal["word", "page"] | None = None
