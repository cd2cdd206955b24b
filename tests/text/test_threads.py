"""Many threads and tasks read text as one does: a Snowball stemmer holds the word it works on in its own attributes."""

import asyncio
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from mistral_rag.text import detect_language, tokenize
from mistral_rag.text._language import _loaded
from mistral_rag.text._tokens import STEMMERS

THREADS, TASKS = 32, 200
WORDS = {
    "en": "relational generously conditionally hopefulness troubled revivals operators vietnamization",
    "de": "aufeinanderfolgenden verschiedenheiten kategorischen beziehungsweise vereinbarungen freundlichkeiten",
    "fr": "continuellement majestueusement généralement attributions conseillères remboursements",
}
STEMS = {
    "en": ["relat", "generous", "condit", "hope", "troubl", "reviv", "oper", "vietnam"],
    "de": ["aufeinanderfolg", "verschied", "kategor", "beziehungsweis", "vereinbar", "freundlich"],
    "fr": ["continuel", "majestu", "general", "attribu", "conseiller", "rembours"],
}


@pytest.fixture
def _threads_switch_often() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("_threads_switch_often")
@pytest.mark.parametrize("language", WORDS)
def test_thirty_two_threads_give_the_stems_of_one(language: str) -> None:
    def stems(_: int) -> list[list[str]]:
        return [tokenize(WORDS[language], language) for _ in range(40)]

    with ThreadPoolExecutor(THREADS) as threads:
        found = list(threads.map(stems, range(THREADS)))
    assert [one for run in found for one in run if one != STEMS[language]] == []


LANGUAGES = {
    "de": "Die Gewährleistung endet zwei Jahre nach der Lieferung der Ware an den Kunden.",
    "en": "Employees have twenty days of paid leave, and unused days lapse in March.",
    "es": "Los empleados tienen veintisiete días de vacaciones pagadas cada año.",
    "fr": "La garantie prend fin deux ans après la livraison de la marchandise au client.",
    "it": "La garanzia termina due anni dopo la consegna della merce al cliente.",
    "ru": "Гарантия заканчивается через два года после поставки товара заказчику.",
    "zh": "保修期在交货两年后结束。",
    "": "27 1,500 3.5",
}


@pytest.mark.usefixtures("_threads_switch_often")
def test_thirty_two_threads_find_the_languages_that_one_finds() -> None:
    begin = threading.Barrier(THREADS)

    def languages(_: int) -> list[str]:
        begin.wait()
        return [detect_language([text]) for text in LANGUAGES.values()]

    _loaded.cache_clear()
    with ThreadPoolExecutor(THREADS) as threads:
        found = list(threads.map(languages, range(THREADS)))
    assert found == [list(LANGUAGES)] * THREADS
    # each would take .7 s and 80 MB
    assert _loaded.cache_info().misses == 1


@pytest.mark.usefixtures("_threads_switch_often")
async def test_two_hundred_tasks_find_the_languages_and_stems_that_one_thread_finds() -> None:
    async def read(number: int) -> tuple[str, list[str]]:
        language, spoken = list(WORDS)[number % len(WORDS)], list(LANGUAGES)[number % len(LANGUAGES)]
        return (
            await asyncio.to_thread(detect_language, [LANGUAGES[spoken]]),
            await asyncio.to_thread(tokenize, WORDS[language], language),
        )

    found = await asyncio.gather(*map(read, range(TASKS)))
    expected = [(list(LANGUAGES)[at % len(LANGUAGES)], STEMS[list(WORDS)[at % len(WORDS)]]) for at in range(TASKS)]
    assert list(found) == expected


@pytest.mark.usefixtures("_threads_switch_often")
def test_thirty_two_threads_stem_in_all_languages_as_one_does() -> None:
    text = " ".join([*WORDS.values(), *LANGUAGES.values()])

    def stems(_: int) -> list[list[str]]:
        return [tokenize(text, language) for language in STEMMERS]

    right = stems(0)
    assert len({tuple(found) for found in right}) > len(STEMMERS) // 2
    with ThreadPoolExecutor(THREADS) as threads:
        assert [at for at, found in enumerate(threads.map(stems, range(THREADS))) if found != right] == []
