"""Support of statements by the sources they cite."""

import pytest

from mistral_rag.grounding._support.support import Judgement, judge, score

ROW = "Net sales 5,000 4,000\n(in millions) 2022 2021\nAnnual report of Acme"


def test_a_statement_in_the_words_of_its_source_is_supported() -> None:
    assert judge("Net sales of Acme were $5,000 million in 2022.", [ROW]) == Judgement("supported", True, ())


def test_a_statement_without_source_is_unsupported() -> None:
    assert judge("Net sales rose.", []) == Judgement("unsupported", None, ("cites nothing",))


def test_a_wrong_number_is_unsupported_and_named() -> None:
    found = judge("Net sales of Acme were $5,100 million in 2022.", [ROW])
    assert (found.support, found.numbers_ok) == ("unsupported", False)
    assert found.reasons[0] == "$5,100 million stands in nothing it cites"


def test_a_computed_number_says_from_what() -> None:
    found = judge("Net sales of Acme rose by 25 % in 2022.", [ROW])
    assert found.numbers_ok is True
    assert found.reasons[0] == "25 % is computed: change from 4,000 to 5,000"


def test_other_words_are_unsupported_with_the_count() -> None:
    found = judge("The harbour of Gdansk freezes in winter.", [ROW])
    assert (found.support, found.numbers_ok) == ("unsupported", None)
    assert found.reasons[-1] == "0 of its 4 content words stand in what it cites"


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ("Trains are booked in second class.", "Trains are booked in first class by the team lead."),
        ("Flights may be booked in premium economy.", "Premium trains fly in second class economy."),
    ],
)
def test_words_that_stand_together_count_more(better: str, worse: str) -> None:
    source = ["Trains are booked in second class. Flights over six hours may be booked in premium economy."]
    assert score(better, source) > score(worse, source)


def test_a_score_is_a_probability() -> None:
    for statement in ("", "x", "Net sales 5,000 4,000", "7 " * 50):
        assert 0 <= score(statement, [ROW]) <= 1
        assert 0 <= score(statement, [""]) <= 1
