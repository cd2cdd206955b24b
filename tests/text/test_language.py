import subprocess
import sys
from collections.abc import Iterator

import pytest

from mistral_rag.text import detect_language

TEXTS = {
    "en": "The company and its subsidiaries are subject to taxes in the countries in which they have been active.",
    "de": "Das Unternehmen und seine Töchter zahlen Steuern in den Ländern, in denen sie tätig sind.",
    "fr": "La société et les filiales sont soumises à l'impôt dans les pays où elles sont actives.",
    "es": "La empresa y sus filiales pagan los impuestos en los países en que se encuentran, como es costumbre.",
    "it": "La società e le sue controllate pagano le imposte nei paesi in cui sono attive, come è previsto.",
    "pt": "A empresa e as suas filiais pagam os impostos nos países em que estão, como é costume.",
    "nl": "De onderneming en haar dochters betalen belasting in de landen waar zij actief zijn, zoals het hoort.",
    "pl": "Spółka i jej filie płacą podatki w krajach, w których są obecne, jak to się przyjęło.",
    "sv": "Bolaget och dess dotterbolag betalar skatt i de länder där det har verksamhet, som det är sed.",
    "ru": "Компания и её дочерние общества платят налоги в странах своего присутствия.",
    "ja": "当社および子会社は、各国において税金を納付しております。",
    "zh": "本公司及其子公司在其经营所在国家缴纳税款。",
    "ko": "회사와 자회사는 영업을 하는 국가에서 세금을 납부합니다.",
    "ar": "تدفع الشركة والشركات التابعة لها الضرائب في البلدان التي تعمل فيها.",
    "el": "Η εταιρεία και οι θυγατρικές της πληρώνουν φόρους στις χώρες όπου δραστηριοποιούνται.",
}


@pytest.mark.parametrize("language", TEXTS)
def test_a_language_is_known_by_its_small_words_or_its_script(language: str) -> None:
    assert detect_language([TEXTS[language] * 2]) == language


MORE = {
    "cs": "Společnost a její pobočky platí daně v zemích, ve kterých působí.",
    "sk": "Spoločnosť a jej pobočky platia dane v krajinách, v ktorých pôsobia.",
    "uk": "Компанія та її дочірні підприємства сплачують податки в країнах, де вони працюють.",
    "bg": "Дружеството и неговите дъщерни дружества плащат данъци в страните, в които работят.",
    "da": "Virksomheden og dens datterselskaber betaler skat i de lande, hvor de er aktive.",
    "no": "Virksomheten og datterselskapene betaler skatt i landene der de er aktive.",
    "fi": "Yhtiö ja sen tytäryhtiöt maksavat veroja maissa, joissa ne toimivat.",
    "hu": "A vállalat és leányvállalatai adót fizetnek azokban az országokban, ahol működnek.",
    "ro": "Compania și filialele sale plătesc impozite în țările în care sunt active.",
    "tr": "Şirket ve bağlı ortaklıkları faaliyet gösterdikleri ülkelerde vergi öder.",
    "lt": "Bendrovė ir jos dukterinės įmonės moka mokesčius šalyse, kuriose veikia.",
    "he": "החברה וחברות הבת שלה משלמות מסים במדינות שבהן הן פועלות.",
    "hi": "कंपनी और उसकी सहायक कंपनियाँ उन देशों में कर चुकाती हैं जहाँ वे सक्रिय हैं।",
    "th": "บริษัทและบริษัทในเครือจ่ายภาษีในประเทศที่ดำเนินกิจการ",
}


@pytest.mark.parametrize("language", [*TEXTS, *MORE])
def test_one_sentence_is_enough(language: str) -> None:
    assert detect_language([{**TEXTS, **MORE}[language]]) == language


@pytest.mark.parametrize("text", ["RULE-A002", "Hello", "ERROR 404 foo_bar(x)", "Apple Microsoft Tesla", "a", "§ 5"])
def test_too_little_to_tell_is_said_so(text: str) -> None:
    assert detect_language([text]) == ""


def test_only_the_beginning_of_a_document_is_read() -> None:
    def pages() -> Iterator[str]:
        yield TEXTS["de"] * 300
        raise AssertionError("read on")

    assert detect_language(pages()) == "de"


def test_numbers_and_names_are_no_language() -> None:
    assert detect_language(["2023 2022 2021", "1,234 $ 567"]) == ""
    assert detect_language(["Meyer Schmidt Huber " * 20]) == ""
    assert detect_language([]) == ""


def test_a_few_foreign_words_do_not_count() -> None:
    assert detect_language([TEXTS["en"] * 3, "東京"]) == "en"


PROSE = (
    "The company leases the building from the city, and the lease ends in May. It pays for the repairs of the roof "
    "and of the windows, and the city pays for the walls. With the consent of the city it may rent rooms to others. "
)


def test_english_prose_needs_no_model() -> None:
    code = "import sys; from mistral_rag.text import detect_language; print(detect_language([sys.argv[1]]))"
    loaded = f"{code}; print('py3langid' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", loaded, 3 * PROSE], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["en", "False"]


def test_an_english_quotation_leaves_a_german_text_german() -> None:
    german = (
        "Die Firma mietet das Gebäude von der Stadt, und der Vertrag endet im Mai. Sie zahlt die Reparaturen am Dach "
        "und an den Fenstern, und die Stadt zahlt für die Mauern. Mit Erlaubnis der Stadt darf sie Zimmer vermieten. "
    )
    assert detect_language([6 * german + PROSE]) == "de"
