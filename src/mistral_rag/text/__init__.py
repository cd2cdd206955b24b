"""Text as documents and questions share it: sentences, words, numbers, languages, normal forms."""

from __future__ import annotations

from mistral_rag._lazy import loader

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from mistral_rag.text._charset import read_text
    from mistral_rag.text._language import detect
    from mistral_rag.text._tokens import TOKENS_VERSION

__all__ = ["TOKENS_VERSION", "detect", "read_text"]

__getattr__ = loader(
    __name__,
    {"TOKENS_VERSION": "_tokens", "detect": "_language", "read_text": "_charset"},
)
