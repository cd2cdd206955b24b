import pytest

from mistral_rag.retrieval._domains.filings.statements import named_statements, statement_pages

ROWS = "\n".join(f"Line {letter} 1,23{n} 2,34{n}" for n, letter in enumerate("abcdefghijklmn"))
BALANCE = f"WILLOW INC.\nCONSOLIDATED BALANCE SHEETS\n(in millions)\n{ROWS}"
INCOME = f"Willow Inc.\nConsolidated Statements of Operations\n{ROWS}"
CASH = f"Table of Contents\n58\nCONSOLIDATED STATEMENTS OF CASH FLOWS\n{ROWS}"
TALK = "The consolidated balance sheets are shown below. " * 20
NOTE = "Note 3. Leases\n" + "words " * 80 + f"\nas shown in the balance sheets\n{ROWS}"


def test_a_statement_says_what_it_is_and_is_mostly_numbers() -> None:
    pages = statement_pages(["cover", INCOME, TALK, BALANCE, NOTE, CASH, BALANCE])
    assert pages == {"income": (2,), "balance": (4, 7), "cash": (6,)}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Use the balance sheet and the cash flow statement.", {"balance", "cash"}),
        ("statement of financial position", {"balance"}),
        ("the P&L", set()),
        ("consolidated statements of comprehensive income", {"income"}),
        ("Wie hoch ist die Bilanz?", {"balance"}),
        ("Le tableau des flux de trésorerie", {"cash"}),
        ("How many employees are there?", set()),
        ("", set()),
    ],
)
def test_a_text_may_name_statements(text: str, names: set[str]) -> None:
    assert named_statements(text) == names
