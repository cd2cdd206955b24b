import io
from pathlib import Path

import pytest

from ingest.parsing._result import ParsedFile, ParseJob, Problem
from ingest.parsing._wire import WireError, decode_answer, encode, encode_failure, read_frame, write_frame
from mistral_rag.errors import ParseError
from mistral_rag.schema import Block, Box, Chunk, Locator, Page, Unit, WordBoxes

JOB = ParseJob(Path("a.pdf"), "file:///a.pdf", "application/pdf")
PAGE = Page(
    locator=Locator(kind="page", number=1, label="iv"),
    text="Café 😀",
    width=612,
    height=792,
    words=WordBoxes.pack([(0, 4, 0.1, 0.1, 0.2, 0.15), (5, 6, 0.3, 0.1, 0.4, 0.15)]),
    blocks=(Block(start=0, end=6, kind="text", box=Box(left=0.1, top=0.1, right=0.4, bottom=0.15)),),
    units=(Unit(start=0, end=6),),
)
CHUNK = Chunk(id="1", uri=JOB.uri, page=1, first_unit=0, last_unit=0, start=0, end=6, text="Café 😀", headings=("One",))
FILE = ParsedFile(
    uri=JOB.uri,
    media_type=JOB.media_type,
    title="A café",
    language="fr",
    metadata={"author": "Zoé", "pages": 2},
    pages=(PAGE, Page(locator=Locator(kind="page", number=2), text="")),
    chunks=(CHUNK,),
    problems=(Problem(2, "needs OCR: a picture"), Problem(None, "something")),
)


def test_a_parsed_file_survives_the_way() -> None:
    stream = io.BytesIO()
    write_frame(stream, *encode(FILE))
    stream.seek(0)
    frame = read_frame(stream)
    assert frame is not None
    assert decode_answer(JOB, *frame) == FILE
    assert read_frame(stream) is None


def test_a_reason_survives_the_way() -> None:
    answer = decode_answer(JOB, encode_failure("the PDF has no pages"), b"")
    assert isinstance(answer, ParseError)
    assert answer.reason == "the PDF has no pages"


def test_a_frame_that_breaks_off_is_none() -> None:
    stream = io.BytesIO()
    write_frame(stream, *encode(FILE))
    for length in (3, 8, 20, len(stream.getvalue()) - 1):
        assert read_frame(io.BytesIO(stream.getvalue()[:length])) is None


def test_a_frame_that_claims_gigabytes_is_refused() -> None:
    with pytest.raises(WireError):
        read_frame(io.BytesIO(b"\xff" * 8 + b"{}"))


@pytest.mark.parametrize(
    "content", [b"no json", b"[]", b"{}", b'{"pages": 1}', b'{"pages": [[]], "word_bytes": [1]}', b"null"]
)
def test_what_is_no_answer_is_an_error(content: bytes) -> None:
    with pytest.raises(WireError):
        decode_answer(JOB, content, b"")


def test_an_answer_must_keep_the_rules_of_its_types() -> None:
    content, raw = encode(FILE)
    with pytest.raises(WireError):
        decode_answer(JOB, content.replace(b'"end":6', b'"end":7'), raw)
    with pytest.raises(WireError):
        decode_answer(JOB, content, raw[:-1])
