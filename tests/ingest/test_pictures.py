"""Pages that a build looks at, and what becomes of those that their pictures show otherwise."""

from hashlib import sha256
from pathlib import Path

import pytest

from ingest import Build
from ingest import _pictures as module
from ingest._pictures import PictureCheck, difference, to_check
from ingest.chunking import units
from mistral_rag.index import IndexReader
from mistral_rag.pdf import read_pages
from mistral_rag.schema import Locator, Page, Source
from mistral_rag.witness import PictureWitness, Sighting
from tests.witness.conftest import line, pdf_of, rewritten


def page(number: int, text: str = "text", doubts: tuple[str, ...] = ()) -> Page:
    return Page(locator=Locator(kind="page", number=number), text=text, doubts=doubts)


def test_doubtful_pages_are_looked_at_and_few_others() -> None:
    doubtful = [page(number, doubts=("a font whose characters are unlikely",)) for number in range(1, 31)]
    others = [page(number, f"page {number}") for number in range(31, 5031)]
    chosen = to_check([*doubtful, *others])
    assert [each.locator.number for each in chosen[:20]] == list(range(1, 21))
    # 17 of 5,000 are expected; these digests give 14
    assert len(chosen) - 20 == 14
    assert to_check([*doubtful, *others]) == chosen


def test_a_difference_is_a_reason_in_words() -> None:
    assert difference("Net  sales\n81,797", Sighting("differs", "Net sales 81,791")) == (
        'the picture shows "Net sales 81,791" where the text says "Net sales 81,797"'
    )
    assert (
        difference("x" * 100, Sighting("differs", "")) == f'the picture shows nothing where the text says "{"x" * 79}…"'
    )


def test_a_page_that_its_picture_shows_otherwise_is_doubted(tmp_path: Path) -> None:
    pytest.importorskip("rapidocr")
    path = tmp_path / "report.pdf"
    path.write_bytes(pdf_of(line("Total net sales were 81,797 in all.")))
    [read] = read_pages(path)
    source = Source(
        uri=path.as_uri(),
        digest=sha256(path.read_bytes()).hexdigest(),
        name="report.pdf",
        title="Report",
        media_type="application/pdf",
    )
    reason = difference(
        "Total net sales were 81,791 in all.", Sighting("differs", "Total net sales were 81,797 in all.")
    )
    with PictureCheck() as check:
        for given, expected in ((read, ()), (rewritten(read, "81,797", "81,791"), (reason,))):
            doubted = given.model_copy(update={"units": units(given), "doubts": ("a doubt",)})
            pages, differing, disproved = check.checked(source, [doubted])
            assert not disproved
            assert pages[0].doubts == ("a doubt", *expected)
            assert [str(each) for each in differing] == [f"report.pdf, p. 1: {each}" for each in expected]


def test_a_build_reports_and_keeps_what_differs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "documents"
    root.mkdir()
    (root / "report.pdf").write_bytes(pdf_of(line("Total net sales were 81,797 in all.")))
    monkeypatch.setattr(module, "SAMPLED", 1)
    monkeypatch.setattr(PictureWitness, "available", True)
    monkeypatch.setattr(PictureWitness, "look", lambda *_: Sighting("differs", "Total net sales"))
    build = Build([root], tmp_path / "index", embeddings="none")
    for _ in build:
        pass
    reason = 'the picture shows "Total net sales" where the text says "Total net sales were 81,797 in all."'
    assert build.report.warnings == [f"report.pdf, p. 1: {reason}"]
    with IndexReader.open(tmp_path / "index") as reader, reader.view() as view:
        [source] = view.sources()
        assert view.page(source.uri, 1).doubts == (reason,)
