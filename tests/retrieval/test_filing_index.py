from datetime import date

import pytest

from mistral_rag.retrieval._domains.filings.profile import FilingProfile
from mistral_rag.retrieval._domains.filings.signal import FilingIndex


def filing(
    *own: str, year: int, quarter: int | None = None, kind: str = "annual", ended: date | None = None, **names: str
) -> FilingProfile:
    return FilingProfile({**dict.fromkeys(own, "any"), **names}, own, {year: 1.0}, quarter, kind, ended)


class Shelf:
    """Filings by a name of their own."""

    def __init__(self, profiles: dict[str, FilingProfile]) -> None:
        self._numbers = dict(enumerate(profiles, start=7))
        self.index = FilingIndex()
        for number, name in self._numbers.items():
            self.index.add(number, profiles[name].to_json())

    def named(self, question: str) -> set[str]:
        return {self._numbers[number] for number in self.index.read(question).named}

    def rest(self, question: str) -> str:
        return self.index.read(question).rest

    def boosts(self, question: str) -> dict[str, float]:
        found = self.index.boosts(question, expansion="", covered=0.0).documents
        return {self._numbers[number]: boost for number, boost in found.items()}

    def remove(self, name: str) -> None:
        self.index.remove(next(number for number, known in self._numbers.items() if known == name))


@pytest.fixture
def router() -> Shelf:
    return Shelf(
        {
            "apple-22": filing("apple", year=2022, aapl="upper"),
            "apple-23": filing("apple", year=2023),
            "apple-23q2": filing("apple", year=2023, quarter=2, kind="quarterly"),
            "bestbuy-22": filing("bestbuy", year=2022),
            "willow-22": filing("northwillow", year=2022, willow="capital", nwil="upper", cost="shout", nord="title"),
            "nordwind-23q1": filing("nordwind", year=2023, quarter=1, kind="quarterly", ended=date(2023, 3, 31)),
            "nordwind-23q2": filing("nordwind", year=2023, quarter=2, kind="quarterly", ended=date(2023, 6, 30)),
            "nordwind-8k": filing("nordwind", year=2023, kind="current", ended=date(2023, 5, 12)),
            "memo": FilingProfile({}, (), {}),
        }
    )


def best(router: Shelf, question: str) -> list[str]:
    boosts = router.boosts(question)
    return [uri for uri, boost in boosts.items() if boost == max(boosts.values())]


@pytest.mark.parametrize(
    ("question", "companies"),
    [
        ("What are Apple's sales?", {"apple-22", "apple-23", "apple-23q2"}),
        ("what are apple's sales?", {"apple-22", "apple-23", "apple-23q2"}),
        ("AAPL sales", {"apple-22", "apple-23", "apple-23q2"}),
        ("Who leads Best Buy and Apple?", {"apple-22", "apple-23", "apple-23q2", "bestbuy-22"}),
        ("Did BestBuy grow?", {"bestbuy-22"}),
        ("Which sales did Willow report?", {"willow-22"}),
        ("How does the willow grow in Denmark?", set()),
        ("What is the best buy for Denmark?", {"bestbuy-22"}),
        ("What did it cost Denmark?", set()),
        ("What did it cost?", set()),
        ("what lies in the nord?", set()),
        ("What are Nord's sales in Denmark?", {"willow-22"}),
        ("Is the COST ratio improving?", {"willow-22"}),
        ("what is roa for nwil in FY2022? Answer in percent.", {"willow-22"}),
        ("Which ROA has nwil in Denmark?", set()),
        ("What is the EBITDA of willow in FY2022? Round it.", {"willow-22"}),
        ("What is the FY2022 margin of Apple?Round it to two places.", {"apple-22", "apple-23", "apple-23q2"}),
        ("Growth of Apple,Best Buy/Willow", {"apple-22", "apple-23", "apple-23q2", "bestbuy-22", "willow-22"}),
        ("Who wrote the handbook?", set()),
        ("", set()),
    ],
)
def test_companies_are_known_by_their_names(router: Shelf, question: str, companies: set[str]) -> None:
    assert router.named(question) == companies


@pytest.mark.parametrize(
    ("question", "documents"),
    [
        ("Apple's sales in 2022", ["apple-22"]),
        ("Apple's sales in FY2022", ["apple-22"]),
        ("Apple's sales from 2022 to 2023", ["apple-23"]),
        ("Apple's sales in Q2 2023", ["apple-23q2"]),
        ("Apple's sales in the second quarter", ["apple-23q2"]),
        ("Apple's 10-Q", ["apple-23q2"]),
        ("Nordwind's 10-Q for Q2 2023", ["nordwind-23q2"]),
        ("Nordwind's 10-Q of the first quarter", ["nordwind-23q1"]),
        ("Nordwind's 8-K of May 2023", ["nordwind-8k"]),
        ("Nordwind's cash as of June 2023", ["nordwind-23q2"]),
        ("Nordwind's cash at 31.03.2023", ["nordwind-23q1"]),
        ("Apple's sales", ["apple-23"]),
        ("Apple's sales in 2021", ["apple-22"]),
        ("What was paid in 2022?", ["apple-22", "bestbuy-22", "willow-22"]),
    ],
)
def test_the_document_of_the_period_comes_first(router: Shelf, question: str, documents: list[str]) -> None:
    assert best(router, question) == documents


def test_a_boost_is_1_for_the_company_and_up_to_a_half_for_the_period(router: Shelf) -> None:
    boosts = router.boosts("Apple's sales in 2022")
    assert boosts["apple-22"] == pytest.approx(1.5)
    assert 1 <= boosts["apple-23"] < 1.5
    assert "bestbuy-22" not in boosts
    assert router.boosts("sales in 2022")["apple-22"] == pytest.approx(0.25)


@pytest.mark.parametrize("name", ["Northwilow", "Northwilllow", "Norhtwillow", "Northwillov's", "northwillow"])
def test_a_name_may_have_one_letter_wrong(router: Shelf, name: str) -> None:
    assert router.named(f"What are the sales of {name}?") == {"willow-22"}
    assert router.named(f"What are the sales of {name} and Apple?") >= {"apple-22"}


@pytest.mark.parametrize("name", ["Southwillow", "Norwillow", "Appel", "Wilow", "Vorthwillow"])
def test_what_is_further_off_names_nobody(router: Shelf, name: str) -> None:
    assert router.named(f"What are the sales of {name} in Denmark?") == set()


def test_a_misspelt_name_that_fits_two_companies_names_none() -> None:
    router = Shelf({"a": filing("northwind", year=2022), "b": filing("northwing", year=2022)})
    assert router.named("What are the sales of Northwin?") == set()
    assert router.named("What are the sales of Northwind?") == {"a"}


@pytest.mark.parametrize(
    ("question", "rest"),
    [
        ("What are Apple's sales?", "What are sales"),
        ("Did Best Buy or AAPL grow in 2022?", "Did or grow in 2022"),
        ("What did it cost Denmark?", ""),
        ("Apple", ""),
    ],
)
def test_a_question_has_words_beside_its_names(router: Shelf, question: str, rest: str) -> None:
    assert router.rest(question) == rest


def test_the_longest_name_wins(router: Shelf) -> None:
    longer = Shelf({"fund": filing("applefund", year=2022), "apple": filing("apple", year=2022)})
    assert longer.named("Who leads the Apple Fund?") == {"fund"}


def test_documents_that_share_a_name_of_their_own_share_all_names() -> None:
    router = Shelf({"old": filing("square", "block", year=2016), "new": filing("block", year=2022, xyz="upper")})
    assert router.named("Square and its growth") == {"old", "new"}
    assert router.named("the XYZ growth") == {"old", "new"}


@pytest.mark.parametrize("question", ["What is ACE2?", "Who won in Paris?", "10-K"])
def test_where_no_document_has_a_company_nothing_is_routed(question: str) -> None:
    assert Shelf({"a": FilingProfile({}, (), {}), "b": FilingProfile({}, (), {})}).boosts(question) == {}
    assert Shelf({}).boosts(question) == {}
