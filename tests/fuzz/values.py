"""Strategies of values that nobody means well with: texts, JSON, and changed copies of good bytes and good JSON."""
# ruff: noqa: E501 (tables)

import json
from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

PIECES = (
    *".,;:-–—_*~`'\"“’()[]{}<>|\\/$%&#!?=+@^…•。、§€¹①½",
    *(
        " ",
        "\n",
        "\n\n",
        "\t",
        "\r",
        "\f",
        "\0",
        "\x1b[31m",
        "\u00a0",
        "\u2028",
        "\u200d",
        "\u202e",
        "\u0301",
        "\ufeff",
    ),
    *("a", "Z", "é", "ß", "ı", "漢", "ก", "ע", "\U0001f600", "\ud800", "\udfff", "\ufffe", "\U000e0041"),
    *("0", "1", "00", "1,234", "1.234,5", "-5", "(5)", "1e999", "9" * 50, "٣", "２", "³"),
    *(
        "no. ",
        "A. ",
        "e.g. ",
        "[1]",
        "[E1-NONCE]",
        "[E1",
        "E1-NONCE",
        "(E2-NONCE)",
        "```",
        "$$",
        "\\frac{",
        "\\(",
        "^{",
    ),
    *("| a ", "|---|", "# ", "- ", "1. ", "> ", "<b>", "</table>", "<td>", "<!--", "&amp;", "&#0;", "[a](", "![a](a)"),
    *("FY18", "Q3 2022", "19", "2024-02-30", "31.12.", "Form 10-K", "Inc.", "NYSE: ", "(“", "page 3 of 7", "Item 7. "),
    *(
        "the ",
        "revenue ",
        "not ",
        "who ",
        "how many ",
        "und ",
        "http://",
        "a.b",
        "www.",
        "{}",
        "null",
        "true",
        "data: ",
    ),
)

texts = st.one_of(
    st.text(st.characters(exclude_categories=()), max_size=60),
    st.lists(st.sampled_from(PIECES), max_size=40).map("".join),
    st.builds(lambda pieces, times: "".join(pieces) * times, st.lists(st.sampled_from(PIECES), max_size=4),
              st.integers(1, 3000)),
)  # fmt: skip
"""Any text: of all characters, of pieces that mean something, and of a few of them many times."""

SHORT = st.one_of(st.text(max_size=8), st.sampled_from(PIECES))
NUMBERS = st.one_of(
    st.integers(-3, 12), st.integers(), st.floats(), st.sampled_from((2**31, 2**63, 2**64, -(2**63) - 1, 10**400))
)
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, SHORT)


def json_values(keys: Sequence[str] = (), *, scalars: st.SearchStrategy[Any] = SCALARS) -> st.SearchStrategy[Any]:
    """Any JSON, its objects often with these keys; also far too deep, or wide."""
    key = st.one_of(st.sampled_from(tuple(keys)), SHORT) if keys else SHORT
    plain = st.recursive(
        scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(key, inner, max_size=5), max_leaves=12
    )
    nested = st.builds(_nested, scalars, key, st.sampled_from((3, 60, 400, 3000)))
    return st.one_of(plain, plain, plain, plain, nested)


def _nested(inner: Any, key: str, depth: int) -> Any:
    for level in range(depth):
        inner = {key: inner} if level % 2 else [inner]
    return inner


def changed_json(sample: Any, keys: Sequence[str] = ()) -> st.SearchStrategy[Any]:
    """Copies of `sample` with some of its values replaced, doubled or gone."""
    places = sorted(_places(sample), key=repr)
    change = st.tuples(st.sampled_from(places), st.sampled_from(("set", "set", "drop", "double")), json_values(keys))
    return st.lists(change, min_size=1, max_size=3).map(lambda changes: _changed(deepcopy(sample), changes))


def _places(value: Any, path: tuple[Any, ...] = ()) -> set[tuple[Any, ...]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return {path}.union(*(_places(inner, (*path, key)) for key, inner in pairs))


def _changed(value: Any, changes: Sequence[tuple[tuple[Any, ...], str, Any]]) -> Any:
    for path, how, new in changes:
        if not path:
            value = new
            continue
        holder = value
        try:
            for step in path[:-1]:
                holder = holder[step]
            if how == "set":
                holder[path[-1]] = new
            elif how == "drop":
                del holder[path[-1]]
            elif isinstance(holder, list):
                holder.append(deepcopy(holder[path[-1]]))
        except (KeyError, IndexError, TypeError, AttributeError):
            continue  # an earlier change took the place away
    return value


def written_json(values: st.SearchStrategy[Any]) -> st.SearchStrategy[bytes]:
    """JSON as bytes; sometimes cut off, with NaN, with an object's key twice, or something deep beside it."""
    spoils: tuple[Callable[[bytes], bytes], ...] = (
        bytes, bytes, bytes, bytes,
        lambda data: data[: len(data) // 2],
        lambda data: data.replace(b":", b":" + b"[" * 100_000, 1),
        lambda data: data.replace(b"{", b'{"object":"chat",', 1),
        lambda data: b"\xef\xbb\xbf" + data,
        lambda data: data.replace(b'"', b"\xff", 1),
    )  # fmt: skip
    return st.builds(lambda value, spoil: spoil(as_bytes(value)), values, st.sampled_from(spoils))


def as_bytes(value: Any) -> bytes:
    """A value as JSON; what is too deep for Python's own writer is written as so many brackets."""
    try:
        return json.dumps(value).encode()
    except RecursionError:
        return b"[" * 3000 + b"]" * 3000


BLOCKS = st.one_of(
    st.binary(max_size=16),
    st.sampled_from(
        (b"\0" * 8, b"\xff" * 8, b"\xff\xff\xff\x7f", b"\x80", b"-1", b"99999999999", b"<<", b"]", b"{", b"%")
    ),
    st.sampled_from(PIECES).map(lambda piece: piece.encode(errors="surrogatepass")),
)
HOW = st.sampled_from(("put", "put", "insert", "cut", "flip", "repeat", "move", "end"))
CHANGES = st.lists(
    st.tuples(HOW, st.floats(0, 1), st.floats(0, 1), BLOCKS, st.integers(1, 4000)), min_size=1, max_size=5
)


def changed_bytes(samples: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """One of the samples with up to five changes: bytes put, inserted, cut, flipped, repeated, moved, or its end lost."""
    return st.builds(_rewritten, st.sampled_from(tuple(samples)), CHANGES)


def _rewritten(sample: bytes, changes: Sequence[tuple[str, float, float, bytes, int]]) -> bytes:
    data = bytearray(sample)
    for how, first, second, block, length in changes:
        at, other = int(first * len(data)), int(second * len(data))
        if how == "put":
            data[at : at + len(block)] = block
        elif how == "insert":
            data[at:at] = block
        elif how == "cut":
            del data[at : at + length]
        elif how == "flip" and at < len(data):
            data[at] ^= 1 << (length % 8)
        elif how == "repeat":
            data[at:at] = block * length
        elif how == "move":
            data[at : at + length] = data[other : other + length]
        elif how == "end":
            del data[at:]
    return bytes(data)
