from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mistral_rag.api._formats.sse import Decoder, Event

TEXT = (
    b": a comment\n"
    b'data: {"a": "line\xe2\x80\xa8separator"}\r\n\r\n'
    b"data: one\rdata: two\r\r"
    b"event: error\ndata:no blank\n\n"
    b"id: 7\nretry: 3\ndata\n\n"
    b"data: [DONE]\n\n"
)
EVENTS = [
    Event('{"a": "line\u2028separator"}'),
    Event("one\ntwo"),
    Event("no blank", "error"),
    Event(""),
    Event("[DONE]"),
]


def fed(*pieces: bytes) -> list[Event]:
    decoder = Decoder()
    return [event for piece in pieces for event in decoder.feed(piece)]


def test_all_line_ends_comments_and_unknown_fields_are_understood() -> None:
    assert fed(TEXT) == EVENTS


@pytest.mark.parametrize("cut", range(len(TEXT) + 1))
def test_a_cut_at_any_byte_changes_nothing(cut: int) -> None:
    assert fed(TEXT[:cut], TEXT[cut:]) == EVENTS


@given(st.lists(st.integers(0, len(TEXT)), max_size=8))
def test_many_cuts_change_nothing(cuts: list[int]) -> None:
    places = sorted({0, len(TEXT), *cuts})
    assert fed(*(TEXT[start:end] for start, end in pairwise(places))) == EVENTS


def test_single_bytes_change_nothing() -> None:
    assert fed(*(bytes([byte]) for byte in TEXT)) == EVENTS


def test_an_event_that_no_blank_line_ended_is_not_given() -> None:
    assert fed(b"data: whole\n\ndata: cut\n") == [Event("whole")]


def test_a_byte_order_mark_at_the_start_is_skipped() -> None:
    assert fed(b"\xef\xbb\xbfdata: x\n\n") == [Event("x")]


def test_only_one_blank_after_the_colon_belongs_to_the_format() -> None:
    assert fed(b"data:  x \n\n") == [Event(" x ")]


def test_broken_utf8_becomes_replacement_characters() -> None:
    assert fed(b"data: \xff\n\n") == [Event("\ufffd")]


def test_two_carriage_returns_end_an_event_at_once() -> None:
    assert fed(b"data: x\r\r") == [Event("x")]
