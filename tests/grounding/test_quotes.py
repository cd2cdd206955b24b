"""Search for quotes on a page: true ones are found, wrong ones are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mistral_rag.grounding._quotes.locate import nearest
from mistral_rag.grounding._quotes.quotes import find

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
        ("Net sales $5000 -$4000", "Net sales ........ $ 5,000 $ (4,000)", "squeezed"),
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
        "Net sales 5000 -4000",
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


CLAUSES = (
    "Sales in the north rose by five percent in 2021, which was expected, and profit rose as well. "
    "Costs did not fall in the south. Taxes fell by two percent in the west. The board was glad about that result. "
    "Wages stayed as they were in May. The rate went from 4 % to -5 % there. Nobody had asked the staff before. "
    "The fee, unless it is waived, is due on the first of May."
)


def parts_of(quote: str) -> list[str]:
    return [CLAUSES[start:end] for start, end in find(CLAUSES, quote).ranges]


@pytest.mark.parametrize("joint", ["…", "...", "[...]", "(…)", ". . .", "...."])
def test_parts_around_an_ellipsis_are_whole_clauses_in_order(joint: str) -> None:
    first, then = "Taxes fell by two percent in the west.", "Wages stayed as they were in May."
    assert parts_of(f"{first} {joint} {then}") == [first, then]
    assert find(CLAUSES, f"{then} {joint} {first}").location == "not_found"


def test_one_clause_between_two_marks_may_be_left_out() -> None:
    first, then = "Sales in the north rose by five percent in 2021", "and profit rose as well."
    assert parts_of(f"{first} … {then}") == [first, then]


@pytest.mark.parametrize(
    "wrong",
    [
        "Sales in the north rose by five percent … fell by two percent in the west.",
        "Sales in the north rose … profit rose as well.",
        "Taxes fell by two percent in … stayed as they were in May.",
        "in the north rose by five percent … Taxes fell by two percent in the west.",
        "Sales in the north rose by five percent in 2021 … Taxes fell by two percent in the west.",
        "Costs did … fall in the south.",
        "The fee … is due on the first of May.",
        "and profit rose as well. … Taxes fell by two percent in the west.",
        "Wages stayed as they were in May. … Nobody had asked the staff before.",
        "The rate went from 4 % to -5 % there. … is due on the first of May.",
    ],
)
def test_halves_of_sentences_and_what_leaves_out_a_negation_or_sign_are_no_quotes(wrong: str) -> None:
    assert find(CLAUSES, wrong).location == "not_found"


def test_parts_around_an_ellipsis_need_four_words() -> None:
    assert find(PAGE, "Net sales … Changed by -3.5 in 2021–2022.").location == "not_found"


@pytest.mark.parametrize(
    ("page", "wrong"),
    [
        ("☒ Yes ☐ No", "☐ Yes ☒ No"),
        ("☒ Large accelerated filer", "Large accelerated filer"),
        ("A ✓ B ✗", "A ✗ B ✓"),
        ("Total ₹ 500", "Total $ 500"),
        ("Total ₹ 500", "Total 500"),
        ("Sales ▲ 5 in May", "Sales ▼ 5 in May"),
        ("Sales ↑ 5 in May", "Sales ↓ 5 in May"),
        ("Profit △1,234 yen", "Profit 1,234 yen"),
        ("Profit △1,234 yen", "1,234 yen"),
        ("Rate 5 ‰ here", "Rate 5 % here"),
        ("Rate 5 ‰ here", "Rate 5 here"),
        ("Loss - 500 here", "Loss 500 here"),
        ("Loss - 500 here", "500 here"),
        ("Goodwill — 500 end", "Goodwill (500) end"),
        ("Revenue −5 here", "Revenue 5 here"),
        ("Revenue ➖5 here", "Revenue 5 here"),
        ("Total (500) end", "Total 500 end"),
        ("Total (500) end", "Total (500"),
        ("Grew 60% fast", "Grew 60 fast"),
        ("Grew 60 % fast", "Grew 60"),
        ("Grew 60 percent fast", "Grew 60"),
        ("It paid 5 million in May", "It paid 5"),
        ("Item 5① done", "Item 51 done"),
        ("Item 5⑴ done", "Item 51 done"),
        ("Item 5① done", "Item 5"),
        ("10² here", "102 here"),
        ("p < 0.05 end", "p > 0.05 end"),
        ("p < 0.05 end", "0.05 end"),
        ("a ≠ b here", "a = b here"),
        ("cost ~5 here", "cost 5 here"),
        ("cost ≈ 5 here", "5 here"),
        ("Total ±5 end", "Total 5 end"),
        ("Temp 5°C here", "Temp 5 C here"),
        ("US$ 5 here", "$ 5 here"),
        ("0,125 kg here", "0125 kg here"),
        ("Paid 1,2345 here", "Paid 12345 here"),
        ("Sum 2. 3 items", "Sum 2.3 items"),
        ("The end. 5 items", "The end .5 items"),
        ("1\u202f234 rows", "234 rows"),
        ("2021–2022 sales", "2022 sales"),
        ("हिन्दी की बात", "हिन्दी का बात"),
        ("cafe\u0301 here", "cafe"),
        ("No, sales rose", "No sales rose"),
        ("A beam of 5′ long", "A beam of 5″ long"),
        ("x − y here", "x y here"),
        ("It makes 5 MW now", "It makes 5 mW now"),
        ("They were not able to", "They were notable to"),
        ("There were no tables", "There were notables"),
    ],
)
def test_a_sign_is_never_dropped_or_changed(page: str, wrong: str) -> None:
    assert find(page, wrong).location == "not_found"
    assert find(page, page).location == "exact"


@pytest.mark.parametrize(
    ("page", "wrong"),
    [
        ("Costs did not fall in May", "fall in May"),
        ("Costs did not\nfall in May", "fall in May"),
        ("Costs did not, we hope, fall in May", "fall in May"),
        ("We can’t pay in May", "We can"),
        ("The policy covers damage not caused by fire", "The policy covers damage"),
        ("No employees were hurt here", "employees were hurt here"),
        ("Die Kosten sanken in Europa nicht", "Die Kosten sanken in Europa"),
        ("Keine Mitarbeiter wurden verletzt", "Mitarbeiter wurden verletzt"),
        ("Les ventes ne baissent pas", "Les ventes"),
        ("Il n’est pas malade", "est"),
        ("Las ventas no subieron en mayo", "subieron en mayo"),
        ("Le vendite non sono salite", "sono salite"),
        ("As vendas não subiram em maio", "subiram em maio"),
        ("De omzet is niet gestegen", "De omzet is"),
        ("Sprzedaż nie wzrosła w maju", "wzrosła w maju"),
    ],
)
def test_a_quote_does_not_stop_short_of_a_negation(page: str, wrong: str) -> None:
    assert find(page, wrong).location == "not_found"
    assert find(page, page).location == "exact"


@pytest.mark.parametrize(
    ("page", "quote"),
    [
        ("The “new” plan—soon", 'The "new" plan-soon'),
        ("word – word here", "word—word here"),
        ("The ﬁrst oﬃce", "The first office"),
        ("cafe\u0301 here", "café here"),
        ("soft\u00adware here", "software here"),
        ("Total $ (4,000) end", "Total ($4,000) end"),
        ("Total −5 end", "Total -5 end"),
        ("2021 – 2022 end", "2021-2022 end"),
        ("Temp 5 ℃ here", "Temp 5 °C here"),
        ("Ｔｏｔａｌ ５ end", "Total 5 end"),
        ("Kindle™ sold well", "Kindle sold well"),
        ("l’entreprise a gagné", "l'entreprise a gagné"),
        ("• First item\n• Second", "First item"),
        ("We will not pay. We agree.", "We agree."),
        ("Yes ☒ No ☐\nIndicate by mark", "Indicate by mark"),
        ("As vendas subiram no trimestre, não em maio.", "As vendas subiram"),
    ],
)
def test_typography_that_changes_nothing_still_matches(page: str, quote: str) -> None:
    assert find(page, quote).location in {"exact", "normalised"}


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


TWICE = (
    "The bank lends money. The fee is paid by the bank of France.\nThe limit is set each year by the bank of France."
)


@pytest.mark.parametrize(
    ("quote", "location"),
    [
        # a part that stands twice makes no quote of what does not belong together
        ("The fee is paid … by the bank of France.", "normalised"),
        ("The bank lends … by the bank of France.", "not_found"),
        ("by the bank of France.", "ambiguous"),
        ("The bank lends money. … by the bank of France.", "not_found"),
        ("The bank lends money. … The limit is set each year by the bank of France.", "exact"),
    ],
)
def test_an_ellipsis_with_a_part_that_stands_twice(quote: str, location: str) -> None:
    assert find(TWICE, quote).location == location


@pytest.mark.parametrize(
    ("quote", "location"),
    [
        ("founded in \u202e0851\u202c", "exact"),
        ("founded in \u202e1580\u202c", "not_found"),
        ("founded\u200b in 1580\u200e", "exact"),
        ("founded in 158\u06f0", "not_found"),
    ],
)
def test_a_quote_is_compared_as_it_is_read(quote: str, location: str) -> None:
    assert find("The house was founded in 1580.", quote).location == location
