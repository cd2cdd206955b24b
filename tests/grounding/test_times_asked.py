"""Days, months and weekdays as conditions of a question, in seven languages."""

import pytest

from mistral_rag.grounding._asked.things import things_in
from mistral_rag.grounding._evidence.extractive import extract
from tests.grounding.test_asked import evidence


@pytest.mark.parametrize(
    ("question", "things"),
    [
        ("What did the taxi cost on 3 November 2018?", ["year 2018", "day 3 November 2018"]),
        ("Was hat die Taxifahrt am 3. November 2018 gekostet?", ["year 2018", "day 3. November 2018"]),
        ("Combien a coûté le taxi du 3 novembre 2018 ?", ["year 2018", "day 3 novembre 2018"]),
        ("Quanto è costato il taxi del 3 novembre 2018?", ["year 2018", "day 3 novembre 2018"]),
        ("Wat kostte de taxi op 3 november 2018?", ["year 2018", "day 3 november 2018"]),
        ("Quanto custou o táxi em 3 de novembro de 2018?", ["year 2018", "day 3 de novembro de 2018"]),
        ("Wie hoch war die Rechnung für Juni 2014?", ["year 2014", "month June 2014"]),
        ("Qual era a fatura de junho de 2014?", ["year 2014", "month June 2014"]),
        ("Hoe hoog was de factuur van maart 2014?", ["year 2014", "month March 2014"]),
        ("How many shirts were sold in October?", ["month October"]),
        ("Quante camicie sono state vendute in ottobre?", ["month ottobre"]),
        ("Is the pool open on Tuesdays?", ["weekday Tuesdays"]),
        ("Ist das Bad am Dienstag offen?", ["weekday Dienstag"]),
        ("La piscine est-elle ouverte le mardi ?", ["weekday mardi"]),
        ("May I smoke in the yard?", []),
        ("What may be sold in march order?", []),
    ],
)
def test_days_months_and_weekdays_are_things_asked_for(question: str, things: list[str]) -> None:
    found = things_in(question, "xx")
    assert [f"{thing.kind} {thing}" for thing in found] == things


TAXI = (
    "Taxi Mustermann\n\nRechnung für die Taxifahrt vom 29.10.2018\n\nDie Taxifahrt hat 18,08 EUR gekostet.\n\n"
    "Zahlbar bis 29.11.2018\n"
)
HOSTING = "Rechnung für Mai 2014\n\nLeistungen im Mai 2014\n\nDie Rechnung für Webhosting ist 34,73 EUR hoch.\n"
POOL = "The pool is open on Monday and Wednesday from 8 to 12.\n"
SALES = "In July 120 shirts were sold.\n\nIn August 80 shirts were sold.\n"
MENSA = "Le menu du lundi coûte 9 euros.\n\nLe menu du jeudi coûte 11 euros.\n"


@pytest.mark.parametrize(
    ("question", "text", "reason"),
    [
        (
            "Was hat die Taxifahrt am 3. November 2018 gekostet?",
            TAXI,
            "nothing that was found mentions 3. November 2018; nearest, about another: 29.10.2018",
        ),
        (
            "Was hat die Taxifahrt vom 30.10.2018 gekostet?",
            TAXI,
            "nothing that was found mentions 30.10.2018; nearest, about another: 29.10.2018",
        ),
        (
            "Wie hoch ist die Rechnung für Webhosting für Juni 2014?",
            HOSTING,
            "nothing that was found mentions June 2014; nearest, about another: Mai 2014",
        ),
        (
            "When is the pool open on Tuesdays?",
            POOL,
            "nothing that was found mentions Tuesdays; nearest, about another: Monday",
        ),
        ("How many shirts were sold in October?", SALES, "nothing that was found mentions October"),
        (
            "Combien coûte le menu du mardi ?",
            MENSA,
            "nothing that was found mentions mardi; nearest, about another: lundi",
        ),
    ],
)
def test_another_day_is_no_answer_and_the_nearest_is_named(question: str, text: str, reason: str) -> None:
    found = extract(question, evidence(text, language="de" if "Taxi" in text or "Webhosting" in text else "en"))
    assert (found.runs, found.reason) == ((), reason)


@pytest.mark.parametrize(
    ("question", "text", "quote"),
    [
        ("Was hat die Taxifahrt am 29. Oktober 2018 gekostet?", TAXI, "Die Taxifahrt hat 18,08 EUR gekostet."),
        ("Was hat das Taxi am 29.10.2018 gekostet?", TAXI, "Die Taxifahrt hat 18,08 EUR gekostet."),
        ("How many shirts were sold in August?", SALES, "In August 80 shirts were sold."),
        (
            "For how long is the old pool in the park open to visitors on Tuesdays?",
            "The old pool in the park is open to visitors from Monday to Friday for four hours.\n",
            "The old pool in the park is open to visitors from Monday to Friday for four hours.",
        ),
        (
            "For how long is the old pool in the park open to visitors on Tuesdays?",
            "The old pool in the park is open to visitors daily for four hours, on Sunday for two hours.\n",
            "The old pool in the park is open to visitors daily for four hours, on Sunday for two hours.",
        ),
        (
            "What does the stand cost on 14 May 2024?",
            "From 10 May 2024 to 20 May 2024 the stand costs 40 euros.\n",
            "From 10 May 2024 to 20 May 2024 the stand costs 40 euros.",
        ),
        (
            "How high were the costs of the stand in May 2024?",
            "In the three months ended 30 June 2024 the costs of the stand were 40 euros.\n",
            "In the three months ended 30 June 2024 the costs of the stand were 40 euros.",
        ),
        (
            "How high were the costs of the stand in May 2024?",
            "The costs of the stand were 40 euros (05/2024).\n",
            "The costs of the stand were 40 euros (05/2024).",
        ),
        (
            "For how long may visitors park their cars in the yard on Tuesdays?",
            "Visitors may park their cars in the yard for two hours.\n",
            "Visitors may park their cars in the yard for two hours.",
        ),
    ],
)
def test_a_day_that_the_document_holds_is_answered_for(question: str, text: str, quote: str) -> None:
    found = extract(question, evidence(text, language="de" if text == TAXI else "en"))
    assert found.reason is None
    assert quote in "\n".join(run.text for run in found.runs)
