"""Normal forms: what they drop, and what they never drop."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mistral_rag.text import LEVELS, Level, normal_form, skeleton


@pytest.mark.parametrize(
    ("text", "squeezed"),
    [
        ("Net sales ..... $ 5,000", "netsales$5000"),
        ("$ (5.5)", "-$5.5"),
        ("(₹ 5)", "-₹5"),
        ("— 5", "–5"),
        ("-5 − 5", "-5–|5"),
        ("2021–2022", "2021–|2022"),
        (".5", "0.5"),
        ("0,125", "0,125"),
        ("1,234,567", "1234567"),
        ("5① 5² ½", "5①5²½"),
        ("☒ ☐ ✓ ▲ △ ↑", "☒☐✓▲△↑"),
        ("℃ ≠ ≤ ~ ∼ ‰", "°c=\u0338≤~~‰"),
        ("• ● a™ | b", "ab"),
        ("long-term", "longterm"),
    ],
)
def test_signs_stay_in_the_loosest_form(text: str, squeezed: str) -> None:
    assert normal_form(text, "squeezed").text == squeezed


@pytest.mark.parametrize("level", LEVELS)
@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_what_a_form_holds_its_skeleton_holds(level: Level, before: str, inner: str, behind: str) -> None:
    whole = before + inner + behind
    form, sought = normal_form(whole, level).text, normal_form(inner, level).text
    if sought in form:
        assert skeleton(inner) in skeleton(whole)


@pytest.mark.parametrize("level", LEVELS)
@given(st.text(max_size=200))
def test_offsets_of_a_form_lead_back_to_the_text(level: Level, text: str) -> None:
    form = normal_form(text, level)
    assert len(form.text) == len(form.starts) == len(form.ends)
    assert list(form.starts) == sorted(form.starts)
    assert all(0 <= start <= end <= len(text) for start, end in zip(form.starts, form.ends, strict=True))
