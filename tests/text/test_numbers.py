"""Numbers of statements against numbers of sources."""

import pytest

from mistral_rag.text import computed_number, missing_numbers, numbers


def absent(statement: str, *sources: str) -> list[str]:
    return [number.text for number in missing_numbers(statement, sources)]


@pytest.mark.parametrize(
    ("statement", "source"),
    [
        ("Sales were $5,000 million.", "Net sales 5,000 4,000"),
        ("Sales were 5 billion dollars.", "Net sales (in millions) 5,000 4,000"),
        ("Sales were $5.0 billion.", "Net sales 4,987 3,990"),
        ("Sales were 4.99 billion.", "Net sales of $4,987 million"),
        ("It rose 25 %.", "an increase of 25.2 percent"),
        ("It rose 25%.", "change 25"),
        ("It fell by 120.", "Net loss (120) (80)"),
        ("The change was -120.", "Net loss (120) (80)"),
        ("In FY18 it was so.", "fiscal year 2018"),
        ("There are 3 stores.", "We opened three stores."),
        ("Es waren 1.234,5 Mio. Euro.", "1234.5 million"),
        ("It ended on March 31, 2022.", "as of 31.03.2022"),
        ("Form 10-K and Q3 and COVID-19 are no numbers.", "nothing"),
        ("It has 1 234 567 parts.", "1,234,567"),
        ("A 10-year note.", "the note runs for 10 years"),
    ],
)
def test_a_number_that_stands_there_is_found(statement: str, source: str) -> None:
    assert absent(statement.replace("1 234 567", "1\u00a0234\u00a0567"), source) == []


@pytest.mark.parametrize(
    ("statement", "source", "missed"),
    [
        ("Sales were 5,001.", "Net sales 5,000 4,000", ["5,001"]),
        ("Sales were 5.1 billion.", "Net sales 5,000 4,000", ["5.1 billion"]),
        ("It was 5 million.", "It was 5 billion.", ["5 million"]),
        ("It was 5 %.", "It was 5 million.", ["5 %"]),
        ("The change was -120.", "Net gain 120", ["120"]),
        ("In 2021 it was 7.", "In 2022 it was 7.", ["2021"]),
        ("It was 3.14.", "It was 3.1.", ["3.14"]),
    ],
)
def test_a_number_that_does_not_is_missing(statement: str, source: str, missed: list[str]) -> None:
    assert absent(statement, source) == missed


def test_a_number_in_brackets_is_negative_only_in_a_source() -> None:
    assert absent("Sales rose (25 %).", "rose by 25 %") == []


@pytest.mark.parametrize(
    ("number", "way"),
    [
        ("25 %", "change from 3,990 to 4,987"),
        ("997", "4,987 - 3,990"),
        ("8,977", "4,987 + 3,990"),
        ("1.25", "4,987 / 3,990"),
        ("80.0 %", "3,990 / 4,987"),
    ],
)
def test_a_computed_number_names_its_operands(number: str, way: str) -> None:
    assert computed_number(numbers(number)[0], ["Net sales 4,987 3,990"]) == way


def test_a_number_of_one_digit_is_never_called_computed() -> None:
    assert computed_number(numbers("2")[0], ["4 2 8"]) is None
