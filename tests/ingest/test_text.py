from pathlib import Path

import pytest

from ingest.chunking import cut
from ingest.parsing._texts.text import parse
from mistral_rag.errors import ParseError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "notes.txt"


def texts(path: Path) -> list[str]:
    return [page.text for page in parse(path).pages]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("Grüße aus Gdańsk".encode(), "Grüße aus Gdańsk"),
        ("Grüße".encode("utf-8-sig"), "Grüße"),
        ("Grüße".encode("utf-16"), "Grüße"),
        ("Grüße aus Porto".encode("utf-16-le"), "Grüße aus Porto"),
        ("Grüße aus Porto".encode("utf-16-be"), "Grüße aus Porto"),
        ("Grüße".encode("utf-32"), "Grüße"),
        ("Grüße – “so”".encode("cp1252"), "Grüße – “so”"),
        ("Grüße".encode("latin-1"), "Grüße"),
        ("Grüße und Küsse, Äpfel, Öl".encode() + b"\xff", "Grüße und Küsse, Äpfel, Öl\ufffd"),
        (b"a\r\nb\rc", "a\nb\nc"),
        (b"tab\there\x07bell", "tab\there bell"),
    ],
)
def test_encodings_are_found(file: Path, data: bytes, expected: str) -> None:
    file.write_bytes(data)
    assert texts(file) == [expected]


def test_a_form_feed_starts_a_page(file: Path) -> None:
    file.write_text("First page\n\fSecond page\n\f")
    pages = parse(file).pages
    assert [(str(page.locator), page.text) for page in pages] == [("p. 1", "First page"), ("p. 2", "Second page")]


def test_a_long_text_becomes_several_sections_cut_at_blank_lines(file: Path) -> None:
    paragraph = "The committee met and decided. " * 30
    file.write_text("\n\n".join([paragraph] * 50))
    pages = parse(file).pages
    assert [str(page.locator) for page in pages] == ["section 1", "section 2", "section 3"]
    assert all(page.text.startswith("The committee") and len(page.text) <= 20_000 for page in pages)


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Meeting notes\n\nWe met on Monday.", "Meeting notes"),
        ("Meeting notes\n=============\nWe met.", "Meeting notes"),
        ("We met on Monday.\n\nIt rained.", "notes"),
        ("a line\nof a paragraph", "notes"),
    ],
)
def test_the_title_is_a_first_line_that_stands_alone_else_the_file_name(file: Path, text: str, title: str) -> None:
    file.write_text(text)
    assert parse(file).title == title


@pytest.mark.parametrize("text", ["", " \n\n", "\f\f"])
def test_an_empty_file_has_no_pages(file: Path, text: str) -> None:
    file.write_text(text)
    assert parse(file).pages == ()


def test_binary_data_is_no_text(file: Path) -> None:
    file.write_bytes(bytes(range(256)) * 40)
    with pytest.raises(ParseError, match="the file is no text"):
        parse(file)


def test_a_file_beyond_50_mb_is_not_read(file: Path) -> None:
    with file.open("wb") as sparse:
        sparse.truncate(60_000_000)
    with pytest.raises(ParseError, match="the file has 60 MB; text files are read up to 50 MB"):
        parse(file)


CODE = {
    "python": """def backup(target):
    if target.exists():
        raise BackupError("target exists")
    return target""",
    "indented": """    def dump(name):
        return archive[name]""",
    "yaml": """jobs:
  backup:
    cron: "0 3 * * *"
    retries: 3""",
    "shell": """for host in $HOSTS; do
  ssh "$host" systemctl restart backup
done""",
    "c": """int main(void)
{
    return 0;
}""",
    "json": """{
  "retries": 3,
  "hosts": ["a", "b"]
}""",
}


@pytest.mark.parametrize("code", CODE.values(), ids=CODE)
def test_code_keeps_its_indentation_in_text_units_and_chunks(tmp_path: Path, code: str) -> None:
    path = tmp_path / "a.txt"
    path.write_text(
        f"How to run it\n\nRun this before each release:\n\n{code}\n\nAsk the operations team if it fails.\n"
    )
    (page,), (chunk,) = cut(parse(path).pages, uri="u", title="t")
    assert f"\n\n{code}\n\n" in page.text
    assert [page.text[unit.start : unit.end] for unit in page.units if unit.kind == "line"] == [code]
    assert code in chunk.text


@pytest.mark.parametrize(
    "prose",
    [
        "    Goods may be returned within 30 days; the buyer\npays for it. Used goods are excluded.",
        "Dear Sir or Madam,\n\n  we thank you for your order (no. 17) of 5 May:\n  it will be sent today.",
        "The rose is red,\n  the violet blue;\nthe honey is sweet,\n  and so are you.",
        "Item        Price\nBolt         3.00\n  Nut        1.50",
    ],
)
def test_indented_prose_is_no_code(tmp_path: Path, prose: str) -> None:
    path = tmp_path / "a.txt"
    path.write_text(prose)
    assert [block for page in parse(path).pages for block in page.blocks] == []


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (
            ["The committee met four times in", "the course of the year and", "looked at the accounts of every",
             "division, which it found to be", "in good order."],
            ["The costs of the new building", "were more than anybody had", "thought, because steel was dear",
             "and the ground was far too wet", "to be built upon."],
        ),
        (["Bill to:", "Elbe Works Ltd", "17 Dock Road"], ["Ship to:", "Nordhamn Marin AB", "211 20 Malmö"]),
        (["1. Close the valve", "2. Drain the tank", "3. Call the leader"],
         ["4. Wait for the pump", "5. Open the lid", "6. Note the time"]),
        (["Name: Ottilie", "Born: 4 May 1987", "Town: Hamburg"],
         ["Employer: Elbe Works", "Telephone: 555 0173", "Unit: Shipping"]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("indent", [0, 6])
def test_columns_apart_by_blanks_are_read_one_after_the_other(
    file: Path, left: list[str], right: list[str], indent: int
) -> None:
    rows = [f"{' ' * indent}{a:<40}{b}" for a, b in zip(left, right, strict=True)]
    file.write_text(
        "\n".join(["A title over all of it", "", *rows, "", "What follows below stands under both of the columns."]),
        "utf-8",
    )
    (text,) = texts(file)
    found = [line.strip() for line in text.split("\n") if line.strip()]
    assert found == ["A title over all of it", *left, *right, "What follows below stands under both of the columns."]


@pytest.mark.parametrize(
    "text",
    [
        "Site      Orders   Returns\nBonn          7        41\nLyon         12         3\nRiga          9        55",
        "Invoice number      EW-4471\nDate                14 May 2025\nPayment             30 days net",
        "Subsidiary              Place\nElbe Finance B.V.       Netherlands\nHull Holdings Ltd       England",
        "one  two\nthree  four",
        "def f(x):\n    a  = 1\n    bb = 2\n    return a  + bb",
    ],
)
def test_rows_of_a_table_in_plain_text_stay_as_they_are(file: Path, text: str) -> None:
    file.write_text(text, "utf-8")
    assert texts(file) == [text]
