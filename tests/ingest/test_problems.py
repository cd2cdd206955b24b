"""The line of a report that names the pages which could not be read."""

import pytest

from ingest._planning.plan import _to_be_read_again
from ingest._planning.problems import describe_problems
from ingest.parsing._result import NEEDS_OCR
from mistral_rag.index import SourceStatus
from mistral_rag.schema import Source


def test_pages_with_one_reason_are_named_together() -> None:
    assert describe_problems([(3, "too dark"), (4, "too dark"), (None, "no title")]) == "pages 3, 4: too dark; no title"
    assert describe_problems([(3, "too dark")]) == "page 3: too dark"
    assert describe_problems([]) is None


def test_the_first_pages_are_named_and_the_others_counted() -> None:
    problems = [(page, "too dark") for page in range(1, 20_001)]
    assert describe_problems(problems) == "pages 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 19990 more: too dark"
    assert describe_problems(problems[:11]) == "pages 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 1 more: too dark"


def test_the_first_reasons_are_named_and_the_others_counted() -> None:
    problems = [(page, f"reason {page}") for page in range(1, 20_001)]
    assert describe_problems(problems) == (
        "page 1: reason 1; page 2: reason 2; page 3: reason 3; page 4: reason 4; page 5: reason 5; and 19995 more"
    )


@pytest.mark.parametrize("pages", [1, 2, 500])
def test_a_file_that_failed_on_many_pages_is_read_again_when_there_is_ocr(pages: int) -> None:
    reason = describe_problems([(page, f"{NEEDS_OCR}: a picture") for page in range(1, pages + 1)])
    source = Source(uri="file:///a.pdf", digest="0" * 64, name="a.pdf", title="a", media_type="application/pdf")
    state = SourceStatus(source, "failed", "", 1, 1, reason, 0, 0, ())
    assert _to_be_read_again(state, "local-ocr")
    assert not _to_be_read_again(state, "")
