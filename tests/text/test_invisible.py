import pytest

from mistral_rag.text import drop_invisible


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("plain", "plain"),
        ("pay\U000e0020\U000e0031\U000e0030 now", "pay now"),
        ("4\u200b2\u2060\ufeff0\u00ad0", "4200"),
        ("a\u200db\u200c", "ab"),
        ("\u202e00.1 DSU\u202c paid", "USD 1.00 paid"),
        ("\u2066a\u2069 \u200eb\u200f \u202ac\u202c", "a b c"),
        ("\u4e00\ufe01\ufe02\U000e0101 x\ufe01", "\u4e00\ufe01 x"),
        ("\u3164\u115f\u1160\uffa0end", "end"),
    ],
)
def test_what_nobody_sees_is_dropped(text: str, seen: str) -> None:
    assert drop_invisible(text) == seen


@pytest.mark.parametrize(
    "text",
    [
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",
        "\u2764\ufe0f 1\ufe0f\u20e3",
        "\u0915\u094d\u200d\u0937 \u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "\u845b\U000e0100\u98fe\u533a",
        "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        "\u2764\ufe0f\u200d\U0001f525",
    ],
)
def test_joiners_selectors_and_flags_stay(text: str) -> None:
    assert drop_invisible(text) == text
