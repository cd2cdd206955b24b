"""The types: what they refuse, and that nothing is lost on the way through JSON and LangChain."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mistral_rag.schema import (
    EXPORTED,
    Answer,
    Block,
    Box,
    CellValue,
    Chunk,
    Citation,
    Claim,
    Locator,
    Page,
    Removed,
    RetrievedDocument,
    Source,
    Span,
    Table,
    TableCell,
    Unit,
    Word,
    WordBoxes,
    clean_text,
    json_schema,
    text_digest,
)

DIGEST = "ab" * 32
BOX = Box(left=0.1, top=0.2, right=0.3, bottom=0.25)
LOCATOR = Locator(kind="page", number=12, label="F-12")
SOURCE = Source(
    uri="file:///reports/10q.pdf",
    digest=DIGEST,
    name="10q.pdf",
    title="Form 10-Q",
    media_type="application/pdf",
    language="en",
    modified=datetime(2024, 5, 1, tzinfo=UTC),
    groups=("finance",),
    metadata={"year": 2024},
)
TEXT = "Net sales\nProducts were up. Services fell.\n7"
PAGE = Page(
    locator=LOCATOR,
    text=TEXT,
    width=612,
    height=792,
    words=WordBoxes.pack([(0, 3, 0.1, 0.2, 0.2, 0.25), (4, 9, 0.21, 0.2, 0.3, 0.25)]),
    blocks=(Block(start=0, end=9, kind="title", box=BOX), Block(start=43, end=44, kind="footer")),
    units=(Unit(start=0, end=9, kind="heading"), Unit(start=10, end=27), Unit(start=28, end=42)),
)
CHUNK = Chunk(
    id=Chunk.make_id(SOURCE.uri, TEXT[10:42]),
    uri=SOURCE.uri,
    page=1,
    first_unit=1,
    last_unit=2,
    start=10,
    end=42,
    text=TEXT[10:42],
    headings=("Net sales",),
)
SPAN = Span(
    page=1,
    locator=LOCATOR,
    start=10,
    end=27,
    quote="Products were up.",
    boxes=(BOX,),
    box_precision="word",
    text_sha256=PAGE.text_sha256,
)
CITATION = Citation(
    marker="1",
    source="10q.pdf",
    uri=SOURCE.uri,
    title="Form 10-Q",
    page=12,
    page_label="F-12",
    quote="Products were up.",
    spans=(SPAN,),
    start=0,
    end=18,
    digest=DIGEST,
    origin="text-layer",
    chunk_id=CHUNK.id,
    location="exact",
)
ANSWER = Answer(
    question="How did products do?",
    text="Products were up. [1]",
    status="answered",
    citations=(CITATION,),
    claims=(Claim(start=0, end=17, support="supported", numbers_ok=None, citations=("1",)),),
    removed=(Removed(text="Services doubled.", reason="no source says so"),),
    documents=(RetrievedDocument(id=CHUNK.id, page_content=CHUNK.text, metadata={"page": 1}),),
    usage={"input_tokens": 12},
    cost=0.0,
    timings={"retrieve": 0.01},
    generation=1,
)
STOCK = "Bin  Actual  Variance\nB-07  289  -23\nD-22  156"
STOCK_TABLE = Table(
    start=0,
    end=len(STOCK),
    columns=("Bin", "Actual", "Variance"),
    scale="units",
    box=BOX,
    cells=(
        TableCell(row=0, column=0, runs=((0, 3),), role="column"),
        TableCell(row=0, column=1, runs=((5, 11),), role="column"),
        TableCell(row=0, column=2, runs=((13, 21),), role="column"),
        TableCell(row=1, column=0, runs=((22, 26),), role="row"),
        TableCell(row=1, column=1, runs=((28, 31),), box=BOX),
        TableCell(row=1, column=2, runs=((33, 36),)),
        TableCell(row=2, column=0, runs=((37, 41),), role="row"),
        TableCell(row=2, column=1, column_span=2, runs=((43, 46),)),
        TableCell(row=2, column=2),
    ),
)
STOCK_PAGE = Page(locator=LOCATOR, text=STOCK, tables=(STOCK_TABLE,), doubts=("the text lies over a picture",))
EXAMPLES = [SOURCE, PAGE, STOCK_PAGE, CHUNK, CITATION, ANSWER, *ANSWER.claims]


def changed(model: Any, **fields: Any) -> Any:
    return type(model).model_validate({**dict(model), **fields})


@pytest.mark.parametrize("model", EXAMPLES, ids=lambda m: type(m).__name__)
def test_json_gives_back_what_went_in(model: Any) -> None:
    assert type(model).model_validate_json(model.model_dump_json()) == model
    assert type(model).model_validate(model.model_dump(mode="json")) == model


@pytest.mark.parametrize("model", EXAMPLES, ids=lambda m: type(m).__name__)
def test_unknown_keys_are_refused(model: Any) -> None:
    with pytest.raises(ValidationError, match="extra_forbidden"):
        type(model).model_validate({**model.model_dump(mode="json"), "colour": "red"})


@pytest.mark.parametrize("model", EXAMPLES, ids=lambda m: type(m).__name__)
def test_nothing_changes_after_it_was_made(model: Any) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        setattr(model, next(iter(type(model).model_fields)), "other")


def test_boxes_have_their_corners_in_order() -> None:
    with pytest.raises(ValidationError, match="left <= right"):
        Box(left=0.5, top=0, right=0.4, bottom=1)


def test_a_box_around_boxes_is_the_smallest_that_holds_them() -> None:
    other = Box(left=0.05, top=0.22, right=0.2, bottom=0.4)
    assert Box.around([BOX, other]) == Box(left=0.05, top=0.2, right=0.3, bottom=0.4)


@pytest.mark.parametrize(
    ("kind", "number", "label", "shown"),
    [
        ("page", 14, "F-12", "p. F-12 (page 14)"),
        ("page", 14, "14", "p. 14"),
        ("page", 14, "", "p. 14"),
        ("slide", 3, "", "slide 3"),
        ("section", 2, "Leave > Parental leave", "Leave > Parental leave"),
    ],
)
def test_a_locator_reads_as_people_say_it(kind: Any, number: int, label: str, shown: str) -> None:
    assert str(Locator(kind=kind, number=number, label=label)) == shown


def test_pages_count_from_one() -> None:
    with pytest.raises(ValidationError, match="greater than or equal to 1"):
        Locator(kind="page", number=0)


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"text": "a\x00b"}, "U\\+0000 at 1"),
        ({"text": "soft\ufffehyphen"}, "U\\+FFFE at 4"),
        ({"units": PAGE.units[1:]}, "no unit holds 'Net sales' at 0"),
        ({"units": PAGE.units[:2]}, "no unit holds 'Services fell.'"),
        ({"units": (PAGE.units[1], PAGE.units[0], PAGE.units[2])}, "out of order"),
        ({"units": (*PAGE.units[:2], Unit(start=26, end=42))}, "overlap"),
        ({"units": (*PAGE.units[:2], Unit(start=28, end=42, kind="row", header=3))}, "header is no unit"),
        ({"blocks": (Block(start=40, end=45, kind="text"),)}, "behind the page's text"),
        ({"words": WordBoxes.pack([(40, 45, 0, 0, 1, 1)])}, "behind the page's text"),
        ({"words": WordBoxes.pack([(4, 9, 0, 0, 1, 1), (0, 3, 0, 0, 1, 1)])}, "in order"),
        ({"words": WordBoxes.pack([(0, 5, 0, 0, 1, 1), (4, 9, 0, 0, 1, 1)])}, "not overlap"),
    ],
)
def test_a_page_that_contradicts_itself_is_refused(fields: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        changed(PAGE, **fields)


def test_running_headers_and_blanks_need_no_unit() -> None:
    assert TEXT[43:44] == "7"
    assert all(unit.end <= 42 for unit in PAGE.units)


def test_cells_are_named_by_their_column_and_row() -> None:
    row = STOCK_PAGE.cell_values(22, 36)
    assert row == (
        CellValue(value="289", column="Actual", row="B-07"),
        CellValue(value="-23", column="Variance", row="B-07"),
    )
    assert [str(value) for value in row] == ["Actual: 289 (row B-07)", "Variance: -23 (row B-07)"]
    assert STOCK_PAGE.cell_values(43, 46) == (CellValue(value="156", column="Actual, Variance", row="D-22"),)
    assert STOCK_PAGE.cell_values(0, 21) == ()
    assert str(CellValue(value="7")) == "7"


def test_a_cell_over_two_rows_names_both() -> None:
    text = "South  1\n2"
    cells = (
        TableCell(row=0, column=0, row_span=2, runs=((0, 5),), role="row"),
        TableCell(row=0, column=1, runs=((7, 8),)),
        TableCell(row=1, column=1, runs=((9, 10),)),
    )
    page = Page(locator=LOCATOR, text=text, tables=(Table(start=0, end=10, cells=cells, columns=("", "2025")),))
    assert [str(value) for value in page.cell_values(0, 10)] == ["2025: 1 (row South)", "2025: 2 (row South)"]


@pytest.mark.parametrize(
    ("tables", "complaint"),
    [
        ([Table(start=0, end=3, cells=()), Table(start=2, end=5, cells=())], "overlap"),
        ([Table(start=0, end=99, cells=())], "behind the page's text"),
    ],
)
def test_tables_that_contradict_their_page_are_refused(tables: list[Table], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        changed(STOCK_PAGE, tables=tuple(tables))


def test_a_cell_outside_of_its_table_is_refused() -> None:
    with pytest.raises(ValidationError, match="outside of its table"):
        Table(start=0, end=3, cells=(TableCell(row=0, column=0, runs=((2, 5),)),))
    with pytest.raises(ValidationError, match="start < end"):
        TableCell(row=0, column=0, runs=((2, 2),))


def test_text_comes_from_where_its_block_does() -> None:
    scanned = changed(PAGE, blocks=(*PAGE.blocks, Block(start=10, end=42, kind="text", origin="local-ocr")))
    assert scanned.origin_at(0, 9) == "text-layer"
    assert scanned.origin_at(12, 14) == "local-ocr"


@pytest.mark.parametrize(
    ("raw", "clean"),
    [("a\r\nb\rc", "a\nb\nc"), ("a\x00b", "a b"), ("a\ud800b", "a\ufffdb"), ("tab\there", "tab\there")],
)
def test_text_is_cleaned_as_pages_want_it(raw: str, clean: str) -> None:
    assert clean_text(raw) == clean


@given(st.text(st.characters(exclude_categories=()), max_size=60))
def test_clean_text_is_clean_and_stays_so(raw: str) -> None:
    clean = clean_text(raw)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]", clean)
    assert clean_text(clean) == clean
    assert len(clean) == len(raw.replace("\r\n", "\n"))
    assert Page(locator=LOCATOR, text=clean).text_sha256 == text_digest(clean)


fractions = st.floats(0, 1)
words = st.lists(
    st.tuples(st.integers(1, 9), st.integers(0, 3), fractions, fractions, fractions, fractions), max_size=30
)


def laid_out(drawn: list[tuple[int, int, float, float, float, float]]) -> list[Word]:
    placed, at = [], 0
    for length, gap, x0, y0, x1, y1 in drawn:
        box = Box(left=min(x0, x1), top=min(y0, y1), right=max(x0, x1), bottom=max(y0, y1))
        placed.append(Word(at + gap, at + gap + length, box))
        at += gap + length
    return placed


@given(words)
def test_packed_words_keep_their_places(drawn: list[tuple[int, int, float, float, float, float]]) -> None:
    placed = laid_out(drawn)
    packed = WordBoxes.pack((w.start, w.end, w.box.left, w.box.top, w.box.right, w.box.bottom) for w in placed)
    assert len(packed) == len(placed)
    for before, after in zip(placed, packed, strict=True):
        assert (before.start, before.end) == (after.start, after.end)
        for side in ("left", "top", "right", "bottom"):
            assert getattr(after.box, side) == pytest.approx(getattr(before.box, side), abs=1 / 65535)


@given(words, st.integers(0, 120), st.integers(0, 120))
def test_words_between_are_those_that_share_a_character(drawn: Any, start: int, end: int) -> None:
    packed = WordBoxes.pack((w.start, w.end, 0, 0, 1, 1) for w in laid_out(drawn))
    expected = [(w.start, w.end) for w in packed if w.start < end and start < w.end and start < end]
    found = [(w.start, w.end) for w in packed.between(start, end)]
    assert found == expected or start >= end


def test_broken_packed_words_are_refused() -> None:
    with pytest.raises(ValueError, match="16 bytes each, got 15"):
        WordBoxes(b"x" * 15)


def test_a_chunk_is_as_long_as_its_range() -> None:
    with pytest.raises(ValidationError, match="as long as its range"):
        changed(CHUNK, end=43)
    with pytest.raises(ValidationError, match="first unit comes after"):
        changed(CHUNK, first_unit=3)


def test_chunk_ids_differ_by_source_text_and_ordinal() -> None:
    ids = {Chunk.make_id("a", "x"), Chunk.make_id("b", "x"), Chunk.make_id("a", "y"), Chunk.make_id("a", "x", 1)}
    assert len(ids) == 4
    assert Chunk.make_id("a", "x") == Chunk.make_id("a", "x", 0)


def test_a_chunk_survives_langchain() -> None:
    document = CHUNK.to_document(SOURCE, PAGE)
    assert document.id == CHUNK.id
    assert document.page_content == "Products were up. Services fell."
    assert document.metadata == {
        "year": 2024,
        "source": "10q.pdf",
        "uri": "file:///reports/10q.pdf",
        "title": "Form 10-Q",
        "page_number": 12,
        "page_label": "F-12",
        "locator": "page",
        "page": 1,
        "start_index": 10,
        "first_unit": 1,
        "last_unit": 2,
        "headings": ["Net sales"],
        "kind": "text",
        "digest": DIGEST,
        "language": "en",
    }
    assert Chunk.from_document(document) == CHUNK


def test_metadata_of_a_document_hides_no_name_of_ours() -> None:
    loud = changed(SOURCE, metadata={"page": 99, "uri": "file:///elsewhere"})
    assert Chunk.from_document(CHUNK.to_document(loud, PAGE)) == CHUNK


def test_a_bare_document_is_its_own_source() -> None:
    from langchain_core.documents import Document

    chunk = Chunk.from_document(Document("Some text.", metadata={"page": 7}))
    assert (chunk.page, chunk.start, chunk.end, chunk.first_unit, chunk.last_unit) == (1, 0, 10, 0, 0)
    assert chunk.uri.startswith("document:")
    assert chunk == Chunk.from_document(Document("Some text."))


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"quote": "Products were down."}, "as long as its range"),
        ({"start": 27}, "not empty"),
        ({"boxes": ()}, "exactly when it has a precision"),
        ({"box_precision": "none"}, "exactly when it has a precision"),
        ({"text_sha256": "short"}, "pattern"),
    ],
)
def test_a_span_that_contradicts_itself_is_refused(fields: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        changed(SPAN, **fields)


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"quote": "Services fell."}, "quote is that of its spans"),
        ({"spans": None, "quote": None}, "needs spans"),
        ({"digest": None}, "needs spans, a page and a digest"),
        ({"location": "not_found"}, "neither quote nor spans"),
        ({"start": 19}, "ends before it starts"),
        ({"verified": False}, "computed from `location`"),
    ],
)
def test_a_citation_that_contradicts_itself_is_refused(fields: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        changed(CITATION, **fields)


@pytest.mark.parametrize(
    ("location", "verified"),
    [("exact", True), ("normalised", True), ("moved", False)],
)
def test_verified_follows_from_the_location(location: str, verified: bool) -> None:
    assert changed(CITATION, location=location).verified is verified


@pytest.mark.parametrize(
    ("seen", "verified"),
    [("agrees", True), ("unreadable", True), ("unchecked", True), ("differs", False)],
)
def test_a_quote_that_differs_from_the_picture_is_not_verified(seen: str, verified: bool) -> None:
    citation = changed(CITATION, seen=seen, seen_text="Products were down.")
    assert citation.verified is verified
    assert Citation.model_validate_json(citation.model_dump_json()) == citation


@pytest.mark.parametrize("location", ["ambiguous", "not_found", "stale"])
def test_what_was_not_located_has_no_quote_but_keeps_what_was_given(location: str) -> None:
    lost = changed(CITATION, location=location, quote=None, spans=None, given_quote="Products were down.")
    assert (lost.verified, lost.given_quote) == (False, "Products were down.")


def test_a_quote_of_two_spans_shows_the_gap_and_no_header() -> None:
    header = changed(SPAN, start=0, end=9, quote="Net sales", role="header")
    last = changed(SPAN, start=28, end=42, quote="Services fell.")
    quote = "Products were up. … Services fell."
    assert changed(CITATION, spans=(header, SPAN, last), quote=quote).quote == quote


def test_a_citation_survives_langchain() -> None:
    block = CITATION.to_annotation()
    assert block["type"] == "citation"
    assert (block["url"], block["title"]) == ("file:///reports/10q.pdf", "Form 10-Q")
    assert (block["start_index"], block["end_index"]) == (0, 18)
    assert block["cited_text"] == "Products were up."
    assert Citation.from_annotation(block) == CITATION


def test_an_annotation_of_another_version_is_refused() -> None:
    block = CITATION.to_annotation()
    block["extras"]["mistral_rag"]["version"] = 99
    with pytest.raises(ValueError, match="version 99; this release reads 1"):
        Citation.from_annotation(block)


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"text": "Short"}, "behind the answer's text"),
        ({"citations": ()}, "markers without a citation"),
        ({"status": "abstained"}, "says why in `reason`"),
        ({"status": "incomplete", "reason": ""}, "says why in `reason`"),
    ],
)
def test_an_answer_that_contradicts_itself_is_refused(fields: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        changed(ANSWER, **fields)


def test_an_answer_becomes_a_message_with_annotations() -> None:
    message = ANSWER.as_message()
    (block,) = message.content_blocks
    assert block["type"] == "text"
    assert block["text"] == "Products were up. [1]"
    assert Citation.from_annotation(block["annotations"][0]) == CITATION
    assert message.response_metadata["status"] == "answered"


def test_the_json_schema_names_every_published_type() -> None:
    names = {model.__name__ for model in EXPORTED}
    assert names == {"Source", "Page", "Chunk", "Citation", "Claim", "Answer"}
    schema = json_schema()
    assert names <= set(schema["$defs"])
    assert schema["$defs"]["Citation"]["properties"]["verified"]["readOnly"] is True
