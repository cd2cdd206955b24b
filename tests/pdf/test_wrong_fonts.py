"""A font whose map gives other characters than it draws is found by the shapes of its glyphs."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from mistral_rag.pdf import PdfFile

WritePdf = Callable[..., Path]
Put = Callable[..., str]

LETTERS = "abcdefghijklmnopqrstuvwxyz"
PROSE = "Revenue of the year grew by 17 percent to 4,238 million euros, of which 905 came from new markets"


def turned(characters: str, by: int) -> dict[str, str]:
    return dict(zip(characters, characters[by:] + characters[:by], strict=True))


def map_of(changes: Mapping[str, str]) -> bytes:
    """A map to Unicode of codes that are those of ASCII, with changes."""
    pairs = {chr(code): chr(code) for code in range(33, 127)} | dict(changes)
    rows = "".join(f"<{ord(code):02X}> <{ord(character):04X}>\n" for code, character in pairs.items())
    content = (
        "/CIDInit /ProcSet findresource begin begincmap\n1 begincodespacerange <00> <FF> endcodespacerange\n"
        f"{len(pairs)} beginbfchar\n{rows}endbfchar\nendcmap end"
    )
    return f"<< /Length {len(content)} >>\nstream\n{content}\nendstream".encode()


def font(base: str, *, number: int = 8, more: str = "") -> str:
    return f"<< /Type /Font /Subtype /Type1 /BaseFont /{base} /ToUnicode {number} 0 R {more} >>"


def resources(base: str, *, number: int = 8, more: str = "") -> str:
    plain = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
    return f"/Font << /F1 {plain} /W {font(base, number=number, more=more)} >>"


def found(path: Path) -> dict[int, str]:
    with PdfFile(path) as pdf:
        for number in range(1, len(pdf) + 1):
            pdf.sheet(number)
        return {page: str(font) for page, font in pdf.wrong_fonts().items()}


@pytest.mark.parametrize("base", ["Helvetica", "Times-Roman", "Courier", "Times-BoldItalic"])
@pytest.mark.parametrize(
    "changes",
    [
        turned(LETTERS, 1),
        turned(LETTERS, 13),
        turned("0123456789", 3),
        {"4": "9", "9": "4"},
        {chr(code): chr(code + 1) for code in range(48, 122)},
        {chr(code): chr(code - 29) for code in range(97, 123)},
    ],
    ids=["letters by one", "letters by thirteen", "digits", "two digits", "codes by one", "codes by 29"],
)
def test_a_map_that_gives_other_characters_is_found(
    base: str, changes: dict[str, str], write_pdf: WritePdf, put: Put
) -> None:
    path = write_pdf(put(50, 700, PROSE, font="W"), resources=resources(base), objects=[map_of(changes)])
    assert list(found(path)) == [1]


@pytest.mark.parametrize("base", ["Helvetica", "Times-Roman", "Courier", "Times-BoldItalic"])
def test_a_map_that_is_right_is_left_alone(base: str, write_pdf: WritePdf, put: Put) -> None:
    assert found(write_pdf(put(50, 700, PROSE, font="W"), resources=resources(base), objects=[map_of({})])) == {}


def test_names_of_glyphs_that_are_turned_without_a_map_are_only_another_code(write_pdf: WritePdf, put: Put) -> None:
    encoding = "/Encoding << /Differences [97 " + " ".join(f"/{name}" for name in LETTERS[3:] + LETTERS[:3]) + "] >>"
    plain = f"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica {encoding} >>"
    assert found(write_pdf(put(50, 700, PROSE, font="W"), resources=f"/Font << /W {plain} >>")) == {}


def test_one_wrong_font_among_right_ones_is_named(write_pdf: WritePdf, put: Put) -> None:
    path = write_pdf(
        put(50, 700, PROSE),
        put(50, 700, PROSE) + put(50, 600, "Total 4,238", font="W"),
        resources=resources("Times-Roman", number=10),
        objects=[map_of({"2": "7", "7": "2"})],
    )
    assert found(path) == {2: "the font Times-Roman draws 2 where the text says 7"}


@pytest.mark.parametrize(
    ("module", "limit", "value"),
    [("fonts", "_MAX_PENDING", 1), ("held", "MAX_FONTS", 0), ("held", "MAX_FONTS", 1), ("held", "MAX_BYTES", -1)],
)
def test_limits_of_what_is_kept_from_page_to_page_change_nothing(
    module: str, limit: str, value: int, write_pdf: WritePdf, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(f"mistral_rag.pdf._trust.{module}.{limit}", value)
    wrong = put(50, 700, PROSE) + put(50, 600, "Total 4,238", font="W")
    path = write_pdf(
        wrong,
        put(50, 700, PROSE),
        wrong,
        resources=resources("Times-Roman", number=12),
        objects=[map_of({"2": "7", "7": "2"})],
    )
    reason = "the font Times-Roman draws 2 where the text says 7"
    assert found(path) == {1: reason, 3: reason}


def test_a_file_that_is_opened_again_is_read_as_before(write_pdf: WritePdf, put: Put) -> None:
    path = write_pdf(
        put(50, 700, PROSE, font="W"), resources=resources("Times-Roman"), objects=[map_of({"2": "7", "7": "2"})]
    )
    file = PdfFile(path)
    with file as pdf:
        first = pdf.sheet(1)
    with file as pdf:
        assert pdf.sheet(1) == first
        assert list(pdf.wrong_fonts()) == [1]


def test_a_font_of_small_capitals_is_right(write_pdf: WritePdf, put: Put) -> None:
    changes = {letter.upper(): letter for letter in LETTERS}
    path = write_pdf(
        put(50, 700, PROSE.upper(), font="W"), resources=resources("Times-Roman"), objects=[map_of(changes)]
    )
    assert found(path) == {}
