"""Markers in a model's reply, however the reply is cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mistral_rag.grounding._drafting.markers import MarkerEvent, MarkerParser, UnknownMarker

Event = str | MarkerEvent


def parsed(*pieces: str) -> tuple[list[Event], list[str]]:
    parser = MarkerParser("k3xq", 12)
    events: list[Event] = []
    unknown: list[str] = []
    for event in [e for piece in pieces for e in parser.feed(piece)] + parser.close():
        if isinstance(event, UnknownMarker):
            unknown.append(event.text)
        elif events and isinstance(event, str) and isinstance(events[-1], str):
            events[-1] += event
        else:
            events.append(event)
    return events, unknown


def test_a_marker_becomes_an_event() -> None:
    assert parsed("Sales rose [E7-k3xq].") == (["Sales rose ", MarkerEvent(7), "."], [])


@pytest.mark.parametrize(
    "text",
    ["[E1-k3xq][E2-k3xq]", "[E1-k3xq, E2-k3xq]", "[E1-k3xq; E2-k3xq]", "(E1-k3xq, E2-k3xq)", "【E1-k3xq】E2-k3xq"],
)
def test_markers_may_follow_each_other_or_share_brackets(text: str) -> None:
    assert parsed(text) == ([MarkerEvent(1), MarkerEvent(2)], [])


def test_line_zero_says_that_there_is_no_answer() -> None:
    assert parsed("[E0-k3xq] Nothing on wages.") == ([MarkerEvent(0), " Nothing on wages."], [])


@pytest.mark.parametrize(
    "forged", ["[2]", "[E2]", "[E2-aaaa]", "[E99-k3xq]", "[ 3 ]", "[1, 2]", "[1a]", "[E2b]", "[1a, 2]"]
)
def test_a_marker_that_points_at_nothing_is_taken_out_and_reported(forged: str) -> None:
    events, reported = parsed(f"Sales rose {forged}. Then")
    assert events == ["Sales rose. Then"]
    assert reported == [item.strip().removesuffix("-k3xq") for item in forged.strip("[]").split(",")]


@pytest.mark.parametrize("word", ["[NOTFOUND]", "[NOT FOUND]", "[NO_SOURCE]", "[CITATION NEEDED]", "[N/A]", "[SOURCE]"])
def test_a_word_in_the_place_of_a_marker_is_taken_out_and_reported(word: str) -> None:
    assert parsed(f"Sales rose {word}. Then") == parsed(*f"Sales rose {word}. Then") == (["Sales rose. Then"], [word])


def test_a_valid_marker_stays_when_it_shares_brackets_with_a_forged_one() -> None:
    assert parsed("Yes [E3-k3xq, 4].") == (["Yes ", MarkerEvent(3), "."], ["4"])


@pytest.mark.parametrize(
    "text",
    [
        "［2］ stays",
        "[sic]",
        "[emphasis added]",
        "f[i]",
        "f[NA_x]",
        "[unknown]",
        "[REDACTED]",
        "[USD]",
        "[NOTE]",
        "[not found in 2021]",
        "f[x] and (2) or (Earnings)",
        "a [b",
        "[",
        "E",
        "form E2",
        " ",
    ],
)
def test_other_brackets_are_text(text: str) -> None:
    assert parsed(text) == ([text], [])


@pytest.mark.parametrize("torn", ["[E1-k3x", "[E1", "[1", "(E1-k3", "E1-k"])
def test_a_marker_that_was_cut_off_does_not_show(torn: str) -> None:
    assert parsed(f"Sales rose {torn}")[0] == ["Sales rose"]


def test_a_marker_on_a_line_of_its_own_leaves_the_line_break() -> None:
    assert parsed("One.\n\n[9-zzzz] Two.") == (["One.\n\n Two."], ["9-zzzz"])


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[[9]1]", "[1］"),
        ("[[9][8]1]", "[1］"),
        ("[1, [9]2]", "[1,2］"),
        ("[E[9]1]", "[E1］"),
        ("[ [9-zzzz]1 ; 2 ]", "[1 ; 2 ］"),
        ("[[[9]1]2]", "[[1］2]"),
        ("[[9]]", "[]"),
        ("[[9]a]", "[a]"),
    ],
)
def test_what_is_taken_out_leaves_no_marker_behind(text: str, shown: str) -> None:
    assert parsed(text)[0] == [shown]
    assert parsed(*text)[0] == [shown]


REPLY = (
    "Net sales rose 5 % [E2-k3xq] and costs 6 % (E4-k3xq). [sic] 【E1-k3xq, E9-zzzz】 They\n\n[7] fell [E12-k3xq; 3]. "
    "See (note E3) or [E1-k3xq text] and E5-k3xq, e.g. [E1-k3xq[E2-k3xq]] ［2］ EEE[[E1-k3xq] (E1-k3xq, x) [E6-k3"
)


def test_every_cut_gives_the_same() -> None:
    whole = parsed(REPLY)
    assert parsed(*REPLY) == whole
    for cut in range(len(REPLY) + 1):
        assert parsed(REPLY[:cut], REPLY[cut:]) == whole


TOKENS = st.sampled_from(
    ["[", "]", "(", ")", "【", "】", "E", "1", "22", "-", "k3xq", "k3x", "zz", ",", ";", " ", "\n", "a."]
)


@given(st.lists(st.lists(TOKENS, max_size=6), max_size=12))
def test_any_pieces_give_the_same(pieces: list[list[str]]) -> None:
    joined = ["".join(piece) for piece in pieces]
    assert parsed(*joined) == parsed("".join(joined))


@pytest.mark.parametrize(
    "hostile", ["[" + "1" * 3000, "[1 " * 1000, "\n" * 20_000, "E1-" * 3000, "[" + "E1-a," * 2000, "(E1 " * 999]
)
def test_a_hostile_reply_takes_no_longer_than_its_length(hostile: str) -> None:
    events, _ = parsed(*hostile)
    assert len("".join(event for event in events if isinstance(event, str))) <= len(hostile)
    assert parsed(hostile)[0] == events
