"""Search for quotes on a page: true ones are found, wrong ones are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mistral_rag.grounding._quotes.quotes import find, nearest

PAGE = (
    "Net sales ........ $ 5,000 $ (4,000) 25%\nThe company’s long-\nterm debt rose; its compu-\ntation is “new”.\n"
    "Changed by -3.5 in 2021–2022. Non-GAAP income was 1,5 at Müller & Söhne. Costs did not fall. Costs fell twice.\n"
    "Costs fell twice."
)


def quoted(quote: str) -> list[str]:
    return [PAGE[start:end] for start, end in find(PAGE, quote).ranges]


def test_what_stands_there_is_exact() -> None:
    found = find(PAGE, "Costs did not fall.")
    assert (found.location, found.level, quoted("Costs did not fall.")) == ("exact", "raw", ["Costs did not fall."])


@pytest.mark.parametrize(
    ("quote", "there", "level"),
    [
        ("The company’s long-\n  term debt", "The company’s long-\nterm debt", "space"),
        ("THE COMPANY'S", "The company’s", "typography"),
        ('computation is "new"', "compu-\ntation is “new”", "typography"),
        ("in 2021-2022.", "in 2021–2022.", "typography"),
        ("ＭÜLLER & Söhne", "Müller & Söhne", "typography"),
        ("long-term debt", "long-\nterm debt", "squeezed"),
        ("Net sales $5,000 $(4,000) 25 %", "Net sales ........ $ 5,000 $ (4,000) 25%", "squeezed"),
        ("Net sales 5000 -4000", "Net sales ........ $ 5,000 $ (4,000)", "squeezed"),
    ],
)
def test_white_space_and_typography_may_differ(quote: str, there: str, level: str) -> None:
    found = find(PAGE, quote)
    assert (found.location, found.level, quoted(quote)) == ("normalised", level, [there])


@pytest.mark.parametrize(
    "wrong",
    [
        "Net sales $ 5,001",
        "Net sales $ 4,000",
        "Net sales 4,000 5,000",
        "5,000 $ 4,000",
        "5,0004,000",
        "Net sales 50,00",
        "Costs did fall.",
        "Costs did not rise.",
        "Changed by 3.5",
        "Changed by -3.6",
        "income was 15",
        "Miller & Söhne",
        "The company sales",
        "",
        "…",
    ],
)
def test_a_wrong_quote_is_not_found(wrong: str) -> None:
    assert find(PAGE, wrong).location == "not_found"


@pytest.mark.parametrize(
    "cut", ["000", "5", "3.5", "4,000", "4,000)", "et sales", "GAAP income", "term debt", "ong-\nterm"]
)
def test_a_match_cuts_no_number_word_or_sign(cut: str) -> None:
    assert find(PAGE, cut).location == "not_found"


def test_a_quote_that_stands_twice_is_ambiguous() -> None:
    found = find(PAGE, "Costs fell twice.")
    assert (found.location, len(found.ranges)) == ("ambiguous", 2)


@pytest.mark.parametrize("joint", ["…", "...", "[...]", "(…)"])
def test_parts_around_an_ellipsis_stand_in_order(joint: str) -> None:
    assert quoted(f"The company's long-term debt {joint} Changed by -3.5 in 2021") == [
        "The company’s long-\nterm debt",
        "Changed by -3.5 in 2021",
    ]
    assert find(PAGE, f"Changed by -3.5 in 2021 {joint} The company's long-term debt").location == "not_found"


def test_parts_around_an_ellipsis_need_four_words() -> None:
    assert find(PAGE, "Net sales … Changed by -3.5 in 2021").location == "not_found"


def test_quotation_marks_around_a_quote_do_not_count() -> None:
    assert quoted("“Costs did not fall.”") == ["Costs did not fall."]


def test_what_only_resembles_a_quote_is_a_suggestion() -> None:
    run = nearest(PAGE, "Non-GAAP income was 2.5 at Müller & Sons")
    assert run is not None
    assert PAGE[slice(*run)].startswith("Non-GAAP income was")
    assert nearest(PAGE, "something else entirely") is None


@given(st.text(max_size=200), st.data())
def test_a_run_of_whole_words_is_found_where_it_stands(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    found = find(text, text[start:end])
    for run in found.ranges:
        assert 0 <= run[0] < run[1] <= len(text)
    if found.location == "exact":
        assert text[slice(*found.ranges[0])] in text[start:end]


@given(st.lists(st.integers(1, 99999), min_size=2, max_size=6, unique=True), st.integers(0, 9))
def test_a_changed_digit_is_never_found(numbers: list[int], digit: int) -> None:
    page = "Total " + " ".join(f"{number:,}" for number in numbers)
    wrong = [*numbers[:-1], numbers[-1] * 10 + digit]
    assert find(page, "Total " + " ".join(map(str, wrong))).location == "not_found"
    assert find(page, "Total " + " ".join(map(str, numbers))).location in {"exact", "normalised"}
