from dataclasses import replace
from pathlib import Path

import pytest

from ingest.parsing._result import CutJob, PageProblem, ParsedFile, ParseJob, PicturePage
from ingest.parsing._workers.wire import decode_file, decode_job, encode_file, encode_job
from mistral_rag.index import Profile
from mistral_rag.schema import Block, Box, Chunk, Locator, Page, Unit, WordBoxes
from mistral_rag.workers import FrameError, WireFrame

JOB = ParseJob(Path("é/a.pdf"), "file:///a.pdf", "application/pdf", name="a.pdf", digest="ab" * 32, awaits_ocr=True)
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
    problems=(PageProblem(2, "needs OCR: a picture"), PageProblem(None, "something")),
    pictures=(PicturePage(2, "needs OCR: a picture", "cd" * 32),),
    profile=Profile("Acme", {"signal": {"years": [2023]}}),
)


def test_a_parsed_file_survives_the_way() -> None:
    assert decode_file(JOB, encode_file(FILE)) == FILE


def test_jobs_survive_the_way() -> None:
    assert decode_job(encode_job(JOB)) == JOB
    assert decode_job(encode_job(CutJob(JOB, FILE))) == CutJob(JOB, FILE)


@pytest.mark.parametrize(
    "content", [b"no json", b"[]", b"{}", b'{"pages": 1}', b'{"pages": [[]], "word_bytes": [1]}', b"null"]
)
def test_what_is_no_file_is_an_error(content: bytes) -> None:
    with pytest.raises(FrameError):
        decode_file(JOB, WireFrame(content))


def test_a_file_must_keep_the_rules_of_its_types() -> None:
    content, raw = encode_file(FILE)
    with pytest.raises(FrameError):
        decode_file(JOB, WireFrame(content.replace(b'"end":6', b'"end":7'), raw))
    with pytest.raises(FrameError):
        decode_file(JOB, WireFrame(content, raw[:-1]))
    with pytest.raises(FrameError):
        decode_file(JOB, WireFrame(content.replace(b'"profile":{', b'"profile":7,"other":{'), raw))
    strange = Profile("", {"filings": {"version": 5, "profile": {"names": 7}}})
    with pytest.raises(FrameError, match="can't read what it learned"):
        decode_file(JOB, encode_file(replace(FILE, profile=strange)))
    with pytest.raises(FrameError, match="profile is larger"):
        decode_file(JOB, encode_file(replace(FILE, profile=Profile("x" * (1 << 20)))))
