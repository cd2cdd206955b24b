import pytest

from mistral_rag.ranking.languages import language_of


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("What was the operating margin of the company?", "en"),
        ("Quel est le délai pour répondre à une demande ?", "fr"),
        ("Wann wurde das Unternehmen gegründet und von wem?", "de"),
        ("¿Cuándo se fundó la empresa y quién la dirige?", "es"),
        ("EBITDAR 2022", ""),
        ("", ""),
    ],
)
def test_small_words_tell_the_language(question: str, language: str) -> None:
    assert language_of(question) == language


def test_where_two_fit_the_expected_one_wins() -> None:
    assert language_of("la de", ["es"]) == "es"
    assert language_of("la de") == ""
