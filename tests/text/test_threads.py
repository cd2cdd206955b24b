"""Many threads tokenize as one does: a Snowball stemmer holds the word it works on in its own attributes."""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from mistral_rag.text import tokenize

THREADS = 32
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
