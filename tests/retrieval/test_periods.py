from datetime import date

import pytest

from mistral_rag.retrieval._domains.periods import dates_in, kinds_in, period_of


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("What is the FY2015 ratio?", {2015}),
        ("FY18 and fy '19", {2018, 2019}),
        ("the FY2015 - FY2017 3 year average", {2015, 2017}),
        ("from 2018 to 2020", {2018, 2019, 2020}),
        ("2019-21", {2019, 2020, 2021}),
        ("MGMRESORTS 2022Q4 EARNINGS", {2022}),
        ("Q22023", {2023}),
        ("2Q23", {2023}),
        ("$2,015 and 2015.5 and 12019", set()),
        ("in 1999", {1999}),
        ("H1FY24 and 2H22", {2022, 2024}),
        ("um 1h30", set()),
        ("9M 2022", {2022}),
        ("no year", set()),
    ],
)
def test_years_are_read_however_they_are_written(text: str, years: set[int]) -> None:
    assert period_of(text).years == years


@pytest.mark.parametrize(
    ("text", "quarters"),
    [
        ("Q2 of FY2024", {2}),
        ("2Q23", {2}),
        ("2024Q2", {2}),
        ("the second fiscal quarter", {2}),
        ("third-quarter results", {3}),
        ("H1 FY2023", {2}),
        ("first half of 2023", {2}),
        ("nine months ended", {3}),
        ("9M FY22", {3}),
        ("2H22", {4}),
        ("FQ2 2023 or Q-2 2023", {2}),
        ("FY1Q23", {1}),
        ("quarter 3 of 2022", {3}),
        ("in the quarter 2.5 million", set()),
        ("a loss of $9M 2022", set()),
        ("the 10-K of 2022", set()),
    ],
)
def test_quarters_are_read_however_they_are_written(text: str, quarters: set[int]) -> None:
    assert period_of(text).quarters == quarters


@pytest.mark.parametrize(
    "text",
    [
        "May 20, 2022",
        "20 May 2022",
        "May 20th 2022",
        "2022-05-20",
        "5/20/2022",
        "dated 2022_05_20",
        "20.05.2022",
        "20220520",
        "20. Mai 2022",
        "20 mai 2022",
        "20 de mayo de 2022",
    ],
)
def test_dates_are_read_however_they_are_written(text: str) -> None:
    assert dates_in(text) == [date(2022, 5, 20)]


def test_a_day_that_does_not_exist_is_no_date() -> None:
    assert dates_in("February 30, 2022 and 2022-13-01") == []


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("the 10-K of 2022", {"annual"}),
        ("annual report", {"annual"}),
        ("10Q", {"quarterly"}),
        ("an 8-K and the press release", {"current", "release"}),
        ("EARNINGS", {"release"}),
        ("proxy statement", {"proxy"}),
        ("Geschäftsbericht 2022", {"annual"}),
        ("le rapport annuel", {"annual"}),
        ("el informe anual", {"annual"}),
        ("the half-year report", {"quarterly"}),
        ("Halbjahresfinanzbericht", {"quarterly"}),
        ("in the most recent quarter", {"quarterly"}),
        ("a handbook", set()),
    ],
)
def test_kinds_of_documents_are_read(text: str, kinds: set[str]) -> None:
    assert kinds_in(text) == kinds


@pytest.mark.parametrize(
    ("text", "months"),
    [
        ("as of June 2023", {(2023, 6)}),
        ("im Dezember 2022, en décembre 2021, en mayo de 2020", {(2022, 12), (2021, 12), (2020, 5)}),
        ("on June 30, 2023 and 30 June 2023", set()),
        ("they may 2 times", set()),
    ],
)
def test_months_are_read_where_no_day_is_named(text: str, months: set[tuple[int, int]]) -> None:
    assert period_of(text).months == months
