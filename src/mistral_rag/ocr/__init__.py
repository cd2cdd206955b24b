"""OCR by the platform: pages of scans, photos and office files, with bounding boxes and confidence."""

from __future__ import annotations

from mistral_rag._lazy import loader

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from mistral_rag.ocr._model import MistralOCR, MistralPageReader
    from mistral_rag.ocr._reader import PageFailure, PageReader
    from mistral_rag.ocr._requests.keywords import OcrSettings, ReadingOptions
    from mistral_rag.ocr._result import OcrImage, OcrPage, OcrResult, OcrTable

__all__ = [
    "MistralOCR",
    "MistralPageReader",
    "OcrImage",
    "OcrPage",
    "OcrResult",
    "OcrSettings",
    "OcrTable",
    "PageFailure",
    "PageReader",
    "ReadingOptions",
]

__getattr__ = loader(
    __name__,
    {
        "MistralOCR": "_model",
        "MistralPageReader": "_model",
        "OcrImage": "_result",
        "OcrPage": "_result",
        "OcrResult": "_result",
        "OcrSettings": "_requests.keywords",
        "OcrTable": "_result",
        "PageFailure": "_reader",
        "PageReader": "_reader",
        "ReadingOptions": "_requests.keywords",
    },
)
