"""Rectangles on a page, and the words of a page with theirs."""

import base64
import struct
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, Self

from pydantic import GetCoreSchemaHandler, model_validator
from pydantic_core import CoreSchema, core_schema

from mistral_rag.schema._base import Fraction, Model


class Box(Model):
    """A rectangle on a page as a reader sees it, rotation and crop applied.

    Fractions of the page's width and height; the origin is the top left corner.
    """

    left: Fraction
    top: Fraction
    right: Fraction
    bottom: Fraction

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.left > self.right or self.top > self.bottom:
            raise ValueError("a box needs left <= right and top <= bottom")
        return self

    @classmethod
    def around(cls, boxes: Iterable["Box"]) -> "Box":
        """The smallest box that holds all of `boxes` (at least one)."""
        every = list(boxes)
        return cls(
            left=min(b.left for b in every),
            top=min(b.top for b in every),
            right=max(b.right for b in every),
            bottom=max(b.bottom for b in every),
        )


class Word(NamedTuple):
    """One word of a page: code point offsets in `Page.text` and its box."""

    start: int
    end: int
    box: Box


def base64_schema(packed: Any) -> CoreSchema:
    """The pydantic schema of a class made of one `data`, bytes: base64 text in JSON, the object itself in Python."""
    from_text = core_schema.no_info_after_validator_function(
        lambda text: packed(base64.b64decode(text, validate=True)), core_schema.str_schema()
    )
    return core_schema.json_or_python_schema(
        json_schema=from_text,
        python_schema=core_schema.union_schema([core_schema.is_instance_schema(packed), from_text]),
        serialization=core_schema.plain_serializer_function_ser_schema(
            lambda value: base64.b64encode(value.data).decode(),
            return_schema=core_schema.str_schema(),
            when_used="json",
        ),
    )


class WordBoxes:
    """The words of a page with their boxes, packed: 16 bytes a word.

    Little-endian records of start, end (uint32, code points) and left, top, right, bottom (uint16, fractions
    times 65,535), in the order of `start`. In JSON: base64 of the records.
    """

    RECORD = struct.Struct("<IIHHHH")
    SCALE = 65535
    __slots__ = ("data",)

    def __init__(self, data: bytes = b"") -> None:
        if len(data) % self.RECORD.size:
            raise ValueError(f"packed words are {self.RECORD.size} bytes each, got {len(data)} bytes")
        self.data = bytes(data)

    @classmethod
    def pack(cls, words: Iterable[tuple[int, int, float, float, float, float]]) -> "WordBoxes":
        """Pack (start, end, left, top, right, bottom) rows; boxes are clipped to the page."""
        scale = cls.SCALE
        return cls(
            b"".join(
                cls.RECORD.pack(start, end, *(round(min(max(side, 0.0), 1.0) * scale) for side in box))
                for start, end, *box in words
            )
        )

    def __len__(self) -> int:
        return len(self.data) // self.RECORD.size

    def __iter__(self) -> Iterator[Word]:
        return map(self._word, self.RECORD.iter_unpack(self.data))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, WordBoxes) and other.data == self.data

    def __hash__(self) -> int:
        return hash(self.data)

    def __repr__(self) -> str:
        return f"WordBoxes({len(self)} words)"

    def between(self, start: int, end: int) -> list[Word]:
        """The words that share at least one character with ``[start, end)``, in order."""
        records = list(self.RECORD.iter_unpack(self.data))
        first = bisect_right(records, start, key=lambda r: r[1])
        last = bisect_left(records, end, key=lambda r: r[0])
        return [self._word(record) for record in records[first:last]]

    @classmethod
    def _word(cls, record: tuple[Any, ...]) -> Word:
        start, end, *sides = record
        left, top, right, bottom = (side / cls.SCALE for side in sides)
        return Word(start, end, Box(left=left, top=top, right=max(left, right), bottom=max(top, bottom)))

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return base64_schema(cls)
