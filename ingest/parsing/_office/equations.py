"""Equations of Office Math (ECMA-376 part 1, 22.1) on one line, as one would type them."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final
from xml.etree.ElementTree import Element

from ingest.parsing._office.xml import value_of

MAX_DEPTH: Final = 100
"""Terms in terms: what is deeper is left out."""


def equation_text(element: Element, depth: int = 0) -> str:
    """The text of an equation: fractions with a slash, raised terms with a circumflex, lowered ones with a low line."""
    if depth > MAX_DEPTH:
        return ""
    form = _FORMS.get(element.tag)
    if form is not None:
        return form(element, depth + 1)
    if element.tag == "m_t":
        return element.text or ""
    return "".join(equation_text(child, depth + 1) for child in element)


def _part(element: Element, name: str, depth: int) -> str:
    found = element.find(name)
    return "" if found is None else equation_text(found, depth)


def _term(text: str) -> str:
    """A term in brackets, unless it is one word or number."""
    return text if text.replace(".", "").replace(",", "").isalnum() or not text else f"({text})"


def _fraction(element: Element, depth: int) -> str:
    return f"{_term(_part(element, 'm_num', depth))}/{_term(_part(element, 'm_den', depth))}"


def _raised(element: Element, depth: int) -> str:
    low, high = _part(element, "m_sub", depth), _part(element, "m_sup", depth)
    base = _part(element, "m_e", depth)
    return base + (f"_{_term(low)}" if low else "") + (f"^{_term(high)}" if high else "")


def _root(element: Element, depth: int) -> str:
    degree = _part(element, "m_deg", depth)
    return f"{degree}√{_term(_part(element, 'm_e', depth))}"


def _sum(element: Element, depth: int) -> str:
    sign = value_of(element, "m_naryPr/m_chr", "m_val") or "∫"
    low, high = _part(element, "m_sub", depth), _part(element, "m_sup", depth)
    bounds = (f"_{_term(low)}" if low else "") + (f"^{_term(high)}" if high else "")
    return f"{sign}{bounds} {_part(element, 'm_e', depth)}"


def _in_brackets(element: Element, depth: int) -> str:
    begin = value_of(element, "m_dPr/m_begChr", "m_val")
    end = value_of(element, "m_dPr/m_endChr", "m_val")
    parts = [equation_text(part, depth) for part in element.findall("m_e")]
    return f"{'(' if begin is None else begin}{', '.join(parts)}{')' if end is None else end}"


def _rows(element: Element, depth: int) -> str:
    rows = [", ".join(equation_text(cell, depth) for cell in row.findall("m_e")) for row in element.findall("m_mr")]
    return "; ".join(rows)


_FORMS: Final[Mapping[str, Callable[[Element, int], str]]] = MappingProxyType(
    {
        "m_f": _fraction,
        "m_sSup": _raised,
        "m_sSub": _raised,
        "m_sSubSup": _raised,
        "m_rad": _root,
        "m_nary": _sum,
        "m_d": _in_brackets,
        "m_m": _rows,
    }
)
