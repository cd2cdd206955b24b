"""Readings compared with quotes: what recognition confuses is the same, what makes another quote is not."""

import pytest

from mistral_rag.witness._comparison import compare
from mistral_rag.witness._strips import PrintedWord


def words(text: str, *, marks: tuple[str, ...] = ()) -> list[PrintedWord]:
    """Words of a line; those among `marks` are set small."""
    return [PrintedWord(word, at > 0, word in marks, 0.0, 0.0) for at, word in enumerate(text.split())]


@pytest.mark.parametrize(
    ("quote", "read"),
    [
        ("Total net sales 81,797", "Total net sales 81,797"),
        ("Total net sales", "TOTAL NET SALES"),
        ("the “Notes”, all of them", "the \"Notes', all of them"),
        ("café naïve", "cafe naive"),
        ("1–12 months — at most", "1-12 months - at most"),
        ("Total net sales", "Totalnet sales"),
        ("Oslo", "0slo"),
        ("recovery of the claims", "recoyery of the claims"),
        ("l. Scope", "I. Scope"),
        ("● first item", "• first item"),
        ("Chapter 1 ........ 5", "Chapter 1 5"),
        ("ﬁnal oﬃce", "final office"),
        ("the end of it;", "the end of it"),
        ("(German: [ɡəˈʃtalt] form)", "(German: [gaStalt] form)"),
        ("two-\nfold", "two- fold"),
        ("二十日の有給休暇", "二十日の有給休暇"),
        ("1.234 – 50 % + 3", "1.234 — 50 % + 3"),
        ("12 − 14", "12-14"),
        ("3 × 4 = 12", "3 x 4 = 12"),
        ("a fee – of all kinds - is due", "a fee of all kinds is due"),
        ("– first item", "first item"),
        ("Oslo - Bergen in 2023 – at most", "Oslo Bergen in 2023 at most"),
        ("Chapter 1 ------ 5", "Chapter 1 ---- 5"),
        ("Total - - - 5", "Total - - 5"),
        ("• 5 apples", "- 5 apples"),
        ("age ____ 5 to 7", "age — 5 to 7"),
        ("pre- 2020 terms", "pre 2020 terms"),
        ("Total ===== here", "Total here"),
        ("name = value", "name value"),
        ("5 ≠ 6", "5 = 6"),
        ("10.1162/tacl", "10 . 1162/tacl"),
        (".18653/v1/2023.main.507", ". 18653/v1/2023 . main . 507"),
        ("Chapter 1 . . . . 5", "Chapter 1 . . 5"),
        ("Chapter 1 ....... 5", "Chapter 1 .... .5"),
        ("Taxes....... 36", "Taxes .... .36"),
    ],
)
def test_what_recognition_confuses_is_the_same(quote: str, read: str) -> None:
    assert compare(words(quote), read).likeness == "same"


@pytest.mark.parametrize(
    ("quote", "read"),
    [
        ("112 months", "1-12 months"),
        ("19. bushels", "1.9 bushels"),
        ("net sales 81,797", "net sales 81,791"),
        ("net sales 8,797", "net sales 81,797"),
        ("30 days", "130 days"),
        ("a loss of 5", "a loss of -5"),
        ("a loss of 1,234", "a loss of (1,234)"),
        ("up 12 points", "up 12% points"),
        ("price 1.000", "price 1,000"),
        ("sales 10", "sales 1O0"),
        ("shall be paid", "shall not be paid"),
        ("shall not be paid", "shall be paid"),
        ("profit increased", "profit decreased"),
        ("AttributionNonCommercial", "Attribution-NonCommercial"),
        ("the total of sales", "the total number of sales"),
        ("part 2541", "part SS-2541"),
        ("1/2 cup", "12 cup"),
        ("at 9:30", "at 930"),
        ("is 1 USD", "is due on demand"),
        ("二十日の有給休暇", "二十五日の有給休暇"),
        ("1.234 + 50 % - 3 + 2", "1.234 – 50 % + 3 - 2"),
        ("50 % - 3", "50 % + 3"),
        ("10.1162", "1 . 01162"),
        ("101162", "10 . 1162"),
        ("net change of - 5", "net change of + 5"),
        ("net change of 5", "net change of – 5"),
        ("− 5 in all", "5 in all"),
        ("7 ± 2", "7 + 2"),
        ("6 ÷ 2", "6 + 2"),
        ("3 × 4", "3 + 4"),
        ("3 4", "3 × 4"),
        ("5 = 6", "5 ≠ 6"),
        ("5 = 6", "5 - 6"),
        ("3 ≤ 7", "3 ≥ 7"),
        ("3 ≤ 7", "3 < 7"),
        ("1 < 2", "1 > 2"),
        ("> 5 kg", "< 5 kg"),
        ("(1,234) - $ 50", "(1,234) + $ 50"),
        ("12 – 14", "12 14"),
        ("4 - 3", "4+3"),
        ("4 - .5", "4 + .5"),
        ("n >= 7", "n <= 7"),
        ("n=5", "n≠5"),
        ("5 ≠ 6", "5 > 6"),
    ],
)
def test_what_makes_another_quote_is_different(quote: str, read: str) -> None:
    assert compare(words(quote), read).likeness == "different"


def test_a_bar_between_cells_is_no_character() -> None:
    assert compare(words("Klinikum | 05:55 | 06:10"), "Klinikum 05:55 1 06:10").likeness == "same"
    assert compare(words("Klinikum | 05:55 |"), "Klinikum l 05:55 1").likeness == "same"
    assert compare(words("Klinikum | 05:55 |"), "Klinikum 05:551").likeness == "different"
    assert compare(words("Klinikum | 05:55 |"), "Klinikum 1 05:55 7").likeness == "different"
    assert compare(words("Klinikum 05:55"), "Klinikum 1 05:55").likeness == "different"


def test_a_footnote_mark_may_be_missed() -> None:
    assert compare(words("Revenue 3 fell", marks=("3",)), "Revenue fell").likeness == "same"
    assert compare(words("Revenue 3 fell"), "Revenue fell").likeness == "different"


def test_a_sign_set_small_is_no_footnote_mark() -> None:
    assert compare(words("50 + 3", marks=("+",)), "50 - 3").likeness == "different"
    assert compare(words("50 + 3", marks=("+",)), "50 3").likeness == "different"
    assert compare(words("Revenue + 3", marks=("+", "3")), "Revenue").likeness == "same"


def test_a_line_read_badly_is_no_proof() -> None:
    assert (
        compare(words("considerable surrender circumstances"), "consicerab1e surrencer circumstances").likeness
        == "same"
    )
    assert compare(words("ill lit oil"), "iil iit oii").likeness == "unsure"


@pytest.mark.parametrize(
    ("quote", "read", "likeness"),
    [
        ("there will difficult decisions", "there will e difficult decisions", "unsure"),
        ("paid in full", "paid a in full", "unsure"),
        ("Total sales", "Total | l sales", "same"),
        ("● first item", "o first item", "same"),
        ("the sales", "thee sales", "same"),
    ],
)
def test_a_letter_alone_may_be_a_rest_of_a_word(quote: str, read: str, likeness: str) -> None:
    assert compare(words(quote), read).likeness == likeness


def test_edits_are_told_by_their_place_in_the_quote() -> None:
    assert compare(words("net 30 days"), "net 130 days").strict == {(3, "", "1")}
    assert compare(words("net 30 days"), "net 38 days").strict == {(4, "0", "8")}


def placed(*parts: tuple[str, float, float]) -> list[PrintedWord]:
    """Words of a line, each with its left and right edge."""
    return [PrintedWord(text, at > 0, False, left, right) for at, (text, left, right) in enumerate(parts)]


@pytest.mark.parametrize("dash", ["—", "–"])
def test_a_dash_in_a_cell_of_its_own_may_be_missed(dash: str) -> None:
    row = placed(("Taxes", 0.1, 0.2), (dash, 0.5, 0.52), ("36", 0.7, 0.72), (dash, 0.8, 0.82))
    assert compare(row, "Taxes 36").likeness == "same"
    assert compare(row, "Taxes 12 36").likeness == "different"


@pytest.mark.parametrize(("sign", "left"), [("–", 0.68), ("-", 0.5), ("−", 0.5)])
def test_the_sign_of_a_number_may_not_be_missed(sign: str, left: float) -> None:
    row = placed(("Taxes", 0.1, 0.2), (sign, left, left + 0.01), ("36", 0.7, 0.72))
    assert compare(row, "Taxes 36").likeness == "different"
