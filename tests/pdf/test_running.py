import pytest

from mistral_rag.pdf import PrintedLine, Sheet
from mistral_rag.pdf._geometry import Rectangle
from mistral_rag.pdf._running import running_lines
from mistral_rag.schema import WordBoxes


def sheet(number: int, *lines: tuple[float, str]) -> Sheet:
    """A page of lines, each with how far down it stands."""
    text = "\n".join(words for _, words in lines)
    at, printed = 0, []
    for down, words in lines:
        printed.append(PrintedLine(at, at + len(words), Rectangle(0.1, down, 0.9, down + 0.01), 10.0, False, 1, True))
        at += len(words) + 1
    return Sheet(number, 600, 800, text, WordBoxes(), tuple(printed), 500, 0.0, 0.0)


def book(*footers: str, header: str = "") -> list[Sheet]:
    return [
        sheet(
            n, *([(0.03, header)] if header else []), (0.2, f"Chapter {'x' * n}"), (0.5, "words " * n), (0.95, footer)
        )
        for n, footer in enumerate(footers, 1)
    ]


def test_a_header_that_all_pages_share_is_found() -> None:
    found = running_lines(book("a", "bb", "ccc", header="Annual report"))
    assert [page.lines for page in found] == [{0}, {0}, {0}]


def test_two_pages_are_not_enough_to_tell() -> None:
    assert [page.lines for page in running_lines(book("a", "bb", header="Annual report"))] == [set(), set()]


@pytest.mark.parametrize(
    ("footers", "labels"),
    [
        (("5", "6", "7"), ["5", "6", "7"]),
        (("- 1 -", "- 2 -", "- 3 -"), ["1", "2", "3"]),
        (("Page 1 of 3", "Page 2 of 3", "Page 3 of 3"), ["1", "2", "3"]),
        (("F-9", "F-10", "F-11"), ["F-9", "F-10", "F-11"]),
        (("iii", "iv", "v"), ["iii", "iv", "v"]),
        (("NIKE, INC. 31", "NIKE, INC. 32", "NIKE, INC. 33"), ["31", "32", "33"]),
        (("31 NIKE, INC.", "2019 FORM 10-K 32", "33 NIKE, INC.", "2019 FORM 10-K 34"), ["", "", "", ""]),
        (("7", "1999", "some words"), ["", "", ""]),
    ],
)
def test_a_printed_number_counts_when_its_neighbours_bear_it_out(footers: tuple[str, ...], labels: list[str]) -> None:
    assert [page.label for page in running_lines(book(*footers))] == labels


def test_a_line_inside_the_page_never_runs() -> None:
    pages = [sheet(n, (0.03, f"Title {'x' * n}"), (0.06, "same words"), (0.5, "text " * n)) for n in range(1, 5)]
    assert all(1 not in page.lines for page in running_lines(pages))


def test_figures_that_change_are_no_header() -> None:
    pages = [sheet(n, (0.03, f"Total {n}00 {n}50"), (0.5, "text " * n)) for n in range(1, 5)]
    assert all(0 not in page.lines for page in running_lines(pages))


def test_the_only_line_of_every_page_is_text() -> None:
    found = running_lines([sheet(n, (0.05, f"Plot {n}")) for n in range(1, 6)])
    assert [(page.lines, page.label) for page in found] == [(frozenset(), "")] * 5


def test_the_same_line_alone_on_every_page_is_text_once() -> None:
    found = running_lines([sheet(n, (0.05, "Scanned at the front desk"), (0.95, str(n))) for n in range(1, 6)])
    assert [(page.lines, page.label) for page in found] == [
        (frozenset({1}), "1"),
        *[(frozenset({0, 1}), str(n)) for n in range(2, 6)],
    ]


def test_a_page_with_nothing_but_the_header_of_the_others_has_no_text() -> None:
    pages = book("1", "2", "3", "4", "5", header="Annual report")
    pages[2] = sheet(3, (0.03, "Annual report"), (0.95, "3"))
    assert [page.lines for page in running_lines(pages)] == [{0, 3}, {0, 3}, {0, 1}, {0, 3}, {0, 3}]
