import pytest

from mistral_rag.retrieval._domains.document_identity.editions import edition_of, is_superseded
from mistral_rag.retrieval._domains.document_identity.signal import DocumentIdentity, DocumentIdentityIndex
from mistral_rag.schema import Source


@pytest.mark.parametrize(
    ("name", "work", "edition"),
    [
        ("handbook/Employee-Handbook 2024.md", "handbook/employee handbook", (2024,)),
        ("handbook/employee_handbook_2024-05.md", "handbook/employee handbook", (2024, 5)),
        ("policy 2023-11-02 final.pdf", "./policy", (2023, 11, 2)),
        ("travel_v2.1.docx", "./travel", (2, 1)),
        ("travel rev 3.docx", "./travel", (3,)),
        ("travel.docx", "", ()),
        ("2024.pdf", "", ()),
        ("v2.pdf", "", ()),
        ("model 737 max.pdf", "", ()),
        ("invoice 20240501.pdf", "./invoice", (2024, 5, 1)),
        ("number 1234567.pdf", "", ()),
    ],
)
def test_a_file_name_tells_the_work_and_its_edition(name: str, work: str, edition: tuple[int, ...]) -> None:
    assert edition_of(name) == (work, edition)


@pytest.mark.parametrize(
    ("metadata", "superseded"),
    [
        ({"status": "superseded"}, True),
        ({"Status": "Replaced by version 5"}, True),
        ({"status": "außer Kraft"}, True),
        ({"state": "archived"}, True),
        ({"status": "in force"}, False),
        ({"status": "draft"}, False),
        ({"subject": "superseded rules"}, False),
        ({}, False),
    ],
)
def test_a_document_says_itself_that_it_is_no_longer_in_force(metadata: dict[str, str], superseded: bool) -> None:
    assert is_superseded(metadata) is superseded


def test_a_superseded_document_without_a_newer_edition_comes_later_too() -> None:
    signal, index = DocumentIdentity(), DocumentIdentityIndex()
    old = source("rules.md").model_copy(update={"metadata": {"status": "superseded"}})
    learned = signal.learn(old, ["Rules."])
    assert learned is not None
    index.add(7, learned.profile)
    assert index.boosts("How many days of leave?", expansion="", covered=0.0).superseded == {7}
    index.remove(7)
    assert index.boosts("How many days of leave?", expansion="", covered=0.0).superseded == frozenset()


def source(name: str, title: str = "") -> Source:
    return Source(uri=f"file:///docs/{name}", digest="0" * 64, name=name, title=title or name, media_type="text/plain")


def shelf(*names: str) -> tuple[dict[int, str], DocumentIdentityIndex]:
    """Documents of these names, by the numbers under which the index has them."""
    signal, index = DocumentIdentity(), DocumentIdentityIndex()
    numbers = dict(enumerate(names, start=4))
    for number, name in numbers.items():
        if learned := signal.learn(source(name), ["Rules."]):
            index.add(number, learned.profile)
    return numbers, index


EDITIONS = ("handbook 2021.md", "handbook 2024.md", "rules v1.md", "rules v2.md", "memo 2020.md", "other.md")


def boosts(shelf: tuple[dict[int, str], DocumentIdentityIndex], question: str) -> dict[str, float]:
    numbers, index = shelf
    found = index.boosts(question, expansion="", covered=0.0).documents
    return {numbers[number]: boost for number, boost in found.items()}


def test_older_editions_come_later_unless_a_time_is_named() -> None:
    numbers, index = shelf(*EDITIONS)
    question = "How many days of leave are there?"
    assert boosts((numbers, index), question) == {"handbook 2021.md": -0.2, "rules v1.md": -0.2}
    superseded = index.boosts(question, expansion="", covered=0.0).superseded
    assert {numbers[number] for number in superseded} == {"handbook 2021.md", "rules v1.md"}
    of_2021 = boosts((numbers, index), "How many days of leave were there in 2021?")
    assert of_2021 == {"handbook 2021.md": pytest.approx(0.25)}


def test_the_document_of_the_year_before_or_after_is_better_than_nothing() -> None:
    found = boosts(shelf(*EDITIONS), "How many days of leave were there from 2019 to 2020?")
    assert found == {"memo 2020.md": pytest.approx(0.25), "handbook 2021.md": pytest.approx(0.1525)}


def test_where_a_kind_of_filing_is_asked_for_the_year_counts_less() -> None:
    assert boosts(shelf(*EDITIONS), "the annual report of 2024") == {"handbook 2024.md": pytest.approx(0.1625)}


def test_when_the_newest_edition_goes_the_one_before_is_the_newest() -> None:
    numbers, index = shelf(*EDITIONS)
    index.remove(next(number for number, name in numbers.items() if name == "handbook 2024.md"))
    assert boosts((numbers, index), "How many days of leave are there?") == {"rules v1.md": -0.2}
    index.remove(99)


def test_a_filing_and_a_text_without_year_or_version_have_no_profile() -> None:
    signal = DocumentIdentity()
    assert signal.learn(source("OAK_2022_10K.pdf"), ["Form 10-K"]) is None
    assert signal.learn(source("security.md"), ["Rules."]) is None
