"""Questions that need what was said before."""

import pytest

from mistral_rag.grounding._conversation.follow_ups import refers_back

NEED_HISTORY = [
    ("And in 2021?", "And in 2021"),
    ("In Q3?", "In Q3"),
    ("Und 2021?", "Und 2021"),
    ("Et en 2021 ?", "Et en 2021"),
    ("¿Y en 2021?", "¿Y en 2021"),
    ("Why?", "Why"),
    ("Warum?", "Warum"),
    ("Since when?", "Since when"),
    ("Tell me more", "Tell me more"),
    ("What about Poland?", "What about"),
    ("Was ist mit Polen?", "Was ist mit"),
    ("And for managers?", "And for managers"),
    ("And why did it fall?", "it"),
    ("How old is she?", "How old is she"),
    ("Who is her manager?", "her"),
    ("What was the name of his wife?", "his"),
    ("Does it apply to trainees?", "it"),
    ("Is that also true for contractors?", "Is that"),
    ("What happened then?", "What happened then"),
    ("Wie hoch ist deren Umsatz?", "deren"),
]
STAND_ALONE = [
    "And what is the notice period?",
    "How long does it take to get a refund?",
    "Is it allowed to smoke?",
    "What did Apple say about its revenue?",
    "How do employees claim their expenses?",
    "What is the IT policy?",
    "What was the former name of the company?",
    "Was ist mit Normalkräften verbunden?",
    "En una turbina de vapor, ¿en qué se montan los rotores?",
    "Why did Apple's effective tax rate fall in 2023?",
    "What happened in 2021?",
    "What documents do you have?",
    "A002",
    "1234,56 Euro",
    "oeuvres sociales",
    "密码多久更换一次？",
]


@pytest.mark.parametrize(("question", "words"), NEED_HISTORY)
def test_a_follow_up_is_told_by_the_words_that_refer_back(question: str, words: str) -> None:
    assert refers_back(question) == words


@pytest.mark.parametrize("question", STAND_ALONE)
def test_a_question_of_its_own_is_no_follow_up(question: str) -> None:
    assert refers_back(question) == ""
