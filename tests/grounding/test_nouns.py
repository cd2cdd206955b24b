"""Nouns that a question asks for, and answers from pages that lack them."""

import pytest

from mistral_rag.grounding._asked.nouns import nouns_in
from mistral_rag.grounding._evidence.extractive import extract
from tests.grounding.test_asked import evidence


@pytest.mark.parametrize(
    ("question", "language", "nouns"),
    [
        ("What did he pay for the saddle?", "en", [("saddle",)]),
        ("What did the espresso cost at the bar?", "en", [("espresso",), ("bar",)]),
        ("What was Mateo Gomez's blood pressure in May?", "en", [("Mateo", "Gomez", "blood", "pressure")]),
        ("How much caffeine is in the tea and cocoa?", "en", [("caffeine",), ("tea",), ("cocoa",)]),
        ("How many people were arrested for gambling?", "en", [("gambling",)]),
        ("How long should I wait after going to the dentist?", "en", [("dentist",)]),
        (
            "According to the details clearly outlined within the balance sheet, how many lorries does the firm own?",
            "en",
            [("lorries",), ("balance", "sheet")],
        ),
        ("What is the name of the surgeon who placed the stent?", "en", [("surgeon",), ("stent",)]),
        ("When are the shops open?", "en", [("shops",)]),
        ("notice period", "en", []),
        ("Which doctor saw the girl?", "en", [("doctor",), ("girl",)]),
        ("What gross income did the farm have?", "en", [("gross", "income"), ("farm",)]),
        ("When was the parcel delivered?", "en", [("parcel",)]),
        ("How much did Acme still owe?", "en", [("Acme",)]),
        ("What is the total price of order 12?", "en", []),
        ("Combien coûte l'abonnement de la salle ?", "fr", [("abonnement",), ("salle",)]),
        ("Quelle prime Jean a-t-il reçue ?", "fr", [("prime", "Jean")]),
        ("¿Cuánto cuesta la reparación del coche?", "es", [("reparación",), ("coche",)]),
        ("Was hat der Flug nach Rom gekostet?", "de", [("Flug",), ("Rom",)]),
        ("Wie hoch war die Rechnung im Juni?", "de", []),
        ("¿Cuánto cuesta entrar al parque?", "es", [("parque",)]),
        ("Pour combien de temps est-on élu au conseil ?", "fr", [("conseil",)]),
        ("Combien faut-il payer pour entrer dans la salle ?", "fr", [("salle",)]),
        ("Was kostet die Vollkasko von Max Mustermann am Ende?", "de", [("Vollkasko",)]),
        ("비밀번호는 얼마나 자주 바꾸나요?", "ko", []),
    ],
)
def test_nouns_are_told_by_the_words_around_them(question: str, language: str, nouns: list[tuple[str, ...]]) -> None:
    assert nouns_in(question, language) == nouns


RECEIPT = "Corner Café, Leeds\n\nCashier: Ann Bell\n\nCappuccino 2.20\n\nBacon and eggs 9.50\n\nTotal 11.70 EUR\n"
FORM = (
    "Visit of Ada Brook to the clinic on 3 May 2021\n\nPatient: Ada Brook\n\nPatient number: 4711-22\n\n"
    "Weight: 61 kg\n\nPulse: 72 per minute\n\nDoctor: Dr. Lena Moss\n"
)


@pytest.mark.parametrize(
    ("question", "text", "missing"),
    [
        ("What did the espresso at the Corner Café cost?", RECEIPT, "does not mention espresso; "),
        ("How much was the orange juice at the Corner Café?", RECEIPT, "does not mention orange, juice; "),
        ("What is the fax number of the Corner Café?", RECEIPT, "gives no fax; "),
        ("Who is the owner of the Corner Café?", RECEIPT, "does not mention owner; "),
        ("What was Ada Brook's blood pressure?", FORM, "does not mention blood, pressure; "),
        ("What is Ada Brook's passport number?", FORM, "gives no passport; "),
        ("What is the name of Ada Brook's surgeon?", FORM, "does not mention surgeon; "),
    ],
)
def test_a_field_or_item_that_the_page_lacks_is_named(question: str, text: str, missing: str) -> None:
    found = extract(question, evidence(text))
    assert found.runs == ()
    assert missing in (found.reason or "")


@pytest.mark.parametrize(
    ("question", "text", "quote"),
    [
        ("What did the cappuccino at the Corner Café cost?", RECEIPT, "Cappuccino 2.20"),
        ("Who was at the till of the Corner Café?", RECEIPT, "Cashier: Ann Bell"),
        ("What is Ada Brook's patient number?", FORM, "Patient number: 4711-22"),
        ("How heavy is Ada Brook?", FORM, "Weight: 61 kg"),
        ("Which physician saw Ada Brook?", FORM, "Doctor: Dr. Lena Moss"),
    ],
)
def test_a_field_or_item_that_is_there_is_quoted(question: str, text: str, quote: str) -> None:
    assert quote in [run.text for run in extract(question, evidence(text)).runs]


def test_a_name_of_two_words_is_missing_with_one_of_them() -> None:
    reason = extract("What was Sarah Brook's pulse?", evidence(FORM)).reason or ""
    assert reason.startswith("nothing that was found mentions Sarah; ")


def test_names_are_told_in_french_questions_about_english_documents() -> None:
    reason = extract("Quel est le poids de Jean Moulin ?", evidence(FORM, language="en")).reason or ""
    assert "mentions Jean, Moulin; " in reason


def test_a_page_without_a_word_of_the_question_answers_nothing() -> None:
    assert extract("비밀번호는 얼마나 자주 바꾸나요?", evidence(FORM)).runs == ()
