from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from mistral_rag import MistralOCR
from mistral_rag.errors import ConfigurationError
from mistral_rag.ocr._requests.options import chosen_pages, ranges

KEY = {"api_key": "k"}


class Invoice(BaseModel):
    """An invoice."""

    total: float


def test_only_what_is_set_is_sent_but_always_whether_blocks_are_wanted() -> None:
    nothing: dict[str, Any] = {
        "table_format": None,
        "extract_header": False,
        "extract_footer": False,
        "include_blocks": False,
        "confidence_scores_granularity": None,
    }
    assert MistralOCR(**KEY, **nothing).wire() == {"model": "mistral-ocr-latest", "include_blocks": False}
    assert MistralOCR(**KEY).wire() == {
        "model": "mistral-ocr-latest",
        "include_blocks": True,
        "table_format": "html",
        "extract_header": True,
        "extract_footer": True,
        "confidence_scores_granularity": "word",
    }


def test_every_option_of_the_platform_goes_out_under_its_name() -> None:
    ocr = MistralOCR(
        **KEY,
        model="mistral-ocr-2512",
        table_format="markdown",
        confidence_scores_granularity="page",
        include_image_base64=True,
        image_limit=0,
        image_min_size=10,
        document_annotation=Invoice,
        document_annotation_prompt="Which total?",
        bbox_annotation={"type": "object", "properties": {"kind": {"type": "string"}}},
        model_kwargs={"new": 1},
    )
    sent = ocr.wire()
    form = sent.pop("document_annotation_format")
    assert (form["type"], form["json_schema"]["name"], form["json_schema"]["strict"]) == (
        "json_schema",
        "Invoice",
        True,
    )
    assert form["json_schema"]["schema"]["required"] == ["total"]
    assert sent.pop("bbox_annotation_format")["json_schema"]["schema"]["properties"] == {"kind": {"type": "string"}}
    assert sent == {
        "model": "mistral-ocr-2512",
        "include_blocks": True,
        "table_format": "markdown",
        "extract_header": True,
        "extract_footer": True,
        "confidence_scores_granularity": "page",
        "include_image_base64": True,
        "image_limit": 0,
        "image_min_size": 10,
        "document_annotation_prompt": "Which total?",
        "new": 1,
    }


def test_a_document_annotation_asks_for_no_more_pictures_than_the_platform_looks_at() -> None:
    assert MistralOCR(**KEY, document_annotation=Invoice).wire()["image_limit"] == 8
    with pytest.raises(ValidationError, match="image_limit is at most 8"):
        MistralOCR(**KEY, document_annotation=Invoice, image_limit=9)


@pytest.mark.parametrize(
    "wrong",
    [
        {"table_format": "csv"},
        {"image_limit": -1},
        {"confidence_scores_granularity": "line"},
        {"document_annotation": "total"},
        {"bbox_annotation": 5},
        {"document_annotation_prompt": "Which?"},
        {"pages_per_request": 0},
        {"pages_per_request": 1001},
        {"doubtful_below": 1.5},
        {"model": ""},
        {"tables": "html"},
    ],
)
def test_wrong_options_are_refused_at_once(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        MistralOCR(**KEY, **wrong)


def test_options_for_one_call_are_checked_and_change_nothing_else() -> None:
    ocr = MistralOCR(**KEY)
    other = ocr.changed({"table_format": None, "document_annotation_format": Invoice})
    assert (other.table_format, other.document_annotation, ocr.table_format) == (None, Invoice, "html")
    assert other.clients is ocr.clients
    with pytest.raises(ConfigurationError, match="no OCR option 'tabel_format'"):
        ocr.changed({"tabel_format": None})
    with pytest.raises(ValidationError):
        ocr.changed({"table_format": "csv"})


def test_the_name_is_the_same_where_the_same_is_read() -> None:
    ocr = MistralOCR(**KEY)
    assert ocr.name == MistralOCR(api_key="another", pages_per_request=3, max_retries=0).name
    assert ocr.name.startswith("mistral-ocr-latest/")
    assert len({ocr.name, *(ocr.changed(change).name for change in ({"table_format": None}, {"model": "m"}))}) == 3


@pytest.mark.parametrize(
    ("given", "numbers"),
    [
        (None, None),
        (3, (3,)),
        ([], ()),
        ([3, 1, 3], (1, 3)),
        (range(2, 5), (2, 3, 4)),
        ("7", (7,)),
        ("1-3, 7,5 - 6", (1, 2, 3, 5, 6, 7)),
    ],
)
def test_pages_are_numbers_or_ranges(given: Any, numbers: tuple[int, ...] | None) -> None:
    assert chosen_pages(given) == numbers


@pytest.mark.parametrize(
    "given", [0, -1, True, [0], [1.0], ["1"], "0", "", "a", "3-1", "1-", "-3", "1;2", "1-9999999999", 2.5, 10**9]
)
def test_what_is_no_page_number_is_refused(given: Any) -> None:
    with pytest.raises(ConfigurationError):
        chosen_pages(given)


def test_page_numbers_in_short() -> None:
    assert ranges([1, 2, 3, 5, 7, 8]) == "1-3, 5, 7-8"
    assert ranges([1, 3, 5, 7, 9, 11]) == "1, 3, 5, 7, 9, …"
    assert ranges([]) == ""
