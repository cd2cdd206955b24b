"""Things, collections, languages and times that questions ask about, and when there is no answer."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from langchain_core.documents import Document

from mistral_rag.grounding._asked.languages import language_of
from mistral_rag.grounding._asked.subjects import Subjects
from mistral_rag.grounding._asked.things import things_in
from mistral_rag.grounding._collection.collection import asks_about_collection
from mistral_rag.grounding._evidence.evidence import EvidenceUnit, gather
from mistral_rag.grounding._evidence.extractive import extract, extractive_answer
from mistral_rag.grounding._evidence.pages import passages
from mistral_rag.grounding._evidence.retrieved import Retrieved
from mistral_rag.grounding._support.columns import AskedColumns
from mistral_rag.schema import Answer


def evidence(*texts: str, **metadata: Any) -> list[EvidenceUnit]:
    documents = [Document(text, metadata={"source": f"{n}.md", **metadata}) for n, text in enumerate(texts)]
    found, _ = passages(documents, None)
    return gather(found, budget=10_000)


def answered(question: str, held: list[EvidenceUnit]) -> Answer:
    return extractive_answer(
        Retrieved(question=question, evidence=held, documents=(), generation=None, started=0.0, seconds=0.0)
    )


@pytest.mark.parametrize(
    ("question", "things"),
    [
        ("Rechnung RE-2025-0418", ["code RE-2025-0418"]),
        ("Is CVE-2024-1234 open?", ["code CVE-2024-1234"]),
        ("A002", ["code A002"]),
        ("invoice 4711 total", ["code 4711"]),
        ("What was revenue in FY 2013?", ["year 2013"]),
        ("What were sales in Q3 2023?", ["year 2023", "quarter Q3"]),
        ("Who is CEO of Apple?", ["name Apple"]),
        ("What was 3M's capex in its FY2018 10-K?", ["year 2018"]),
        ("How much is a 30-day plan with 5GB?", []),
        ("Wie hoch ist die Pauschale?", []),
    ],
)
def test_things_are_codes_names_years_and_quarters(question: str, things: list[str]) -> None:
    language = language_of(question) or "en"
    assert [f"{thing.kind} {thing.text}" for thing in things_in(question, language)] == things


INVOICES = "The amount of invoice RE-2025-0417 is 1,234.56 euros. It was due on 31 December 2025."
REPORTS = "PPR-1044: The pump leaks at the seal.\n\nPPR-1777: The display flickers.\n\nPPR-908: The label peels off."


@pytest.mark.parametrize(
    ("question", "text", "reason"),
    [
        (
            "What is the amount of invoice RE-2025-0418?",
            INVOICES,
            "nothing that was found mentions RE-2025-0418; nearest, about another: RE-2025-0417",
        ),
        ("PPR-1999", REPORTS, "nothing that was found mentions PPR-1999; nearest, about another: PPR-1044"),
        ("PPR-104", REPORTS, "nothing that was found mentions PPR-104; nearest, about another: PPR-1044"),
        ("What was the amount of the invoice in 2021?", INVOICES, "nothing that was found mentions 2021"),
        ("What was the invoice amount for FY 2013?", INVOICES, "nothing that was found mentions 2013"),
        ("What is the invoice amount in fiscal 2099?", INVOICES, "nothing that was found mentions 2099"),
    ],
)
def test_a_code_or_year_that_nothing_mentions_is_named_and_nothing_else_is_quoted(
    question: str, text: str, reason: str
) -> None:
    found = extract(question, evidence(text))
    assert (found.runs, found.reason) == ((), reason)


@pytest.mark.parametrize(
    ("question", "text", "quote"),
    [
        ("PPR-908", REPORTS, "PPR-908: The label peels off."),
        ("What is PPR 1777 about?", REPORTS, "PPR-1777: The display flickers."),
        ("A002", "RULE-A002 detects changes.\n\nRULE-B117 detects logins.", "RULE-A002 detects changes."),
        ("What is the amount of RE 2025 0417?", INVOICES, "The amount of invoice RE-2025-0417 is 1,234.56 euros."),
    ],
)
def test_a_code_is_found_whole_or_as_a_part_and_others_are_not_quoted(question: str, text: str, quote: str) -> None:
    assert [run.text for run in extract(question, evidence(text)).runs] == [quote]


def test_the_chief_of_another_company_is_no_answer() -> None:
    held = evidence("Satya Nadella is the CEO of Microsoft. He joined in 1992.", title="Microsoft annual report")
    found = extract("Who is CEO of Apple?", held)
    assert found.runs == ()
    assert (found.reason or "").startswith("nothing that was found mentions Apple; an answer is ")


ESTIMATES = (
    "Estimates\n\nCustomer: Alice Brown\n\nParts 100\n\nGrand total 150\n\nCustomer: Robert Stone\n\nParts 210\n\n"
    "Grand total 300\n\nCustomer: Carla Diaz\n\nParts 30\n\nGrand total 45\n"
)


@pytest.mark.parametrize(
    ("name", "total"),
    [("Alice Brown", "Grand total 150"), ("Robert Stone", "Grand total 300"), ("Carla Diaz", "Grand total 45")],
)
def test_a_total_is_that_of_the_person_who_is_named(name: str, total: str) -> None:
    found = extract(f"What is the grand total of the estimate for {name}?", evidence(ESTIMATES))
    assert found.runs[0].text == total


@pytest.mark.parametrize(
    ("question", "text", "quote"),
    [
        (
            "Abrechnung der Reisekosten",
            "Die Reisekostenabrechnung ist nach vier Wochen einzureichen. Der Hof ist sauber.",
            "Die Reisekostenabrechnung ist nach vier Wochen einzureichen.",
        ),
        (
            "Gebühr für die Reinigung der Straße",
            "Die Straßenreinigungsgebühr beträgt 87,40 € im Jahr. Der Hof ist sauber.",
            "Die Straßenreinigungsgebühr beträgt 87,40 € im Jahr.",
        ),
        (
            "1234,56 Euro",
            "Der Betrag beläuft sich auf 1.234,56 €. Der Hof ist sauber.",
            "Der Betrag beläuft sich auf 1.234,56 €.",
        ),
        (
            "Kündigungsfristen der Probezeit",
            "Die Frist der Kündigung in der Probezeit beträgt zwei Wochen. Der Hof ist sauber.",
            "Die Frist der Kündigung in der Probezeit beträgt zwei Wochen.",
        ),
    ],
)
def test_german_compounds_and_currencies_are_found_in_other_forms(question: str, text: str, quote: str) -> None:
    assert extract(question, evidence(text, language="de")).runs[0].text == quote


def test_a_ligature_is_its_two_letters() -> None:
    held = evidence("Les œuvres sociales sont gérées par le comité. Le parc est fermé.", language="fr")
    assert extract("oeuvres sociales", held).runs[0].text == "Les œuvres sociales sont gérées par le comité."


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("What documents do you have?", "list"),
        ("Which files are in the index?", "list"),
        ("How many documents are there?", "count"),
        ("Welche Dokumente gibt es?", "list"),
        ("Wie viele Dateien sind im Index?", "count"),
        ("Quels documents avez-vous ?", "list"),
        ("What are these documents about?", "list"),
        ("Summarise the handbook", "summary"),
        ("Fasse das Handbuch zusammen", "summary"),
        ("How many documents must be filed for a visa?", None),
        ("Which documents are needed for the claim?", None),
        ("What is the file size limit?", None),
        ("What is the consumer price index?", None),
    ],
)
def test_questions_about_the_collection_have_no_subject_in_it(question: str, kind: str | None) -> None:
    assert asks_about_collection(question) == kind


@pytest.mark.parametrize("question", ["And in 2021?", "Why?", "What about Poland?", "How old is she?"])
def test_a_follow_up_without_history_is_said_to_be_one(question: str) -> None:
    answer = answered(question, evidence("Leave was 20 days in 2021. She is old in Poland."))
    assert answer.status == "abstained"
    assert (answer.reason or "").startswith("the question goes on from one before")


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("How long is the notice period?", "en"),
        ("Wie lang ist die Kündigungsfrist?", "de"),
        ("Quelle est la durée du congé ?", "fr"),
        ("¿Cuál es el plazo de los avisos?", "es"),
        ("In welchem Stock sitzt die Nord GmbH?", "de"),
        ("Hoeveel kost een kaartje?", "nl"),
        ("A002", ""),
        ("Kolik týdnů dovolené má zaměstnanec?", ""),
    ],
)
def test_the_language_of_a_question_is_told_by_its_stop_words(question: str, language: str) -> None:
    assert language_of(question) == language


def test_an_index_for_one_language_says_so() -> None:
    held = evidence("Die Kündigungsfrist beträgt zwei Wochen.", language="de")
    reason = extract("How long is the notice period during probation?", held).reason or ""
    assert reason.endswith(
        "the question is in another language (en) than what was found (de); this index finds words and meanings in one "
        "language only: ask in that"
    )


@pytest.mark.parametrize(
    ("question", "text", "language", "quote"),
    [
        ("密码多久更换一次？", "密码每年更换一次。", "zh", "密码每年更换一次。"),
        ("Wie hoch ist die Rechnung insgesamt?", "Rechnung. Gesamtbetrag: 34,73 EUR", "de", "Gesamtbetrag: 34,73 EUR"),
        ("Bis wann muss die Rechnung bezahlt werden?", "Die Rechnung ist bis 21.05.2014 zahlbar.", "de", None),
        ("Combien faut-il payer pour la facture ?", "La facture est à payer : 29,99 €.", "fr", None),
        ("Quando è aperta la biblioteca?", "La biblioteca è aperta di lunedì.", "it", None),
    ],
)
def test_a_question_in_another_language_than_the_model_s_is_judged_by_its_words(
    question: str, text: str, language: str, quote: str | None
) -> None:
    found = extract(question, evidence(text, language=language), embeddings=English())
    assert found.runs[0].text == (quote or text)


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("대출 한도는 얼마인가요?", "ko"),
        ("谁是公司的经理？", "zh"),
        ("パスワードは？", "ja"),
        ("Как часто?", "ru"),
    ],
)
def test_a_question_that_the_model_does_not_know_is_said_to_be_one(question: str, language: str) -> None:
    held = evidence("빅포인트는 5년간 유효합니다. 密码每年更换一次。", language=language)
    reason = extract(question, held, embeddings=English()).reason or ""
    assert reason.endswith(
        f"; the model of this index knows the meanings of English only, not of the question's language ({language}): "
        "use the words of the document, or build an index with --embeddings local-use"
    )


class English:
    """Stands for the model of English: all texts are far from each other."""

    model = "local-minilm@0"

    def embed_matrix(self, texts: Sequence[str], /) -> Any:
        """Embed each text by a direction of its own."""
        return np.eye(len(texts))


@pytest.mark.parametrize(
    ("question", "language", "names"),
    [
        ("Combien coûte l'abonnement Orange d'Alexis Martin ?", "fr", ["Orange"]),
        ("¿Cuánto cuesta el abono de Movistar de Alexis Martin?", "es", ["Movistar"]),
        ("Quanto costa l'abbonamento di Telecom per Alexis Martin?", "it", ["Telecom"]),
        ("Hoeveel kost het abonnement van Ziggo voor Alexis Martin?", "nl", ["Ziggo"]),
        ("Wie viel kostet das Abonnement von Alexis Martin bei der Telekom?", "de", []),
    ],
)
def test_names_are_told_in_languages_that_give_capitals_to_names(
    question: str, language: str, names: list[str]
) -> None:
    held = evidence("Free: Alexis Martin 29,99 EUR", language=language)
    assert [thing.text for thing in Subjects(question, held).unnamed] == names


@pytest.mark.parametrize(
    ("question", "column", "of"),
    [
        ("What were sales in 2022?", "2022", True),
        ("What were sales in 2022?", "2021", False),
        ("What were sales in 2022?", "Change", None),
        ("What were sales in the quarter ended July 1, 2023?", "Three Months Ended, July 1, 2023", True),
        ("What were sales in the quarter ended July 1, 2023?", "Nine Months Ended, July 1, 2023", False),
        ("What were sales in the quarter ended July 1, 2023?", "Three Months Ended, June 25, 2022", False),
        ("What were sales in FY22?", "December 31, 2022", True),
        ("What were sales in Q2 2022?", "Q3 2022", False),
    ],
)
def test_columns_are_of_the_time_that_is_asked_for(question: str, column: str, of: bool | None) -> None:
    assert AskedColumns(question).is_of(column) is of


def test_exact_copies_are_cited_once_with_both_places() -> None:
    answer = answered("In which class are trains booked?", evidence(*["Trains are booked in second class."] * 2))
    assert len(answer.citations) == 1
    assert answer.text.splitlines()[1:] == [
        "- “Trains are booked in second class.” [1] (also in 1.md, text without a file)"
    ]


def test_an_earlier_edition_is_shown_as_such_and_only_where_it_differs() -> None:
    new, old, same = evidence(
        "Staff have 25 days of annual leave.",
        "Staff have 20 days of annual leave.",
        "Staff have 25 days of annual leave.",
    )
    older = [replace(unit, passage=replace(unit.passage, older=True)) for unit in (old, same)]
    answer = answered("How many days of annual leave do staff have?", [*older, new])
    assert answer.citations[0].quote == "Staff have 25 days of annual leave."
    lines = answer.text.splitlines()[1:]
    assert lines[0] == "- “Staff have 25 days of annual leave.” [1]"
    assert [line for line in lines[1:] if not line.startswith("- earlier, ")] == []
    assert answer.status == "answered"


@pytest.mark.parametrize(
    ("texts", "status"),
    [
        (("Staff have 25 days of annual leave.", "Staff have 27 days of annual leave."), "partial"),
        (("Staff have 25 days of annual leave.", "Staff also have 25 days of annual leave."), "answered"),
        (("Staff had 25 days of annual leave in 2021.", "Staff have 27 days of annual leave in 2024."), "answered"),
        (("Staff have 25 days of annual leave.", "Lunch takes 30 minutes a day."), "answered"),
    ],
)
def test_documents_in_force_that_contradict_each_other_are_shown_from_both_sides(
    texts: tuple[str, str], status: str
) -> None:
    answer = answered("How many days of annual leave do staff have?", evidence(*texts))
    assert answer.status == status
    assert ("contradict" in (answer.reason or "")) is (status == "partial")


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("How many employees does Nvidia have in Germany?", ["Germany"]),
        ("How many employees does Nvidia’s office have in March?", []),
        ("Did Foot Locker grow? Was that in Spain?", ["Spain"]),
        ("Was it IBM or the EU?", []),
        ("Is Level 3 or Note 5 meant?", []),
        ("Germany?", []),
        ("how many in germany?", []),
        ("Wie viele Mitarbeiter hat die Firma in Spanien?", []),
    ],
)
def test_names_that_nothing_mentions_are_told_by_capitals_in_english(question: str, names: list[str]) -> None:
    held = evidence("NVIDIA has 29,600 employees.", source="FOOTLOCKER_2022.pdf", title="Report")
    assert [thing.text for thing in Subjects(question, held).unnamed] == names
