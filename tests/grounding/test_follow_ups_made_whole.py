"""Follow-ups as the whole questions that they mean, by rules."""

import pytest

from mistral_rag.grounding._conversation.whole import made_whole

SALES = "What were net sales in 2022?"
QUARTER = "What was Apple's revenue in Q2 2022?"
CEO = "Who is the CEO of Microsoft?"
MAIL = "How long are the mailboxes of former employees kept?"
UMSATZ = "Wie hoch war der Umsatz im ersten Quartal 2022?"
TAGEGELD = "Wie hoch ist das Tagegeld in Deutschland?"
DELAI = "Quel est le délai de remboursement en France ?"
DIAS = "¿Cuántos días de vacaciones hay para los empleados?"


@pytest.mark.parametrize(
    ("before", "question", "whole"),
    [
        (SALES, "And in 2021?", "What were net sales in 2021?"),
        (SALES, "2021?", "What were net sales in 2021?"),
        (SALES, "How much in 2020?", "What were net sales in 2020?"),
        ("What were net sales?", "And in 2021?", "What were net sales in 2021?"),
        (
            "How did sales change from 2021 to 2022?",
            "And in 2023?",
            "How did sales change from 2021 to 2022 (in 2023)?",
        ),
        (QUARTER, "and in Q3?", "What was Apple's revenue in Q3 2022?"),
        (QUARTER, "And 2021?", "What was Apple's revenue in Q2 2021?"),
        (QUARTER, "What about Microsoft?", "What was Microsoft's revenue in Q2 2022?"),
        ("How high is the allowance in France?", "What about Germany?", "How high is the allowance in Germany?"),
        ("How high is the allowance in France?", "And in Poland?", "How high is the allowance in Poland?"),
        (CEO, "And of Apple?", "Who is the CEO of Apple?"),
        (CEO, "What about Apple?", "Who is the CEO of Apple?"),
        ("Who is the CFO of Bank of America?", "And Wells Fargo?", "Who is the CFO of Wells Fargo?"),
        (CEO, "How old is he?", "How old is he (CEO of Microsoft)?"),
        (MAIL, "Who deletes them?", "Who deletes them (mailboxes of former employees kept)?"),
        (MAIL, "Why?", "Why: How long are the mailboxes of former employees kept?"),
        ("Did net sales rise in 2022?", "And why?", "Why did net sales rise in 2022?"),
        (SALES, "What about net income?", "What was net income in 2022?"),
        (
            "How much was the allowance for trips in 2022?",
            "And for meals?",
            "How much was the allowance for meals in 2022?",
        ),
        ("What is the warranty of the pump?", "And its price?", "What is the price of the pump?"),
        ("What is the warranty of the pump?", "Does it cover seals?", "Does it cover seals (warranty of the pump)?"),
        ("What is the notice period?", "How long is that in weeks?", "How long is that in weeks (notice period)?"),
        ("What is the notice period?", "Tell me more", "What is the notice period?"),
        ("What is the notice period?", "And who pays?", "Who pays (notice period)?"),
        ("How high is the allowance in France?", "Poland?", "How high is the allowance in Poland?"),
        (
            "Which rules apply to USB sticks?",
            "May I take one home?",
            "May I take one home (rules apply to USB sticks)?",
        ),
        ("Wie viele Urlaubstage gibt es?", "Und in Teilzeit?", "Wie viele Urlaubstage gibt es in Teilzeit?"),
        (UMSATZ, "Und im zweiten Quartal?", "Wie hoch war der Umsatz im zweiten Quartal 2022?"),
        (UMSATZ, "Und 2021?", "Wie hoch war der Umsatz im ersten Quartal 2021?"),
        (TAGEGELD, "Was ist mit Polen?", "Wie hoch ist das Tagegeld in Polen?"),
        (TAGEGELD, "Warum?", "Warum: Wie hoch ist das Tagegeld in Deutschland?"),
        ("Wo werden Rechnungen aufbewahrt?", "Wer löscht sie?", "Wer löscht sie (Rechnungen aufbewahrt)?"),
        ("Wer ist der Datenschutzbeauftragte?", "Wie alt ist er?", "Wie alt ist er (Datenschutzbeauftragte)?"),
        (DELAI, "Et en Allemagne ?", "Quel est le délai de remboursement en Allemagne?"),
        (DELAI, "Pourquoi ?", "Pourquoi: Quel est le délai de remboursement en France?"),
        (DELAI, "Qu'en est-il des cadres ?", "Quel est le délai de remboursement en France (cadres)?"),
        (
            "Qui dirige la société Dupont ?",
            "Quand a-t-elle été fondée ?",
            "Quand a-t-elle été fondée (dirige la société Dupont)?",
        ),
        (DIAS, "¿Y para los directivos?", "¿Cuántos días de vacaciones hay para los directivos?"),
        (DIAS, "¿Por qué?", "¿Por qué: Cuántos días de vacaciones hay para los empleados?"),
        ("¿Cuáles fueron las ventas en 2022?", "¿Y en 2021?", "¿Cuáles fueron las ventas en 2021?"),
        ("¿Quién dirige la empresa Acme?", "¿Cuándo fue fundada?", "¿Cuándo fue fundada (dirige la empresa Acme)?"),
    ],
)
def test_a_follow_up_is_made_whole(before: str, question: str, whole: str) -> None:
    assert made_whole(question, [before]) == whole


@pytest.mark.parametrize(
    ("before", "question", "whole"),
    [
        ("How high was turnover in 2022?", "And in the year 2021?", "How high was turnover in 2021?"),
        ("How high was turnover?", "And in fiscal year 2021?", "How high was turnover in fiscal year 2021?"),
        ("Wie hoch war der Umsatz 2022?", "Und im Jahr 2021?", "Wie hoch war der Umsatz 2021?"),
        ("Wie hoch war der Umsatz?", "Und im Geschäftsjahr 2021?", "Wie hoch war der Umsatz im Geschäftsjahr 2021?"),
        ("Wie hoch war der Umsatz im Mai 2022?", "Und im Juni?", "Wie hoch war der Umsatz im Juni 2022?"),
        (
            "Quel était le chiffre d'affaires en 2022 ?",
            "Et pour l'année 2021 ?",
            "Quel était le chiffre d'affaires en 2021?",
        ),
        ("Quelles étaient les ventes en mai 2022 ?", "Et en juin ?", "Quelles étaient les ventes en juin 2022?"),
        ("¿Cuáles fueron las ventas en 2022?", "¿Y en el año 2021?", "¿Cuáles fueron las ventas en 2021?"),
        (
            "What was revenue in the first quarter of 2022?",
            "And in the second?",
            "What was revenue in the second quarter of 2022?",
        ),
        (
            "Wie hoch war der Umsatz im ersten Quartal 2022?",
            "Und im zweiten?",
            "Wie hoch war der Umsatz im zweiten Quartal 2022?",
        ),
        (
            "How many days of leave do employees in Germany get per year?",
            "And in France?",
            "How many days of leave do employees in France get per year?",
        ),
        (
            "How much do we pay for meals per day?",
            "And for hotels?",
            "How much do we pay for hotels per day?",
        ),
        (
            "Wie viel wird für Reisen nach Polen gezahlt?",
            "Und nach Österreich?",
            "Wie viel wird für Reisen nach Österreich gezahlt?",
        ),
        (
            "Combien paie-t-on pour les repas par jour ?",
            "Et pour les hôtels ?",
            "Combien paie-t-on pour les hôtels par jour?",
        ),
        ("What is the notice period?", "What about the trial period?", "What is the trial period?"),
        ("What is the notice period?", "What about managers?", "What is the notice period (managers)?"),
        (
            "How high is the allowance in France?",
            "And the hotel limit?",
            "How high is the hotel limit in France?",
        ),
        (
            "Wie hoch ist das Tagegeld in Deutschland?",
            "Und die Hotelpauschale?",
            "Wie hoch ist die Hotelpauschale in Deutschland?",
        ),
        ("Quel est le plafond en France ?", "Et le délai ?", "Quel est le délai en France?"),
        ("What were net sales in 2022?", "And gross margin?", "What was gross margin in 2022?"),
        ("Wie hoch ist der Preis der Pumpe?", "Und ihre Leistung?", "Wie hoch ist die Leistung der Pumpe?"),
        ("Wie hoch ist der Preis der Pumpe?", "Und ihr Gewicht?", "Ihr Gewicht (Preis der Pumpe)?"),
        ("How long are the invoices kept?", "And the letters?", "How long are the letters kept?"),
    ],
)
def test_what_a_follow_up_leaves_open_stands_in_its_place(before: str, question: str, whole: str) -> None:
    assert made_whole(question, [before]) == whole


@pytest.mark.parametrize(
    "question",
    [
        "What is the notice period?",
        "And what is the notice period?",
        "How do employees claim their expenses?",
        "Is it allowed to smoke?",
        "Who keeps invoices when they are old?",
        "password rules",
        "RE-2025-0417",
        "What documents do you have?",
        "Gibt es eine Kantine?",
        "Wie beantragen Mitarbeiter ihren Urlaub?",
        "Können Sie mir den Urlaubsanspruch nennen?",
        "Comment fonctionne le remboursement ?",
        "Faut-il une facture ?",
        "¿Cuáles son los requisitos del contrato?",
        "密码多久更换一次？",
    ],
)
def test_a_change_of_topic_is_left_alone(question: str) -> None:
    assert made_whole(question, [SALES]) is None


def test_a_follow_up_of_a_follow_up_goes_back_to_what_it_is_about() -> None:
    assert made_whole("And in 2020?", [SALES, "And in 2021?"]) == "What were net sales in 2020?"
    earlier = ["How high is the allowance in France?", "What about Germany?", "thanks"]
    assert made_whole("And in Poland?", earlier) == "How high is the allowance in Poland?"
    earlier = ["How long are invoices kept?", "And contracts?", "thanks!"]
    assert made_whole("And what about letters?", earlier) == "How long are letters kept?"
    earlier = ["Which rules apply to USB sticks?", "May I take one home?"]
    assert made_whole("Must it be encrypted?", earlier) == "Must it be encrypted (rules apply to USB sticks)?"
    assert made_whole("Why?", [SALES, CEO]) == "Why: Who is the CEO of Microsoft?"


@pytest.mark.parametrize(
    ("question", "whole"),
    [
        ("How many leave days does she have?", "How many leave days does she have (position has Karin Holm)?"),
        ("Which car does he drive?", "Which car does he drive (position has Karin Holm)?"),
        ("What budget can she sign?", "What budget can she sign (position has Karin Holm)?"),
    ],
)
def test_what_is_asked_for_is_not_whom_a_pronoun_means(question: str, whole: str) -> None:
    assert made_whole(question, ["What position has Karin Holm?"]) == whole


@pytest.mark.parametrize(
    "question",
    [
        "What did Karin say she needs?",
        "How many leave days does Karin have when she starts?",
        "How many days does it take to get a visa?",
    ],
)
def test_a_pronoun_for_what_the_question_names_or_for_nothing_is_no_follow_up(question: str) -> None:
    assert made_whole(question, ["What position has Olaf Holm?"]) is None


def test_without_an_earlier_question_nothing_is_made_whole() -> None:
    assert made_whole("And in 2021?", []) is None
    assert made_whole("And in 2021?", ["  "]) is None


def test_a_question_made_whole_stays_short() -> None:
    assert len(made_whole("Why?", ["a" * 100_000]) or "") < 2_100
