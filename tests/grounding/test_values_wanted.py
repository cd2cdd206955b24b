"""Values of the kind that a question asks for."""

import pytest

from mistral_rag.grounding._support.wanted import WantedValue


@pytest.mark.parametrize(
    ("question", "text", "holds"),
    [
        ("What is the phone number?", "404-815-6095", True),
        ("What is the phone number?", "(512) 516-8177", True),
        ("What is the VAT number?", "Subtotal  $2000.00", False),
        ("What is the account number?", "Total €1234.50", False),
        ("What is the account number?", "CID-12345", True),
        ("How long is the term?", "Misd.  3Y  Person", True),
        ("How long did the work take?", "Labor 3hrs", True),
        ("How long did the work take?", "Gartenarbeit 28 Std.", True),
        ("How long did the work take?", "Order 3B", False),
        ("How many days of leave do I get?", "3.1 Annual leave", False),
        ("How often is the pump checked?", "The check is annual.", True),
        ("When did the meeting finish?", "It ended at 16:40.", True),
        ("How many shops were open in July?", "100%  100%", False),
        ("How many shops were open in July?", "Rent  $1,355", False),
        ("How many shops were open in July?", "2nd Quarter  1,359  3", True),
        ("How far is the range?", "98 %", False),
        ("Combien d'employés a la société ?", "Part  12 %", False),
        ("How high is the humidity?", "98 %", True),
    ],
)
def test_a_value_of_the_kind_is_told(question: str, text: str, holds: bool) -> None:
    assert WantedValue(question).is_in(text) is holds
