import pytest

from mistral_rag.ocr._pages.latex import plain_math


@pytest.mark.parametrize(
    ("tex", "plain"),
    [
        (r"\$ 5,000", "$5,000"),
        (r"10 \%", "10 %"),
        (r"10^{6}", "10⁶"),
        (r"{ }^{1}", "¹"),
        (r"\mathrm{H}_{2} \mathrm{O}", "H₂ O"),
        (r"25^{\circ} \mathrm{C}", "25° C"),
        (r"1^{\text {st }}", "1st"),
        (r"x_{i}^{2}", "x_i²"),
        (r"\alpha \times 3 \leq \infty", "α × 3 ≤ ∞"),
        (r"\frac{a}{b+1}", "a/(b+1)"),
        (r"\frac{\frac{1}{2}}{3}", "(1/2)/3"),
        (r"\sum_{i=1}^{n} x_{i}", "∑_(i=1)ⁿ x_i"),
        (r"\begin{array}{ll} a & b \\ c & d \end{array}", "a b\nc d"),
        (r"\unknown{x} y", "x y"),
        ("plain words", "plain words"),
        ("", ""),
    ],
)
def test_a_formula_reads_as_it_is_printed(tex: str, plain: str) -> None:
    assert plain_math(tex) == plain


def test_what_is_no_formula_ends() -> None:
    assert plain_math("{" * 300 + "x") == "{" * 300 + "x"
