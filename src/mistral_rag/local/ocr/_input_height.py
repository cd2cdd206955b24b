"""The recognition network made to take lower pictures: the same columns for fewer pixels.

Its layers do not depend on the height, which its file fixes in three places of the ONNX format: the shape of the input,
the shapes noted for what is between the layers, and the window of the last pooling, which is as high as what is left of
the picture there. https://onnx.ai/onnx/repo-docs/IR.html; the encoding is that of protocol buffers.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from mistral_rag.errors import ConfigurationError

HEIGHT: Final = 48
"""Pixels; the height that the file has."""
_ROWS: Final = 16
"""Pixels of height that are one row at the last pooling."""
_GRAPH: Final = 7
_SHAPES: Final = 13
"""Numbers of fields: `ModelProto.graph`, `GraphProto.value_info`."""
_INPUT: Final = b"\n\x01x\x12:\n8\x08\x01\x124\n\x14\x12\x12DynamicDimension.0\n\x02\x08\x03\n\x02\x08%c"
"""The input `x`: (any, 3, height, …) of floats."""
_POOLING: Final = b"AveragePool*\x15\n\x0ckernel_shape@%c@\x02\xa0\x01\x07*\x10\n\x07strides@%c@\x02"
_LENGTH_DELIMITED: Final = 2
_VARINT: Final = 0


class _Field(NamedTuple):
    """A field of a message: its number, and the offsets of all of it and of its value."""

    number: int
    start: int
    value: int
    end: int


def with_height(model: bytes, height: int) -> bytes:
    """The network `PP-OCRv6_rec_small.onnx` for pictures of another height: a multiple of 16 pixels.

    Raises:
        ConfigurationError: the file is another network.
    """
    rows = height // _ROWS
    model = _replaced(model, _INPUT % HEIGHT, _INPUT % height)
    model = _replaced(model, _POOLING % ((HEIGHT // _ROWS,) * 2), _POOLING % ((rows,) * 2))
    kept: list[bytes] = []
    for field in _fields(model, 0, len(model)):
        if field.number == _GRAPH:
            graph = b"".join(
                model[part.start : part.end]
                for part in _fields(model, field.value, field.end)
                if part.number != _SHAPES
            )
            kept += [_varint(_GRAPH << 3 | _LENGTH_DELIMITED), _varint(len(graph)), graph]
        else:
            kept.append(model[field.start : field.end])
    return b"".join(kept)


def _replaced(model: bytes, old: bytes, new: bytes) -> bytes:
    if model.count(old) != 1:
        raise ConfigurationError("the recognition network has another form than this release knows")
    return model.replace(old, new)


def _fields(message: bytes, start: int, end: int) -> Iterator[_Field]:
    """The fields of a message that has integers and values with a length alone."""
    while start < end:
        key, value = _number(message, start)
        length = 0
        if key & 7 == _LENGTH_DELIMITED:
            length, value = _number(message, value)
        elif key & 7 == _VARINT:
            _, length = _number(message, value)
            length -= value
        yield _Field(key >> 3, start, value, value + length)
        start = value + length


def _number(message: bytes, at: int) -> tuple[int, int]:
    """The integer that begins at an offset, seven bits a byte, and the offset behind it."""
    value = shift = 0
    while True:
        byte = message[at]
        value, shift, at = value | (byte & 127) << shift, shift + 7, at + 1
        if byte < 128:
            return value, at


def _varint(value: int) -> bytes:
    encoded = b""
    while value > 127:
        encoded, value = encoded + bytes([value & 127 | 128]), value >> 7
    return encoded + bytes([value])
