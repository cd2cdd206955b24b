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
    ("statement", "source"),
    [
        ("It ends on May 3, 2024.", "Die Frist endet am 3. Mai 2024."),
        ("Frist: 03.05.2024", "The period ends on May 3, 2024."),
        ("It ended on 2022-03-31.", "as of March 31, 2022"),
        ("Am 3. Mai endet sie.", "Bis 3.5.2024."),
        ("More than 5,000 people came.", "5,432 people came"),
        ("About 1,600 stores.", "1,627 stores"),
        ("It lasts 3 weeks.", "It lasts 21 days."),
        ("Two years.", "24 months"),
        ("Sales were 5 billion.", "Net sales 4,987 (in millions)"),
        ("Es sind fünf Tage.", "5 Tage"),
        ("The parts are (1) iron and (2) tin.", "iron and tin"),
    ],
)
def test_a_number_is_found_as_people_read_it(statement: str, source: str) -> None:
    assert absent(statement, source) == []


@pytest.mark.parametrize(
    ("statement", "source", "missed"),
    [
        ("It ends on May 4, 2024.", "Die Frist endet am 3. Mai 2024.", ["May 4, 2024"]),
        ("Frist: 03.06.2024", "The period ends on May 3, 2024.", ["03.06.2024"]),
        ("It ended on 2021-03-31.", "as of March 31, 2022", ["2021-03-31"]),
        ("More than 6,000 people came.", "5,432 people came", ["6,000"]),
        ("It costs €5.", "It costs $5.", ["5"]),
        ("It lasts 3 weeks.", "It lasts 3 days.", ["3"]),
        ("It is 5 miles.", "It is 5 km.", ["5"]),
        ("Sales were 5 billion.", "Net sales 4,987 (in thousands)", ["5 billion"]),
        ("We opened five stores.", "We opened three stores.", ["five"]),
        ("Version 4.1.2 is meant.", "Version 4.1.3 is meant.", ["4.1.2"]),
    ],
)
def test_a_number_of_another_date_unit_or_scale_is_missing(statement: str, source: str, missed: list[str]) -> None:
    assert absent(statement, source) == missed


@pytest.mark.parametrize(
    ("statement", "way"),
    [
        ("Sales rose by 25 %.", "change from 3,990 to 4,987"),
        ("The difference is 997.", "4,987 - 3,990"),
        ("The total is 8,977.", "4,987 + 3,990"),
        ("The ratio is 1.25.", "4,987 / 3,990"),
        ("A ratio of 80.0 %.", "3,990 / 4,987"),
    ],
)
def test_a_computed_number_names_its_operands(statement: str, way: str) -> None:
    found = computed_number(numbers(statement)[0], statement, ["Net sales 4,987 3,990"])
    assert found is not None
    assert found.shown == way


@pytest.mark.parametrize("statement", ["25 %", "Sales fell by 25 %.", "Sales rose by 8,977.", "The ratio is 2."])
def test_a_number_that_no_named_computation_gives_is_none(statement: str) -> None:
    assert computed_number(numbers(statement)[0], statement, ["Net sales 4,987 3,990"]) is None
