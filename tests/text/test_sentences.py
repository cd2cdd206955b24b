"""Sentences of documents and of answers. Each language has examples the rules were written with, and siblings."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mistral_rag.text import SENTENCE_LOOKAHEAD, sentences


def split(text: str, *, paragraphs: bool = False) -> list[str]:
    return [text[start:end] for start, end in sentences(text, paragraphs=paragraphs)]


ENGLISH = [
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
    ["Mr. Smith of Acme Inc. met J. Doe at 3.5 km.", "He left."],
    ["“Is it so?” he asked.", "Yes."],
    ["It was given to me.", "Then it broke."],
    ["Pull out to 5 mm.", "The gap closes."],
    ["The clause [...] Buyer shall pay.", "Nothing else applies."],
    ["I wasn’t really ... well, the thing is . . . it broke.", "Nobody came."],
    ["Drive at 100 km/h.", "Stop at the light."],
]
ENGLISH_SIBLINGS = [
    ["Messrs. Hill and Ray left St. Louis.", "They met Dr. Okafor vs. Lt. Green."],
    ["Revenue was $1.2 bn. in FY. 2021?", "No, it was more!", "Far more."],
    ["Under Sec. 4 and Art. IV it ends.", "Under Ch. B it does not."],
    ["Foo Ltd. and Bar PLC merged at 9 a.m. on Monday.", "However, Baz Co. did not."],
    ["“Stop.”", "“Why?”", "She waved."],
    ["The item (see p. 12 et al.) holds.", "All of it."],
    ["Prices rose…", "Then they fell.", "Who knows?"],
    ["W. E. B. Du Bois wrote it.", "We read it."],
    ["Plan A failed.", "Plan B.", "The third one held."],
    ["Call ext. 1234 at approx. noon.", "2022 figures follow."],
]
GERMAN = [
    ["Die Frist lief bis zum 3. Mai 2024.", "Danach verfällt der Anspruch."],
    ["Die Prüfung erfolgt gem. § 5 Abs. 2 Nr. 3 BGB.", "Das gilt z. B. für Verträge."],
    ["Am 3. Mai 2021 begann das 2. Quartal.", "Der Umsatz stieg um 1.234,5 Mio. Euro."],
    ["Dr. Muster ist u.a. für ca. 20 Personen zuständig.", "Sie kommt am 1. Januar."],
    ["Die Frist beträgt vgl. Art. 12 zwei Monate.", "Danach ist Schluss."],
    ["Er kam im 19. Jahrhundert zur Welt.", "Wir wissen wenig."],
    ["Das gilt z. B. Die Regel nennt es.", "Sie ist alt."],
    ["Gültig bis 31. 12. 2024.", "Danach nicht mehr."],
    ["Im II. Quartal fiel er.", "Ludwig XIV. war König."],
    ["Sie sagte: „Wir gehen.“", "Er blieb."],
    ["Es kostet ca. 5 Mio.", "Die Kosten steigen.", "Mehr nicht."],
]
GERMAN_SIBLINGS = [
    ["Der Vertrag endet am 30. Juni 2025.", "Er verlängert sich nicht."],
    ["Zahlbar bis spätestens 15. Okt. 2023 oder d. h. sofort.", "Die Gebühr beträgt 87,40 €."],
    ["Der 4. Senat entschied i. d. R. Fälle dieser Art.", "Seine 2. Mahnung blieb ohne Antwort."],
    ["Hauptstr. 12 liegt links, vgl. Abb. 3 u. Tab. 4.", "Prof. Huber kennt Hrn. Maier."],
    ["Der Antrag (§ 7 Abs. 1 S. 2 usw.) ist fertig.", "Ist er richtig?", "Ja!"],
    ["Fa. Muster GmbH zahlt 3,5 Tsd. Euro.", "Das sind ca. 10 v. H. des Betrags."],
    ["»Nein.«", "Sie ging."],
    ["Er gilt ab dem 1. 1. 2025 […] Kunden zahlen mehr.", "Alle zahlen."],
    ["Der Zuschlag steigt auf 12.", "Mehr gibt es nicht."],
]
FRENCH = [
    ["La CNIL a prononcé une amende (art. 83 du RGPD).", "M. Dupont n'a pas répondu."],
    ["Voir p. 12 et l'art. L. 123-4 du code.", "Le délai court."],
    ["« C'est fini. »", "Elle partit."],
    ["Le montant est de 2,5 M€, c.-à-d. trop.", "Est-ce vrai ?", "Oui !"],
    ["Voilà ce que c'est.", "Le reste suit."],
]
FRENCH_SIBLINGS = [
    ["MM. Le Goff et Martin ont signé l'annexe n° 4.", "Mme Roy a refusé."],
    ["Cf. chap. 3 et fig. 2 du rapport.", "Les ventes ont augmenté de 1,5 %."],
    ["Le bureau ouvre à 9 h, p. ex. Lundi et mardi.", "Il ferme tôt."],
    ["J.-P. Roux habite av. Foch env. 12 mois.", "Il part le 1er mai."],
    ["Les frais (train, taxi, etc.) sont remboursés.", "Qui paie ?", "L'entreprise."],
    ["Il hésite…", "Puis il accepte.", "Nous aussi."],
]
SPANISH = [
    ["El Sr. García llegó a las 5 p.m. del lunes.", "¿Quién lo sabe?", "¡Nadie!"],
    ["Véase el art. 5 y la pág. 20.", "Los EE.UU. firmaron el acuerdo."],
    ["Hay plazos, p. ej. El de mayo.", "No hay más."],
    ["Iba a 100 km/h.", "¿En cuánto tiempo llegó?"],
]
SPANISH_SIBLINGS = [
    ["La Sra. Ruiz y el Dr. Peña viven en EE. UU. desde 2010.", "No volverán."],
    ["Según el cap. IV y el núm. 7, aprox. 300 personas.", "El resto espera."],
    ["«Se acabó.»", "Ella salió."],
    ["Banco Norte, S.A. pagó 1.250,50 euros.", "La tasa subió al 3,5 %."],
    ["Vea la fig. 2, el párr. 4, etc.", "Los demás no valen.", "¡Atención!"],
]
ITALIAN = [
    ["Il sig. Rossi abita in v. Roma, n. 5.", "La tassa è del 3,5 %."],
    ["Vale per es. Il caso raro.", "Non altro."],
    ["L'art. 12, pag. 4, della S.p.A. vale.", "Nessuno lo nega."],
]
ITALIAN_SIBLINGS = [
    ["La dott.ssa Bianchi e l'avv. Verdi, cfr. cap. II, concordano.", "Il giudice no."],
    ["Le spese (treno, taxi, ecc.) sono rimborsate.", "Chi paga?", "L'azienda."],
    ["«È finita.»", "Lei uscì."],
    ["Alfa S.r.l. ha pagato 1.250,50 euro il 3 mag. 2024.", "È tutto."],
]
DUTCH = [
    ["Dhr. de Vries en mevr. Bakker tekenden, d.w.z. Beide partijen.", "De termijn loopt."],
    ["Zie art. 5, blz. 12, enz.", "De rest vervalt.", "Niets anders."],
]
DUTCH_SIBLINGS = [
    ["Drs. Jansen werkt bij Alfa B.V. in Utrecht.", "Hij betaalt bijv. Belasting en premie."],
    ["De kosten (trein, taxi e.d.) worden vergoed.", "Wie betaalt?", "De werkgever."],
    ["‘Het is klaar.’", "Zij ging."],
    ["J. de Boer en P. Van Dijk kregen ca. 3,5 mln. euro.", "Dat is veel."],
]
PORTUGUESE = [
    ["O Sr. Silva e a Dra. Costa assinaram, p. ex. Os dois termos.", "O prazo corre."],
    ["Ver o art. 5, pág. 12, n.º 3.", "Não há mais."],
]
PORTUGUESE_SIBLINGS = [
    ["A Exma. Sra. Lopes vive na Av. Brasil.", "Ela paga 1.250,50 reais."],
    ["Alfa Ltda. pagou aprox. 3,5 milhões.", "Quem paga?", "A empresa."],
    ["As despesas (trem, táxi, etc.) são pagas.", "O resto não."],
    ["«Acabou.»", "Ela saiu."],
]
POLISH = [
    ["Umowa z dnia 3 maja 2024 r. wygasa, tj. Nie obowiązuje.", "To koniec."],
    ["Zob. art. 5 ust. 2 pkt 3 ustawy.", "Strona m.in. Alfa sp. z o.o. płaci."],
]
POLISH_SIBLINGS = [
    ["Ul. Długa 5 leży obok pl. Wolności.", "Prof. Nowak mieszka tam od 1999 r."],
    ["Koszty (pociąg, taksówka itp.) są zwracane.", "Kto płaci?", "Firma."],
    ["„To koniec.”", "Ona wyszła."],
    ["Kapitał wynosi 3,5 mln zł.", "Zob. str. 12 i rozdz. IV."],
]
EXAMPLES = {
    "English": [*ENGLISH, *ENGLISH_SIBLINGS],
    "German": [*GERMAN, *GERMAN_SIBLINGS],
    "French": [*FRENCH, *FRENCH_SIBLINGS],
    "Spanish": [*SPANISH, *SPANISH_SIBLINGS],
    "Italian": [*ITALIAN, *ITALIAN_SIBLINGS],
    "Dutch": [*DUTCH, *DUTCH_SIBLINGS],
    "Portuguese": [*PORTUGUESE, *PORTUGUESE_SIBLINGS],
    "Polish": [*POLISH, *POLISH_SIBLINGS],
}


@pytest.mark.parametrize(("language", "expected"), [(name, one) for name, every in EXAMPLES.items() for one in every])
def test_sentences_end_where_a_reader_ends_them(language: str, expected: list[str]) -> None:
    assert split(" ".join(expected)) == expected
    assert split(" ".join(expected), paragraphs=True) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("今日は晴れです。明日は雨です。", ["今日は晴れです。", "明日は雨です。"]),
        ("第一句。第二句！", ["第一句。", "第二句！"]),
        ("「はい。」と言った。「いいえ。」次の日。", ["「はい。」と言った。", "「いいえ。」", "次の日。"]),
        ("料金は３．５円です．次へ", ["料金は３．５円です．", "次へ"]),
        ("هل انتهى؟ نعم۔ تم.", ["هل انتهى؟", "نعم۔", "تم."]),
    ],
)
def test_stops_of_other_scripts(text: str, expected: list[str]) -> None:
    assert split(text) == expected


def test_a_sentence_may_run_over_line_ends() -> None:
    assert split("The rate rose\nin May. It fell\nin June.") == ["The rate rose\nin May.", "It fell\nin June."]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A line\nthat goes on. Next.", ["A line\nthat goes on.", "Next."]),
        ("- One\n- Two\n1. Three\n\nFour", ["- One", "- Two", "1. Three", "Four"]),
        ("One\n \t\nTwo\n# Three\n| a | b |\n> four", ["One", "Two", "# Three", "| a | b |", "> four"]),
        ("• 1. First thing\n• 2. Second thing", ["• 1. First thing", "• 2. Second thing"]),
        ("", []),
        (" \n ", []),
    ],
)
def test_paragraphs_and_items_of_bare_texts_end_sentences(text: str, expected: list[str]) -> None:
    assert split(text, paragraphs=True) == expected


def test_only_the_asked_part_is_read() -> None:
    text = "One. Two. Three."
    assert [text[s:e] for s, e in sentences(text, 5, 9)] == ["Two."]


@pytest.mark.parametrize("paragraphs", [False, True])
@pytest.mark.parametrize(
    ("piece", "count"),
    [
        (".", 1),
        ("e.g. ", 1),
        ('."', 1),
        (".[1]", 1),
        ("\n", 0),
        ("?!", 1),
        (" ", 0),
        ("A.", 1),
        ("。", 1),
        ("z. B. ", 1),
    ],
)
def test_a_long_hostile_text_is_read_once(piece: str, count: int, paragraphs: bool) -> None:
    # a splitter that looks back over the sentence, or tries every dot of a run, needs minutes for these
    assert len(list(sentences(piece * 100_000, paragraphs=paragraphs))) == count


@pytest.mark.parametrize("paragraphs", [False, True])
@given(text=st.text(alphabet=st.sampled_from("aA1.!?… \n\"')(。[]éÉ-”"), max_size=60) | st.text(max_size=60))
def test_every_character_but_blanks_is_in_exactly_one_sentence(text: str, paragraphs: bool) -> None:
    ranges = list(sentences(text, paragraphs=paragraphs))
    assert "".join("".join(text[s:e] for s, e in ranges).split()) == "".join(text.split())
    assert all(before[1] <= after[0] for before, after in pairwise(ranges))
    assert all(text[s:e] == text[s:e].strip() != "" for s, e in ranges)


@given(
    st.lists(
        st.sampled_from(
            ["A. ", "b ", "z. B. ", "3. ", "Mai ", "The ", "\n\n", "- ", "! ", "“", ".” ", "I. ", "etc. ", "[1] ", "…"]
        ),
        max_size=12,
    )
)
def test_what_comes_later_moves_no_sentence_that_is_far_enough_back(parts: list[str]) -> None:
    text = "".join(parts)
    whole = [start for start, _ in sentences(text, paragraphs=True)]
    for cut in range(len(text)):
        sure = [start for start, _ in sentences(text[:cut], paragraphs=True)][1:]
        assert {start for start in sure if start + SENTENCE_LOOKAHEAD <= cut} <= set(whole)
