from typing import Any

import pytest
from langchain_core.documents import Document

from mistral_rag.grounding._evidence.evidence import EvidenceUnit, gather
from mistral_rag.grounding._evidence.pages import passages
from mistral_rag.grounding._support.mentions import not_mentioned


def evidence(text: str, **metadata: Any) -> list[EvidenceUnit]:
    found, _ = passages([Document(text, metadata=metadata)], None)
    return gather(found, budget=10_000)


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("How many employees does Nvidia have in Germany?", ["Germany"]),
        ("How many employees does Nvidia’s office have in March?", []),
        ("Did Foot Locker grow? Was that in Spain?", ["Spain"]),
        ("Was it IBM or the EU?", []),
        ("Germany?", []),
        ("how many in germany?", []),
        ("", []),
    ],
)
def test_names_that_are_not_mentioned_are_listed(question: str, names: list[str]) -> None:
    held = evidence("NVIDIA has 29,600 employees.", source="FOOTLOCKER_2022.pdf", title="Report")
    assert not_mentioned(question, held) == names


def test_only_english_is_judged_by_capitals() -> None:
    assert not_mentioned("Wie viele Tage Urlaub gibt es?", evidence("Ferien.", language="de")) == []
