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


def test_numbers_and_names_are_no_language() -> None:
    assert detect_language(["2023 2022 2021", "1,234 $ 567"]) == ""
    assert detect_language(["Meyer Schmidt Huber " * 20]) == ""
    assert detect_language([]) == ""


def test_a_few_foreign_words_do_not_count() -> None:
    assert detect_language([TEXTS["en"] * 3, "東京"]) == "en"
