"""What a file says of itself is cut where every parser's result passes, before it is stored a thousand times."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ingest.parsing import PageProblem, Parsed, parse
from ingest.parsing._bounds import bounded
from ingest.parsing._result import ParsedFile, ParseJob
from ingest.parsing._workers.wire import decode_file, encode_file
from ingest.parsing._workers.worker import parse_file
from mistral_rag.errors import ParseError
from mistral_rag.schema import Chunk, Locator, Page
from mistral_rag.workers import FrameError

PAGE = Page(locator=Locator(kind="section", number=1), text="text")


def nested(depth: int) -> Any:
    value: Any = "x"
    for _ in range(depth):
        value = [value]
    return value


def test_one_heading_of_400_kb_is_not_repeated_in_600_sections(tmp_path: Path) -> None:
    file = tmp_path / "a.html"
    sections = "".join(f"<h2>Section {number}</h2><p>It says {number}.</p>" for number in range(600))
    file.write_text(f"<h1>{'heading ' * 50_000}</h1>{sections}")
    parsed = parse_file(ParseJob(file, file.as_uri(), "text/html"))
    assert len(parsed.title) == 500
    assert max(len(heading) for chunk in parsed.chunks for heading in chunk.headings) <= 200
    assert sum(len(page.locator.label) for page in parsed.pages) <= 200 * len(parsed.pages)


def test_a_title_of_400_kb_is_cut(tmp_path: Path) -> None:
    file = tmp_path / "a.html"
    file.write_text(f"<title>{'title ' * 70_000}</title><p>text</p>")
    assert parse(file, "text/html").title == ("title " * 84)[:499].rstrip() + "…"


def test_a_description_of_5_mb_is_cut(tmp_path: Path) -> None:
    file = tmp_path / "a.html"
    file.write_text(f'<meta name="description" content="{"x" * 5_000_000}"><p>text</p>')
    assert parse(file, "text/html").metadata == {"description": "x" * 999 + "…"}


def test_a_long_front_matter_is_cut(tmp_path: Path) -> None:
    file = tmp_path / "a.md"
    file.write_text("---\n" + "\n".join(f"key{number}: value" for number in range(500)) + "\n---\n\ntext\n")
    parsed = parse(file, "text/markdown")
    assert list(parsed.metadata) == [f"key{number}" for number in range(64)]
    assert parsed.problems == (
        PageProblem(None, "metadata was left out, as it is too large or no JSON: key64, key65, key66 and 433 more"),
    )


def test_a_plugin_s_result_is_bounded_like_any_other() -> None:
    page = PAGE.model_copy(update={"locator": Locator(kind="section", number=1, label="l" * 9_000, cells="A" * 9_000)})
    found = bounded(
        Parsed(
            "t\n" * 9_000,
            {"a": "x" * 9_000, "b": nested(4), "c": {"d": [1, 2.5, None, True, "\x00"]}},
            (page,),
            (PageProblem(1, "r" * 9_000), PageProblem(1, "again"), PageProblem(7, "no such page")),
        )
    )
    assert found.title == ("t " * 250)[:499].rstrip() + "…"
    assert found.metadata == {"a": "x" * 999 + "…", "b": [[[["x"]]]], "c": {"d": [1, 2.5, None, True, " "]}}
    assert found.pages[0].locator == Locator(kind="section", number=1, label="l" * 199 + "…", cells="A" * 199 + "…")
    assert found.problems == (PageProblem(None, "no such page"), PageProblem(1, "r" * 299 + "…"))


@pytest.mark.parametrize(
    "value",
    [nested(5), nested(50_000), list(range(101)), 1e999, 2**63, 10**5000, {1: 2}, {"k" * 101: 1}, object()],
    ids=["deep", "very deep", "many", "infinite", "65 bits", "5,000 digits", "number as key", "long key", "object"],
)
def test_metadata_that_is_too_deep_too_large_or_no_json_is_left_out_and_named(value: Any) -> None:
    found = bounded(Parsed("t", {"good": 1, "bad": value}, (PAGE,)))
    assert found.metadata == {"good": 1}
    assert found.problems == (PageProblem(None, "metadata was left out, as it is too large or no JSON: bad"),)


def test_more_pages_than_a_build_takes_in_are_one_reason() -> None:
    pages = tuple(PAGE.model_copy() for _ in range(20_001))
    with pytest.raises(ParseError, match=r"^has 20,001 pages or sections, more than 20,000; divide it$"):
        bounded(Parsed("t", {}, pages))


def test_thousands_of_reasons_for_one_file_are_a_few() -> None:
    found = bounded(Parsed("t", {}, (PAGE,), tuple(PageProblem(None, f"r{number}") for number in range(5_000))))
    assert len(found.problems) == 20


def test_numbered_headings_nest_no_deeper_than_a_path_may_be_long(tmp_path: Path) -> None:
    file = tmp_path / "a.md"
    headings = "\n\n".join(f"### {'.'.join(['1'] * depth)} Deep\n\nText {depth}." for depth in range(1, 40))
    file.write_text("# A\n\n" + headings)
    parsed = parse_file(ParseJob(file, file.as_uri(), "text/markdown"))
    assert max(len(chunk.headings) for chunk in parsed.chunks) <= 12


@pytest.mark.parametrize(
    "change",
    [
        {"title": "t" * 501},
        {"metadata": {"a": "x" * 1_001}},
        {"metadata": {f"k{number}": 1 for number in range(65)}},
        {"pages": (PAGE.model_copy(update={"locator": Locator(kind="section", number=1, label="l" * 201)}),)},
        {"problems": (PageProblem(1, "r" * 301),)},
        {"problems": tuple(PageProblem(None, "r") for _ in range(30))},
        {"chunks": (
            Chunk(id="1", uri="u", page=1, first_unit=0, last_unit=0, start=0, end=1, text="t", headings=("h" * 201,)),
        )},
        {"chunks": (
            Chunk(id="1", uri="u", page=1, first_unit=0, last_unit=0, start=0, end=1, text="t", headings=("h",) * 13),
        )},
    ],
)  # fmt: skip
def test_a_worker_that_keeps_no_bounds_is_not_believed(change: dict[str, Any]) -> None:
    job = ParseJob(Path("a.md"), "u", "text/markdown")
    file = ParsedFile(uri="u", media_type="text/markdown", title="t", pages=(PAGE,))
    assert decode_file(job, encode_file(file)) == file
    with pytest.raises(FrameError):
        decode_file(job, encode_file(replace(file, **change)))
