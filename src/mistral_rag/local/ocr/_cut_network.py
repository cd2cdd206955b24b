"""The recognition network cut down: to take lower pictures, and to tell fewer characters apart.

Its layers do not depend on the height, which its file fixes in three places of the ONNX format: the shape of the input,
the shapes noted for what is between the layers, and the window of the last pooling, which is as high as what is left of
the picture there. Its last layer has weights for 18,710 characters, of which 16,000 are East Asian, and takes a sixth
of the time. https://onnx.ai/onnx/repo-docs/IR.html; the encoding is that of protocol buffers.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np

from mistral_rag.errors import ConfigurationError

HEIGHT: Final = 48
"""Pixels; the height that the file has."""
_ROWS: Final = 16
"""Pixels of height that are one row at the last pooling."""
_INPUT: Final = b"\n\x01x\x12:\n8\x08\x01\x124\n\x14\x12\x12DynamicDimension.0\n\x02\x08\x03\n\x02\x08%c"
"""The input `x`: (any, 3, height, …) of floats."""
_POOLING: Final = b"AveragePool*\x15\n\x0ckernel_shape@%c@\x02\xa0\x01\x07*\x10\n\x07strides@%c@\x02"
_OUTPUT: Final = b"\n\x0cfetch_name_0"
_FLOATS: Final = b"\x12\x04\n\x02\x08\x01"
"""The name of the output, and the type of one of any shape."""
_LAST_LAYER: Final = frozenset({b"linear_8.w_0", b"linear_8.b_0"})
"""Weights (120, characters) and biases (characters)."""
_GRAPH: Final = 7
_METADATA: Final = 14
_TENSOR: Final = 5
_RESULT: Final = 12
_SHAPES: Final = 13
"""Numbers of fields: `ModelProto.graph`, `.metadata_props`, `GraphProto.initializer`, `.output`, `.value_info`."""
_DIMENSION: Final = 1
_NAME: Final = 8
_RAW_DATA: Final = 9
"""Those of `TensorProto`."""
_LENGTH_DELIMITED: Final = 2
_VARINT: Final = 0


class _Field(NamedTuple):
    """A field of a message: its number, and the offsets of all of it and of its value."""

    number: int
    start: int
    value: int
    end: int


def cut_down(model: bytes, *, height: int = HEIGHT, characters: Sequence[int]) -> bytes:
    """The network `PP-OCRv6_rec_small.onnx` for pictures of another height that tells only these characters apart.

    Args:
        model: the file.
        height: in pixels; a multiple of 16.
        characters: their places in the output of the file, which are in this order that of what is returned.

    Raises:
        ConfigurationError: the file is another network.
    """
    rows = height // _ROWS
    model = _replaced(model, _INPUT % HEIGHT, _INPUT % height)
    model = _replaced(model, _POOLING % ((HEIGHT // _ROWS,) * 2), _POOLING % ((rows,) * 2))
    kept: list[bytes] = []
    for field in _fields(model, 0, len(model)):
        if field.number == _GRAPH:
            kept.append(_message(_GRAPH, b"".join(_graph(model, field, characters))))
        else:
            kept.append(model[field.start : field.end])
    return b"".join(kept)


def characters_of(model: bytes) -> list[str]:
    """The characters of the network, which its file has as a line each; blanks of CTC and words are none of them.

    Raises:
        ConfigurationError: the file is another network.
    """
    for field in _fields(model, 0, len(model)):
        if field.number == _METADATA:
            entry = dict(enumerate(model[part.value : part.end] for part in _fields(model, field.value, field.end)))
            if entry.get(0) == b"character":
                return entry[1].decode().splitlines()
    raise ConfigurationError("the recognition network has no characters")


def _replaced(model: bytes, old: bytes, new: bytes) -> bytes:
    if model.count(old) != 1:
        raise ConfigurationError("the recognition network has another form than this release knows")
    return model.replace(old, new)


def _graph(model: bytes, graph: _Field, characters: Sequence[int]) -> Iterator[bytes]:
    for part in _fields(model, graph.value, graph.end):
        if part.number == _RESULT:
            yield _message(_RESULT, _OUTPUT + _FLOATS)
        elif part.number == _TENSOR and (tensor := _of_characters(model, part, characters)):
            yield _message(_TENSOR, tensor)
        elif part.number != _SHAPES:
            yield model[part.start : part.end]


def _of_characters(model: bytes, tensor: _Field, characters: Sequence[int]) -> bytes | None:
    """A tensor of the last layer with the values of these characters; None for any other one."""
    fields = list(_fields(model, tensor.value, tensor.end))
    if not any(model[field.value : field.end] in _LAST_LAYER for field in fields if field.number == _NAME):
        return None
    dimensions = [_number(model, field.value)[0] for field in fields if field.number == _DIMENSION]
    [raw] = (model[field.value : field.end] for field in fields if field.number == _RAW_DATA)
    values = np.frombuffer(raw, dtype="<f4").reshape(dimensions)[..., list(characters)]
    others = b"".join(model[one.start : one.end] for one in fields if one.number not in {_DIMENSION, _RAW_DATA})
    shape = b"".join(_varint(_DIMENSION << 3 | _VARINT) + _varint(size) for size in values.shape)
    return shape + others + _message(_RAW_DATA, np.ascontiguousarray(values).tobytes())


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


def _message(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | _LENGTH_DELIMITED) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    encoded = b""
    while value > 127:
        encoded, value = encoded + bytes([value & 127 | 128]), value >> 7
    return encoded + bytes([value])
