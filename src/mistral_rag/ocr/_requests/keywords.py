"""OCR options as keywords: those of one call, and all that a new `MistralOCR` takes."""

from collections.abc import Callable, Mapping
from typing import Any, Literal, TypedDict

from pydantic import SecretStr

from mistral_rag.api._settings import Timeouts
from mistral_rag.ocr._result import TableFormat


class ReadingOptions(TypedDict, total=False):
    """Options for one call of a `MistralOCR`; their meaning is that of its attributes."""

    model: str
    model_name: str
    table_format: TableFormat | None
    extract_header: bool | None
    extract_footer: bool | None
    include_blocks: bool | None
    confidence_scores_granularity: Literal["page", "word", "block"] | None
    include_image_base64: bool | None
    image_limit: int | None
    image_min_size: int | None
    bbox_annotation: Any
    bbox_annotation_format: Any
    document_annotation: Any
    document_annotation_format: Any
    document_annotation_prompt: str | None
    model_kwargs: Mapping[str, Any]
    pages_per_request: int | None
    upload_above: int | None
    doubtful_below: float | None
    compare_text_layer: bool | None
    timeout: float | Timeouts | Any
    max_retries: int | None
    max_elapsed: float | None
    max_concurrent_requests: int | None


class OcrSettings(ReadingOptions, total=False):
    """All settings of a `MistralOCR`: its options, and where and as whom it calls the platform."""

    api_key: SecretStr | str | Callable[[], str] | None
    mistral_api_key: SecretStr | str | Callable[[], str] | None
    base_url: str | None
    endpoint: str | None
    login: SecretStr | str | None
    default_headers: Mapping[str, str]
    transport: Any
    http_client: Any
    client: Any
    http_async_client: Any
    async_client: Any
