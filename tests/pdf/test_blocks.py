from collections.abc import Callable
from pathlib import Path

from mistral_rag.pdf import PdfFile, read_page, read_pages
from mistral_rag.pdf._blocks import is_row, largest_words
from mistral_rag.schema import Page

Put = Callable[..., str]
WritePdf = Callable[..., Path]


def kinds(page: Page) -> list[tuple[str, str]]:
    return [(block.kind, page.text[block.start : block.end]) for block in page.blocks]


def page_of(path: Path) -> Page:
    with PdfFile(path) as pdf:
        return read_page(pdf, 1)


def body(put: Put, top: float = 600) -> str:
    lines = [
        "The first line of a paragraph that goes on over several",
        "printed lines until it is done, as they all are.",
    ]
    return "".join(put(60, top - 12 * at, line) for at, line in enumerate(lines * 3))


def test_large_letters_are_a_title(write_pdf: WritePdf, put: Put) -> None:
    page = page_of(write_pdf(put(60, 700, "Report on the year", size=20) + body(put)))
    assert kinds(page)[0] == ("title", "Report on the year")
    assert kinds(page)[1][0] == "text"


def test_a_short_bold_line_is_a_title_and_a_bold_sentence_is_not(write_pdf: WritePdf, put: Put) -> None:
    bold = put(60, 700, "Risk factors", font="F2") + put(60, 660, "Read this with care.", font="F2")
    assert kinds(page_of(write_pdf(bold + body(put))))[:2] == [
        ("title", "Risk factors"),
        ("text", "Read this with care."),
    ]


def test_rows_with_their_column_names_are_a_table(write_pdf: WritePdf, put: Put) -> None:
    rows = [("", "2023", "2022"), ("Revenue", "1,000", "900"), ("Costs:", "", ""), ("Staff", "(400)", "(380)")]
    page = "".join(
        put(x, 500 - 12 * at, cell)
        for at, row in enumerate(rows)
        for x, cell in zip((60, 300, 400), row, strict=True)
        if cell
    )
    assert kinds(page_of(write_pdf(body(put) + page)))[-1] == (
        "table",
        "2023  2022\nRevenue  1,000  900\nCosts:\nStaff  (400)  (380)",
    )


def test_a_paragraph_ends_where_a_gap_is(write_pdf: WritePdf, put: Put) -> None:
    found = kinds(page_of(write_pdf(body(put, 600) + body(put, 500))))
    assert [kind for kind, _ in found] == ["text", "text"]


def test_list_items_keep_their_hanging_lines(write_pdf: WritePdf, put: Put) -> None:
    items = put(60, 500, "1. The first item of the list is so long that") + put(72, 488, "it needs two lines.")
    items += put(60, 476, "2. The second is short.")
    assert kinds(page_of(write_pdf(body(put) + items)))[1:] == [
        ("list", "1. The first item of the list is so long that\nit needs two lines."),
        ("list", "2. The second is short."),
    ]


def test_what_every_page_repeats_is_header_and_footer(write_pdf: WritePdf, put: Put) -> None:
    pages = [
        put(60, 780, "Annual report") + put(60, 700, name) + body(put) + put(300, 20, str(at + 11))
        for at, name in enumerate(["One", "Two", "Three", "Four"])
    ]
    read = read_pages(write_pdf(*pages))
    assert [kinds(page)[0] for page in read] == [("header", "Annual report")] * 4
    assert [kinds(page)[-1] for page in read] == [("footer", str(at + 11)) for at in range(4)]
    assert [page.locator.label for page in read] == ["11", "12", "13", "14"]
    assert [page.text.split("\n")[1] for page in read] == ["One", "Two", "Three", "Four"]


def test_the_files_own_labels_win(write_pdf: WritePdf, put: Put) -> None:
    labels = "/PageLabels << /Nums [0 << /S /r >> 2 << /S /D /P (F-) >>] >>"
    pages = read_pages(write_pdf(*[body(put)] * 4, catalog=labels))
    assert [page.locator.label for page in pages] == ["i", "ii", "F-1", "F-2"]


def test_a_row_ends_in_a_number_of_its_own() -> None:
    assert is_row("Net sales  $ 1,234", 2)
    assert is_row("Margin  12.5%", 2)
    assert is_row("Other  —", 2)
    assert is_row("Loss  (1,234)", 2)
    assert not is_row("Delaware  New York", 2)
    assert not is_row("Net sales 1,234", 1)


def test_blocks_of_real_pages_hold_all_their_text(checkout: Path) -> None:
    for page in read_pages(checkout / "data" / "2023 Q3 NVDA.pdf"):
        covered = "\n".join(page.text[block.start : block.end] for block in page.blocks)
        assert covered.split() == page.text.split()
        ends = [0, *(end for block in page.blocks for end in (block.start, block.end))]
        assert ends == sorted(ends)


def test_the_largest_words_of_a_page_are_its_cover(write_pdf: WritePdf, put: Put) -> None:
    cover = (
        put(60, 760, "small print") + put(60, 700, "How to read", size=30) + put(60, 660, "a balance sheet", size=30)
    )
    with PdfFile(write_pdf(cover + body(put))) as pdf:
        assert largest_words(pdf.sheet(1)) == "How to read a balance sheet"


def test_a_paragraph_from_the_right_is_no_name_of_the_columns_below() -> None:
    page = read_pages(Path(__file__).parent / "data" / "arabic-sans.pdf")[0]
    assert kinds(page) == [
        ("title", "عقد إيجار"),
        ("text", "لا يجوز للمستأجر التنازل عن العقد إلا بموافقة خطية. الإيجار\nالشهري 4,500 ريال."),
        ("table", "البند  السنة الأولى  السنة الثانية\nالإيجار  54,000  56,700\nالصيانة  2,400"),
    ]
