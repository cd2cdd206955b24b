r"""LaTeX as a reader would say it in plain characters: `10^{6}` is 10⁶, `\$ 5` is $5."""

import re
from collections.abc import Callable

_NAMES = """
alpha α beta β gamma γ delta δ epsilon ε varepsilon ε zeta ζ eta η theta θ vartheta θ iota ι kappa κ lambda λ mu μ nu ν
xi ξ pi π rho ρ sigma σ tau τ upsilon υ phi φ varphi φ chi χ psi ψ omega ω Gamma Γ Delta Δ Theta Θ Lambda Λ Xi Ξ Pi Π
Sigma Σ Phi Φ Psi Ψ Omega Ω partial ∂ nabla ∇ infty ∞ times × cdot · div ÷ pm ± mp ∓ leq ≤ le ≤ geq ≥ ge ≥ neq ≠ ne ≠
approx ≈ sim ~ equiv ≡ sum ∑ prod ∏ int ∫ sqrt √ in ∈ notin ∉ subset ⊂ cup ∪ cap ∩ forall ∀ exists ∃ rightarrow → to →
leftarrow ← Rightarrow ⇒ Leftarrow ⇐ leftrightarrow ↔ circ ° degree ° prime ′ bullet • dagger † ddagger ‡ ast * star ⋆
ldots … dots … cdots … textregistered ® copyright © texttrademark ™ S § P ¶ pounds £ euro € yen ¥ cent ¢ checkmark ✓
square □ langle ⟨ rangle ⟩ mid | lvert | rvert |
"""
_NAMED = _NAMES.split()
SYMBOLS = dict(zip(_NAMED[::2], _NAMED[1::2], strict=True))
UNSEEN = frozenset({"left", "right", "big", "Big", "displaystyle", "limits", "hline", "quad", "qquad"})
RAISED = dict(zip("0123456789+-=()ni°′*†‡§ ", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱ°′*†‡§ ", strict=True))
LOWERED = dict(zip("0123456789+-=() ", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ ", strict=True))
ORDINAL = re.compile(r"st|nd|rd|th|TM|SM")
ENVIRONMENT = re.compile(r"\\(?:begin|end)\s*\{[^{}]*\}(?:\{[lcr| ]*\})?")
COMMAND = re.compile(r"\\([A-Za-z]+)")
SPACING = re.compile(r"\\[,;:!> ]|~|(?<!\\)&")
FRACTION = re.compile(r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}")
BRACED = re.compile(r"\\(?![dt]?frac\b)[A-Za-z]+\*?\s*\{([^{}]*)\}")
SCRIPT = re.compile(r"(?<!\\)([\^_])\s*(?:\{([^{}]*)\}|([^\\\s{}]))")
BRACES = re.compile(r"(?<!\\)\{([^{}]*)\}")
ESCAPED = re.compile(r"\\\$\s?|\\([%&#_{}])")
DONE = {"^": "\x01", "_": "\x02"}
"""Signs that stay, hidden from further rounds."""
ROUNDS = 40


def plain_math(tex: str) -> str:
    """A formula in plain characters, in one line or more; commands that are not known keep their names."""
    text = ENVIRONMENT.sub(" ", tex).replace("\\\\", "\n")
    text = SPACING.sub(" ", COMMAND.sub(_symbol, text))
    for _ in range(ROUNDS):
        for pattern, meaning in STEPS:
            simpler = pattern.sub(meaning, text)
            if simpler != text:
                break
        else:
            break
        text = simpler
    text = ESCAPED.sub(lambda found: found[1] or "$", COMMAND.sub(r"\1", text))
    text = text.replace(DONE["^"], "^").replace(DONE["_"], "_")
    return re.sub(r" *\n *", "\n", re.sub(r"[ \t]{2,}", " ", text)).strip()


def _symbol(found: re.Match[str]) -> str:
    return "" if found[1] in UNSEEN else SYMBOLS.get(found[1], found[0])


def _fraction(found: re.Match[str]) -> str:
    over, under = (part.strip() for part in found.groups())
    return "/".join(f"({part})" if re.search(r"[+\-−\s/]", part) else part for part in (over, under))


def _script(found: re.Match[str]) -> str:
    sign, content = found[1], (found[2] if found[2] is not None else found[3]).strip()
    letters = RAISED if sign == "^" else LOWERED
    if all(character in letters for character in content):
        return "".join(letters[character] for character in content)
    if sign == "^" and ORDINAL.fullmatch(content):
        return content
    return DONE[sign] + (content if content.isalnum() else f"({content})")


STEPS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str] | str], ...] = (
    (FRACTION, _fraction),
    (BRACED, r"\1"),
    (SCRIPT, _script),
    (BRACES, r"\1"),
)
"""From the inside out: none is tried while one before it still finds something."""
