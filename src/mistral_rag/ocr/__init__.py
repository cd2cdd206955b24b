"""Reading what has no text layer: pages of scans, photos and office files, with boxes and confidence.

The names are loaded when first used: what only needs `ocr.reader` loads no more than that.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mistral_rag.ocr.model import MistralOCR, MistralPageReader
    from mistral_rag.ocr.reader import PageFailure, PageReader
    from mistral_rag.ocr.result import OcrImage, OcrPage, OcrResult, OcrTable

__all__ = [
    "MistralOCR",
    "MistralPageReader",
    "OcrImage",
    "OcrPage",
    "OcrResult",
    "OcrTable",
    "PageFailure",
    "PageReader",
]

_HOME = {
    "MistralOCR": "model",
    "MistralPageReader": "model",
    "OcrImage": "result",
    "OcrPage": "result",
    "OcrResult": "result",
    "OcrTable": "result",
    "PageFailure": "reader",
    "PageReader": "reader",
}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
