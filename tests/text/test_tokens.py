import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mistral_rag.text import bigrams, hashed, hashed_question, is_word, tokenize, written, written_question


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("1,117,400", ["1117400"]),
        ("$ 3,293.1 million", ["3293.1", "million"]),
        ("12/31/2022", ["12", "31", "2022"]),
        ("FY18, FY2019, FY 20 and fy '21", ["2018", "2019", "2020", "2021"]),
        ("Q2'23 2Q23 2023Q2 Q22023", ["q2", "2023"] * 4),
        ("10-K", ["10k", "10"]),
        ("ISO-9001", ["iso9001", "iso", "9001"]),
        ("AT&T and R&D", ["at&t", "r&d"]),
        ("U.S. sales", ["us", "sale"]),
        ("year-over-year growth", ["year", "year", "growth"]),
        ("account-\ning", ["account", "account", "ing"]),
        ("The companies' employees", ["compani", "employe"]),
        ("ﬁnancial", ["financi"]),
        ("...... 59", ["59"]),
    ],
)
def test_english_text_becomes_terms(text: str, terms: list[str]) -> None:
    assert tokenize(text, "en") == terms


@pytest.mark.parametrize(
    ("text", "language", "terms"),
    [
        ("L'entreprise a réalisé 1\u00a0117\u202f400,5 €", "fr", ["entrepris", "realis", "1117400.5"]),
        ("1.117.400,50 Euro für die Häuser", "de", ["1117400.50", "euro", "haus"]),
        ("契約の内容", "ja", ["契約", "約の", "の内", "内容"]),
        ("running shoes", "", ["run", "shoe"]),
        ("running shoes", "xx", ["running", "shoes"]),
    ],
)
def test_other_languages_have_their_own_rules(text: str, language: str, terms: list[str]) -> None:
    assert tokenize(text, language) == terms


def test_words_that_only_say_how_to_answer_are_dropped_from_questions() -> None:
    question = "Please calculate the operating margin, based on the information provided. Round your answer."
    assert np.array_equal(hashed_question(question, "en"), hashed("operating margin", "en"))


def test_digests_tell_words_from_numbers_and_codes() -> None:
    assert is_word(hashed("cash 1,200 10-K", "en")).tolist() == [True, False, False, False]


def test_pairs_are_made_of_neighbouring_words_and_of_no_numbers() -> None:
    first, second = hashed("net sales", "en"), hashed("sales rose", "en")
    assert np.array_equal(bigrams(hashed("net sales rose", "en")), np.concatenate([bigrams(first), bigrams(second)]))
    assert len(bigrams(hashed("net 5 sales", "en"))) == 0
    assert bigrams(hashed("sales net", "en")) != bigrams(first)


def test_french_words_count_as_they_are_written_too() -> None:
    assert np.array_equal(hashed("déclaré", "fr"), hashed("déclaration", "fr"))
    assert len(np.intersect1d(written("déclaré", "fr"), written("déclaration", "fr"))) == 0
    assert np.array_equal(
        written("L’employé de Paris\u00a0: 1\u00a0200 e-mails", "fr"), written("EMPLOYÉ Paris mails", "fr")
    )
    assert not is_word(written("employé", "fr")).any()


@pytest.mark.parametrize("language", ["en", "de", "es", "", "xx"])
def test_words_of_other_languages_count_by_their_stems_alone(language: str) -> None:
    assert len(written("declared", language)) == len(written_question("declared", language)) == 0


def test_words_as_written_leave_out_what_says_nothing() -> None:
    assert len(written("Dans le, que", "fr")) == 0
    assert np.array_equal(written_question("Expliquez cette déclaration", "fr"), written("déclaration", "fr"))


def test_digests_stay_the_same_between_releases() -> None:
    assert hashed("net sales 2018", "en").tolist() == [17332040946636363283, 854401706569621189, 3797860751442167138]


@given(st.text(max_size=200), st.sampled_from(["en", "fr", "de", "ja", "", "xx"]))
def test_any_text_is_read(text: str, language: str) -> None:
    terms = tokenize(text, language)
    assert all(terms)
    assert len(hashed(text, language)) == len(terms)


@pytest.mark.parametrize(
    ("one", "other", "terms"),
    [
        ("1,234.5", "1234.5", ["1234.5"]),
        ("(12)", "-12", ["12"]),
        ("(1,234)", "−1,234", ["1234"]),
        ("FY'23", "FY 2023", ["2023"]),
        ("fiscal 2023", "fiscal FY23", ["fiscal", "2023"]),
    ],
)
def test_numbers_and_years_written_in_two_ways_are_one_term(one: str, other: str, terms: list[str]) -> None:
    assert tokenize(one, "en") == terms
    assert tokenize(other, "en") == terms


def test_a_part_number_is_one_term_beside_its_parts() -> None:
    assert tokenize("AB-1234/C", "en") == ["ab1234c", "ab", "1234"]
    assert tokenize("SKU 4711-X", "en") == ["sku", "4711x", "4711"]
