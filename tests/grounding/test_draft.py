"""From a reply to the text of an answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mistral_rag.grounding._drafting.draft import Draft
from mistral_rag.grounding._drafting.statements import clauses
from mistral_rag.text import sentences

REPLY = (
    "  Net sales rose 5 % [E2-k3xq] and costs 6 % [E4-k3xq]. They fell. [E1-k3xq, E9-k3xq] Then "
    "(E2-k3xq)(E2-k3xq) [7] it ended.\n\n- One [E3-k3xq]\n- Two [E3-k3xq]\n"
)
TEXT = "Net sales rose 5 % [1] and costs 6 % [2]. They fell. [3] Then [1] it ended.\n\n- One [4]\n- Two [4]"


def written(draft: Draft, pieces: list[str]) -> str:
    return "".join([*map(draft.feed, pieces), draft.close()])


def test_markers_are_numbered_as_they_appear() -> None:
    draft = Draft("k3xq", 5)
    assert written(draft, [REPLY]) == draft.text == TEXT
    assert draft.numbers == {2: 1, 4: 2, 1: 3, 3: 4}
    assert [unknown.text for unknown in draft.unknown] == ["E9", "7"]


@pytest.mark.parametrize("withheld", [None, "fell", "Then", "One"])
def test_every_cut_gives_the_same_text(withheld: str | None) -> None:
    def draft() -> Draft:
        if withheld is None:
            return Draft("k3xq", 5)
        return Draft("k3xq", 5, withhold=lambda plain, lines, unknown: "why" if withheld in plain else None)

    whole = draft()
    text = written(whole, [REPLY])
    assert withheld is None or withheld not in text
    for cut in range(len(REPLY) + 1):
        again = draft()
        assert written(again, [REPLY[:cut], REPLY[cut:]]) == text
        assert (again.numbers, again.markers, again.withheld) == (whole.numbers, whole.markers, whole.withheld)


def test_statements_leave_out_the_markers_around_them() -> None:
    draft = Draft("k3xq", 5)
    written(draft, [REPLY])
    found = [(draft.text[s.start : s.end], [m.line for m in s.markers]) for s in draft.statements()]
    assert found == [
        ("Net sales rose 5 % [1] and costs 6 %", [2, 4]),
        ("They fell.", [1]),
        ("Then [1] it ended.", [2]),
        ("- One", [3]),
        ("- Two", [3]),
    ]


def test_a_marker_in_the_middle_backs_what_stands_before_it() -> None:
    draft = Draft("k3xq", 5)
    written(draft, [REPLY])
    first = draft.statements()[0]
    assert [draft.text[a:b] for a, b in clauses(draft.text, first)] == ["Net sales rose 5 %", "and costs 6 %"]


def test_line_zero_declines_and_does_not_show() -> None:
    draft = Draft("k3xq", 5)
    assert written(draft, ["[E0-k3", "xq] No wages are named."]) == "No wages are named."
    assert draft.declined
    assert draft.markers == []


def test_a_sentence_can_be_withheld_with_its_markers() -> None:
    draft = Draft("k3xq", 5, withhold=lambda plain, lines, unknown: "no source" if not lines else None)
    assert written(draft, list("One [E1-k3xq]. Two. Three [E3-k3xq].")) == "One [1]. Three [2]."
    assert draft.withheld == [("Two.", "no source")]


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        ("Sales rose [[9]1].", "Sales rose [1］."),
        ("Sales rose [[E0-k3xq]1].", "Sales rose [1］."),
        ("Rose [E1-k3xq][[E1-k3xq]1].", "Rose [1][[1]1]."),
        ("See [ Bad one. 1] rose.", "See [ Bad one. 1] rose."),
    ],
)
def test_no_marker_appears_that_the_model_did_not_write(reply: str, text: str) -> None:
    for pieces in ([reply], list(reply)):
        assert written(Draft("k3xq", 5), pieces) == text


def test_a_withheld_sentence_leaves_no_marker_behind() -> None:
    draft = Draft("k3xq", 5, withhold=lambda plain, lines, unknown: "why" if "Bad" in plain else None)
    assert written(draft, list("So it is [\n\nBad one.\n\n1] rose.")) == "So it is [\n\n1］ rose."


@pytest.mark.parametrize("reply", ["[E1-k3xq]", "[E1-k3xq][E2-k3xq].", " (E1-k3xq) … ", "[9]", "?", "[[9][E1-k3xq]]"])
@pytest.mark.parametrize("withholding", [False, True])
def test_a_reply_without_a_word_has_no_text(reply: str, withholding: bool) -> None:
    draft = Draft("k3xq", 5, withhold=(lambda plain, lines, unknown: None) if withholding else None)
    assert written(draft, list(reply)) == draft.text == ""
    assert draft.markers == []


def test_markers_before_the_first_word_are_shown_with_it() -> None:
    draft = Draft("k3xq", 5)
    assert [draft.feed("[E2-k3xq] "), draft.feed("Sales rose"), draft.close()] == ["", "[1] Sales", " rose"]


def read(unit: str, length: int) -> int:
    """Characters of a reply that `withhold` reads when it comes in single characters, by the count of looks."""
    looks = 0

    def counted(text: str, *, paragraphs: bool) -> list[tuple[int, int]]:
        nonlocal looks
        looks += len(text)
        return list(sentences(text, paragraphs=paragraphs))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mistral_rag.grounding._drafting.draft.sentences", counted)
        written(Draft("k3xq", 5, withhold=lambda plain, lines, unknown: None), list((unit * length)[:length]))
    return looks


@pytest.mark.parametrize("unit", ["Net sales rose by 5 percent. ", "word ", "Mr. ", "\n", "[1 "])
def test_a_reply_that_is_checked_as_it_comes_is_read_a_bounded_number_of_times(unit: str) -> None:
    assert read(unit, 4_000) < 4_000 * 40


SCRAPS = st.sampled_from(
    ["Sales rose", " 5 %", ". ", "[E1-k3xq]", " [E2-k3xq]", "\n", "- a", "1. b", "E", "[9]", " Mr. X", "?"]
)


@given(st.lists(SCRAPS, max_size=20), st.booleans())
def test_any_reply_streams_to_the_same_text(scraps: list[str], withholding: bool) -> None:
    def draft() -> Draft:
        return Draft(
            "k3xq", 2, withhold=(lambda plain, lines, unknown: None if lines else "why") if withholding else None
        )

    one, other = draft(), draft()
    assert written(one, scraps) == written(other, ["".join(scraps)]) == one.text == other.text
    assert (one.markers, one.withheld) == (other.markers, other.withheld)
    for statement in one.statements():
        assert 0 <= statement.start <= statement.end <= len(one.text)
        assert all(0 <= a <= b <= len(one.text) for a, b in clauses(one.text, statement))
