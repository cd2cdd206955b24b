"""Base of all types: frozen models, numbers within bounds, text that a page may hold."""

import hashlib
import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
"""A number from 0 to 1."""
Offset = Annotated[int, Field(ge=0)]
"""A position, from 0."""
Number = Annotated[int, Field(ge=1)]
"""A number that people count with, from 1."""
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""A sha256, in lower-case hex."""


_SURROGATE = re.compile("[\ud800-\udfff]")
MAX_NESTING = 100
"""Levels of metadata that are looked at; pydantic writes no JSON of 255."""


def without_surrogates(text: str) -> str:
    """Text that UTF-8 can hold: each lone surrogate becomes U+FFFD, so offsets stay as they are."""
    return _SURROGATE.sub("\ufffd", text)


def _encodable(value: Any, depth: int = MAX_NESTING) -> Any:
    if isinstance(value, str):
        return without_surrogates(value)
    if isinstance(value, dict) and depth:
        return {_encodable(key): _encodable(item, depth - 1) for key, item in value.items()}
    if isinstance(value, list | tuple) and depth:
        return [_encodable(item, depth - 1) for item in value]
    return value


Text = Annotated[str, AfterValidator(without_surrogates)]
"""Text of a model, a user or a foreign retriever, without lone surrogates: JSON is UTF-8."""
Metadata = Annotated[dict[str, Any], AfterValidator(_encodable)]
"""Metadata of a Document, its texts without lone surrogates."""


class Model(BaseModel):
    """Base of all types here: frozen, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def text_digest(text: str) -> str:
    """Lower-case hex sha256 of the UTF-8 form of `text`."""
    return hashlib.sha256(text.encode()).hexdigest()


UNCLEAN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]")
"""Controls but newline and tab; PDFium's mark of a hyphen at a line's end (U+FFFE); what UTF-8 can't encode."""


def clean_text(text: str) -> str:
    """Text as `Page.text` allows it: lone surrogates become U+FFFD, CR LF a newline, other controls a space.

    Every replacement but CR LF keeps the length, so offsets stay comparable.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return UNCLEAN.sub(lambda m: "\ufffd" if m[0] >= "\ud800" else " ", text)
