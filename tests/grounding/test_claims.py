"""Verdicts on statements: kinds of error that the words and numbers of the sources show."""

import pytest

from mistral_rag.grounding._support.support import judge

SALES = (
    "Net sales rose to $5,000 million in 2022 from $4,000 million in 2021 because of higher prices in Germany. "
    "Acme Corp. acquired Beta Ltd. on May 3, 2022."
)
ROWS = "Net sales 5,000 4,000\nNet income 300 350\n(in millions) 2022 2021\nAnnual report of Acme"
FRIST = "Der Umsatz stieg 2022 auf 5 Mio. Euro. Die Frist lief bis zum 3. Mai 2024."
VENTES = "Le chiffre d'affaires a augmenté de 5 % en 2022. La société Alfa a racheté Beta."
INGRESOS = "Los ingresos aumentaron un 5 % en 2022 en Madrid. El plazo es de 30 días."
TRAVEL = "Trains are booked in second class. Employees may keep 5 days of leave. The deposit is 300 euros."


def verdict(statement: str, *sources: str, language: str = "en") -> str:
    return judge(statement, sources, language).support


@pytest.mark.parametrize(
    ("statement", "source", "language"),
    [
        ("Net sales rose to $5,000 million in 2022.", SALES, "en"),
        ("Net sales were $5.0 billion in 2022.", SALES, "en"),
        ("Beta Ltd. was acquired by Acme Corp. on 2022-05-03.", SALES, "en"),
        ("Net sales of Acme were $5,000 million in 2022.", ROWS, "en"),
        ("Die Frist lief bis zum 03.05.2024.", FRIST, "de"),
        ("Der Umsatz stieg 2022 auf 5 Mio. Euro.", FRIST, "de"),
        ("Le chiffre d'affaires a augmenté de 5 % en 2022.", VENTES, "fr"),
        ("Los ingresos aumentaron un 5 % en 2022.", INGRESOS, "es"),
        ("Employees may keep five days of leave.", TRAVEL, "en"),
    ],
)
def test_what_the_source_says_is_supported(statement: str, source: str, language: str) -> None:
    assert verdict(statement, source, language=language) == "supported"


@pytest.mark.parametrize(
    ("statement", "source", "language"),
    [
        ("Net sales fell to $5,000 million in 2022.", SALES, "en"),
        ("Net sales of Acme fell in 2022.", ROWS, "en"),
        ("Net income of Acme rose in 2022.", ROWS, "en"),
        ("Der Umsatz sank 2022 auf 5 Mio. Euro.", FRIST, "de"),
        ("Le chiffre d'affaires a diminué de 5 % en 2022.", VENTES, "fr"),
        ("Los ingresos disminuyeron un 5 % en 2022.", INGRESOS, "es"),
    ],
)
def test_the_other_direction_is_contradicted(statement: str, source: str, language: str) -> None:
    assert verdict(statement, source, language=language) == "contradicted"


@pytest.mark.parametrize(
    ("statement", "source", "language"),
    [
        ("Net sales did not rise to $5,000 million in 2022.", SALES, "en"),
        ("Trains are not booked in second class.", TRAVEL, "en"),
        ("Der Umsatz stieg 2022 nicht auf 5 Mio. Euro.", FRIST, "de"),
        ("Los ingresos no aumentaron un 5 % en 2022.", INGRESOS, "es"),
        ("Trains are booked in second class.", "Trains are never booked in second class.", "en"),
    ],
)
def test_a_negation_more_or_less_is_contradicted(statement: str, source: str, language: str) -> None:
    assert verdict(statement, source, language=language) == "contradicted"


@pytest.mark.parametrize(
    ("statement", "source", "language"),
    [
        ("Beta Ltd. acquired Acme Corp. on May 3, 2022.", SALES, "en"),
        ("Net sales rose to $4,000 million in 2022 from $5,000 million in 2021.", SALES, "en"),
        ("Net sales rose to $5,000 million in 2021.", SALES, "en"),
        ("Net sales of Acme were $4,000 million in 2022.", ROWS, "en"),
        ("La société Beta a racheté Alfa.", VENTES, "fr"),
    ],
)
def test_names_years_and_values_that_change_places_are_contradicted(statement: str, source: str, language: str) -> None:
    assert verdict(statement, source, language=language) == "contradicted"


@pytest.mark.parametrize(
    ("statement", "source", "language", "reason"),
    [
        ("Gamma Inc. acquired Beta Ltd. on May 3, 2022.", SALES, "en", "'Gamma'"),
        ("Net sales rose because of higher prices in France.", SALES, "en", "'France'"),
        ("Los ingresos aumentaron un 5 % en 2022 en Sevilla.", INGRESOS, "es", "'Sevilla'"),
        ("Net income rose to $5,000 million in 2022.", SALES, "en", "'income' where its source says 'sales'"),
        ("Net income of Acme was $5,000 million in 2022.", ROWS, "en", "is the value of 'Net sales'"),
        ("Net sales rose to €5,000 million in 2022.", SALES, "en", "€5,000 million stands in nothing it cites"),
        ("The deposit is 300 dollars.", TRAVEL, "en", "$300 stands in nothing it cites"),
        ("El plazo es de 30 semanas.", INGRESOS, "es", "30"),
        ("Employees may keep 5 weeks of leave.", TRAVEL, "en", "5"),
        ("Net sales rose to $5,000 million in 2022, driven by demand for electric cars.", SALES, "en", "electric cars"),
        ("Trains are booked in second class, and taxis are never paid by anybody.", TRAVEL, "en", "taxis"),
    ],
)
def test_another_name_measure_unit_or_clause_is_told(statement: str, source: str, language: str, reason: str) -> None:
    found = judge(statement, [source], language)
    assert found.support in {"partial", "unsupported", "contradicted"}
    assert any(reason in told for told in found.reasons), found.reasons


@pytest.mark.parametrize(
    ("statement", "computed"),
    [
        ("Revenue grew by 92.9 %.", None),
        ("Revenue fell by 4.2 %.", None),
        ("Revenue grew by 3.1 %.", None),
        ("Revenue grew by 4.2 %.", "4.2 % is computed: change from 45.5 billion to 47.4 billion"),
        ("Revenue of both years together was 92.9 billion.", "92.9 billion is computed: 47.4 billion + 45.5 billion"),
        ("Revenue rose by 1.9 billion.", "1.9 billion is computed: 47.4 billion - 45.5 billion"),
    ],
)
def test_a_number_is_computed_only_in_a_way_that_the_statement_names(statement: str, computed: str | None) -> None:
    found = judge(statement, ["Revenue was 47.4 billion in 2022 and 45.5 billion in 2021."])
    assert found.numbers_ok is (computed is not None)
    assert (found.support == "unsupported") is (computed is None) or found.support == "contradicted"
    assert computed is None or computed in found.reasons


def test_a_fall_from_the_smaller_to_the_larger_value_contradicts_itself() -> None:
    found = judge("Costs fell from 300 to 350.", ["Costs were 300 in 2021 and 350 in 2022."])
    assert found.support == "contradicted"
    assert "it says a fall, but its values go from 300 to 350" in found.reasons


STAFF = "The number of employees fell to 287 in 2023."
CUT = "The number of employees fell by 287 in 2023."
NET = "Net income was $9.1 million in 2023."


@pytest.mark.parametrize(
    ("statement", "source", "language", "reason"),
    [
        (CUT, STAFF, "en", "it says 'fell by 287' where its source says 'fell to 287'"),
        (STAFF, CUT, "en", "it says 'fell to 287' where its source says 'fell by 287'"),
        ("Net income fell by $9.1 million.", NET, "en", "where its source says"),
        ("Net income exceeded $9.1 million in 2023.", NET, "en", "where its source says"),
        ("Net income was more than $9.1 million in 2023.", NET, "en", "where its source says"),
        ("Die Zahl der Stellen sank um 287.", "Die Zahl der Stellen sank auf 287.", "de", "'sank um 287'"),
    ],
)
def test_a_level_is_no_change_and_no_limit(statement: str, source: str, language: str, reason: str) -> None:
    found = judge(statement, [source], language)
    assert found.support in {"partial", "contradicted"}
    assert any(reason in told for told in found.reasons), found.reasons


@pytest.mark.parametrize(
    ("statement", "source"),
    [
        (STAFF, STAFF),
        (CUT, CUT),
        ("Sales grew by 5 % in 2022.", "The increase in sales was 5 % in 2022."),
        ("Net income exceeded $9.1 million in 2023.", "Net income exceeded $9.1 million in 2023."),
        ("Net income was more than $9.1 million in 2023.", "Net income was $9,123,456 in 2023."),
        ("Employees fell by 13 in 2023.", "Employees fell to 287 in 2023 from 300 in 2022."),
    ],
)
def test_changes_and_limits_of_the_source_are_supported(statement: str, source: str) -> None:
    assert verdict(statement, source) == "supported"


ACME = "The number of employees of Acme fell to 287 in 2023. The office moved to Leeds."


@pytest.mark.parametrize(
    ("statement", "language", "name"),
    [
        ("Apex had 287 employees in 2023.", "en", "Apex"),
        ("Apex employs 287 employees.", "en", "Apex"),
        ("Apex's number of employees fell to 287.", "en", "Apex"),
        ("Siemens has 287 employees in 2023.", "en", "Siemens"),
        ("In 2023, Apex had 287 employees.", "en", "Apex"),
        ("Apex avait 287 employees.", "fr", "Apex"),
    ],
)
def test_a_name_is_checked_as_the_first_word_of_a_sentence(statement: str, language: str, name: str) -> None:
    found = judge(statement, [ACME], language)
    assert found.support in {"partial", "unsupported", "contradicted"}
    assert f"{name!r} stands in nothing it cites" in found.reasons


@pytest.mark.parametrize(
    "statement",
    [
        "Acme had 287 employees in 2023.",
        "Acme's number of employees fell to 287.",
        "Staff was 287 in 2023.",
        "Headcount fell to 287 in 2023.",
        "Workers were 287 in 2023.",
        "Overall employees numbered 287.",
        "Counting is of employees.",
        "It had 287 employees in 2023.",
    ],
)
def test_a_common_first_word_is_no_name(statement: str) -> None:
    assert not any("stands in nothing" in reason for reason in judge(statement, [ACME]).reasons)


BY_YEAR = ("Net income was $9.1 million in 2023.", "Net income was $12.4 million in 2022.")
MANAGERS = (
    "Orion | B. Kern\n\n(Project: Orion; Manager: B. Kern)\n\nProject | Manager",
    "Orion 2 | K. Weiss\n\n(Project: Orion 2; Manager: K. Weiss)\n\nProject | Manager",
)


@pytest.mark.parametrize(
    ("statement", "sources", "reason"),
    [
        (
            "Net income was $12.4 million in 2023 and $9.1 million in 2022.",
            BY_YEAR,
            "is the value of 2022, not of 2023",
        ),
        ("Net income grew from $9.1 to $12.4 million.", BY_YEAR, "9.1 is the value of 2023, 12.4 million of 2022"),
        ("Net income rose from $9.1 million in 2022 to $12.4 million in 2023.", BY_YEAR, "is the value of 2023"),
        ("Net income 2023: $12.4 million, 2022: $9.1 million.", BY_YEAR, "is the value of 2022, not of 2023"),
        ("Net income was lower in 2022 than in 2023.", BY_YEAR, "it is 12,400,000, and that of 2023 9,100,000"),
        ("Net income was more in 2023 than in 2022.", BY_YEAR, "it is 9,100,000, and that of 2022 12,400,000"),
        ("Net income rose in 2023.", BY_YEAR, "it says a rise, but the values go from 12,400,000 to 9,100,000"),
        ("Orion is managed by K. Weiss.", MANAGERS, "'K. Weiss' stands in another row than 'Orion'"),
        ("Orion 2 is managed by B. Kern.", MANAGERS, "'B. Kern' stands in another row than 'Orion 2'"),
        ("Orion is managed by K. Weiss, Orion 2 by B. Kern.", MANAGERS, "stands in another row than"),
    ],
)
def test_each_value_belongs_to_its_own_source(statement: str, sources: tuple[str, ...], reason: str) -> None:
    found = judge(statement, sources)
    assert found.support == "contradicted"
    assert any(reason in told for told in found.reasons), found.reasons


@pytest.mark.parametrize(
    ("statement", "sources"),
    [
        ("Net income was $12.4 million in 2022 and $9.1 million in 2023.", BY_YEAR),
        ("Net income was $9.1 million in 2023 and $12.4 million in 2022.", BY_YEAR),
        ("Net income fell from $12.4 to $9.1 million.", BY_YEAR),
        ("Net income fell from $12.4 million in 2022 to $9.1 million in 2023.", BY_YEAR),
        ("Net income was lower in 2023 than in 2022.", BY_YEAR),
        ("Net income was higher in 2022 than in 2023.", BY_YEAR),
        ("Net income fell in 2023.", BY_YEAR),
        ("Net income 2023: $9.1 million, 2022: $12.4 million.", BY_YEAR),
        ("In 2023 net income was $9.1 million, after $12.4 million in 2022.", BY_YEAR),
        ("Net income was $9.1 million and $12.4 million in 2023 and 2022.", BY_YEAR),
        ("Orion is managed by B. Kern.", MANAGERS),
        ("Orion is managed by B. Kern and Orion 2 by K. Weiss.", MANAGERS),
        ("B. Kern manages Orion and K. Weiss manages Orion 2.", MANAGERS),
        ("Orion and Orion 2 are managed by B. Kern and K. Weiss.", MANAGERS),
    ],
)
def test_values_of_several_sources_in_their_places_are_supported(statement: str, sources: tuple[str, ...]) -> None:
    assert verdict(statement, *sources) == "supported"


@pytest.mark.parametrize(
    ("statement", "source", "language", "expected"),
    [
        (
            "Der Vertrag verlängert sich.",
            "Der Vertrag endet am 30. Juni. Er verlängert sich nicht.",
            "de",
            "contradicted",
        ),
        ("The lease renews.", "The lease ends in May. It does not renew.", "en", "contradicted"),
        ("房价为每晚600元。", "房价为每晚500元。", "zh", "unsupported"),
        ("房价为每晚500元。", "房价为每晚500元。", "zh", "supported"),
        ("料金は8%です。", "料金は9%です。", "ja", "unsupported"),
    ],
)
def test_short_sentences_and_scripts_without_blanks(statement: str, source: str, language: str, expected: str) -> None:
    assert verdict(statement, source, language=language) in {
        expected,
        "contradicted" if expected != "supported" else "",
    }
