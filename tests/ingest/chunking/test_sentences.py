from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.chunking._sentences import sentences


def split(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    "expected",
    [
        ["The rate rose.", "It fell again."],
        ["Is it due?", "Yes!", "Pay now."],
        ["Acme Inc. reported 3.5% growth.", "Mr. Smith of the U.S. Treasury agreed."],
        ["See No. 5 and Fig. 2 for details.", "Sales grew 4.2 times, i.e. fast."],
        ["We operate in the U.S.", "The market is large."],
        ["It acquired Foo Corp. for $2.1 billion.", "The deal closed on Jan. 3, 2023."],
        ['He said "We go."', "Then he left."],
        ["J. R. Doe and A. B. Roe signed.", "Both agreed."],
        ["It ended at 5 p.m. on Friday.", "(See below.)", "Nothing else."],
        ["Filed on 3/4/2022.", "2023 was better."],
        ["Sales grew.", "iPhone net sales fell."],
        ["It grew ... slowly.", "Then it stopped."],
        ["The end came in 2023.[4]", "Nobody noticed."],
        ["Ask Yahoo! about it.", "They know."],
        ["1. Introduction to the matter"],
        ["(a) The first thing.", "(b) The second thing."],
    ],
)
def test_english_sentences_end_where_a_reader_ends_them(expected: list[str]) -> None:
    assert split(" ".join(expected)) == expected


@pytest.mark.parametrize(
    "expected",
    [
        ["Die Prüfung erfolgt gem. § 5 Abs. 2 Nr. 3 BGB.", "Das gilt z. B. für Verträge."],
        ["Am 3. Mai 2021 begann das 2. Quartal.", "Der Umsatz stieg um 1.234,5 Mio. Euro."],
        ["Dr. Muster ist u.a. für ca. 20 Personen zuständig.", "Sie kommt am 1. Januar."],
        ["Die Frist beträgt vgl. Art. 12 zwei Monate.", "Danach ist Schluss."],
        ["Er kam im 19. Jahrhundert zur Welt.", "Wir wissen wenig."],
    ],
)
def test_german_abbreviations_and_ordinals_do_not_end_a_sentence(expected: list[str]) -> None:
    assert split(" ".join(expected)) == expected


@pytest.mark.parametrize(
    "expected",
    [
        ["La CNIL a prononcé une amende (art. 83 du RGPD).", "M. Dupont n'a pas répondu."],
        ["Voir p. 12 et l'art. L. 123-4 du code.", "Le délai court."],
        ["« C'est fini. »", "Elle partit."],
        ["Le montant est de 2,5 M€, c.-à-d. trop.", "Est-ce vrai ?", "Oui !"],
    ],
)
def test_french_sentences(expected: list[str]) -> None:
    assert split(" ".join(expected)) == expected


@pytest.mark.parametrize(
    "expected",
    [
        ["El Sr. García llegó a las 5 p.m. del lunes.", "¿Quién lo sabe?", "¡Nadie!"],
        ["Véase el art. 5 y la pág. 20.", "Los EE.UU. firmaron el acuerdo."],
    ],
)
def test_spanish_sentences(expected: list[str]) -> None:
    assert split(" ".join(expected)) == expected


def test_full_width_stops_need_no_blank() -> None:
    assert split("今日は晴れです。明日は雨です。") == ["今日は晴れです。", "明日は雨です。"]


def test_a_sentence_may_run_over_line_ends() -> None:
    assert split("The rate rose\nin May. It fell\nin June.") == ["The rate rose\nin May.", "It fell\nin June."]


def test_only_the_asked_part_is_read() -> None:
    text = "One. Two. Three."
    assert [text[s:e] for s, e in sentences(text, 5, 9)] == ["Two."]


@given(st.text(alphabet=st.sampled_from("aA1.!?… \n\"')(。[]éÉ-"), max_size=60) | st.text(max_size=60))
def test_every_character_but_blanks_is_in_exactly_one_sentence(text: str) -> None:
    ranges = list(sentences(text))
    assert "".join("".join(text[s:e] for s, e in ranges).split()) == "".join(text.split())
    assert all(before[1] <= after[0] for before, after in pairwise(ranges))
    assert all(text[s:e] == text[s:e].strip() != "" for s, e in ranges)
