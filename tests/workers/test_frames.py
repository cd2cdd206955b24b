import io

import pytest

from mistral_rag.workers import FrameError, WireFrame
from mistral_rag.workers._frames import JOB, RESULT, read_frame, write_frame


def sent(kind: bytes, frame: WireFrame) -> bytes:
    stream = io.BytesIO()
    write_frame(stream, kind, frame)
    return stream.getvalue()


def test_a_frame_is_a_kind_two_lengths_json_and_bytes() -> None:
    assert sent(JOB, WireFrame.of({"a": "é"}, b"\x00\x01")) == (
        b'J\x00\x00\x00\x0e\x00\x00\x00\x02{"a":"\\u00e9"}\x00\x01'
    )


def test_frames_are_read_one_after_another() -> None:
    stream = io.BytesIO(sent(JOB, WireFrame.of([1], b"raw")) + sent(RESULT, WireFrame.of(None)))
    assert read_frame(stream) == (JOB, WireFrame(b"[1]", b"raw"))
    assert read_frame(stream) == (RESULT, WireFrame(b"null", b""))
    assert read_frame(stream) is None


@pytest.mark.parametrize("length", [0, 3, 9, 11, 14])
def test_a_frame_that_breaks_off_is_none(length: int) -> None:
    assert read_frame(io.BytesIO(sent(JOB, WireFrame.of([1], b"raw"))[:length])) is None


@pytest.mark.parametrize("data", [b"J" + b"\xff" * 8 + b"{}", b"x" + b"\x00" * 8, b"a line that is no frame"])
def test_what_claims_gigabytes_or_is_of_no_kind_is_refused(data: bytes) -> None:
    with pytest.raises(FrameError, match="the bytes are no frame"):
        read_frame(io.BytesIO(data))


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[" * 100_000])
def test_a_frame_without_json_is_an_error(content: bytes) -> None:
    with pytest.raises(FrameError):
        WireFrame(content).value()
