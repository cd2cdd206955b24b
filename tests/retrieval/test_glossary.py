import pytest

from mistral_rag.retrieval._domains.filings.glossary import Glossary
from mistral_rag.retrieval._expansion import QueryExpander


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("What was the quick ratio?", {"consolidated balance sheets", "marketable securities", "current liabilities"}),
        ("How much was spent on capex?", {"statements of cash flows", "purchases of property plant and equipment"}),
        ("What is the FY2022 ROA?", {"net income", "total assets", "statements of operations", "balance sheets"}),
        ("Days payable outstanding (DPO)", {"accounts payable", "cost of sales"}),
        ("Use the cash flow statement.", {"statements of cash flows"}),
        ("Is a lawsuit pending?", {"legal proceedings"}),
    ],
)
def test_a_concept_becomes_the_words_of_the_page_that_shows_it(question: str, words: set[str]) -> None:
    expansion = Glossary().expand(question)
    assert {word for word in words if word not in expansion} == set()


@pytest.mark.parametrize("question", ["Who wrote it?", "ACE2 binds to what?", "", "Wie viele Tage Urlaub gibt es?"])
def test_other_questions_are_left_alone(question: str) -> None:
    assert Glossary().expand(question) == ""


def test_words_within_words_are_no_concepts() -> None:
    assert Glossary().expand("Which salesperson is in the scapexylitol repository?") == ""


def test_it_is_a_query_expander() -> None:
    assert isinstance(Glossary(), QueryExpander)
