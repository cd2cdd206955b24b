"""Looks of cells by their style: number format, bold, background, letters that nobody sees."""

from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element

from ingest.parsing._office.number_formats import BUILT_IN
from ingest.parsing._office.xml import value_of, whole

_WHITE: Final = frozenset({"FFFFFFFF", "00FFFFFF", "FFFFFF"})
_WHITE_THEME: Final = "0"
"""The first colour of a theme, that of paper."""


@dataclass(frozen=True, slots=True)
class CellLook:
    """The look of a cell: `is_unseen` is white on a cell without a background."""

    form: str = "General"
    is_bold: bool = False
    background: str | None = None
    is_unseen: bool = False


PLAIN: Final = CellLook()


def cell_looks(root: Element | None) -> list[CellLook]:
    """The looks that cells name by number."""
    if root is None:
        return []
    forms = dict(BUILT_IN)
    for form in root.iterfind("x_numFmts/x_numFmt"):
        forms[whole(form.get("numFmtId"))] = form.get("formatCode", "General")
    fonts = [_font(font) for font in root.iterfind("x_fonts/x_font")]
    fills = [_fill(fill) for fill in root.iterfind("x_fills/x_fill")]
    return [_look(style, forms, fonts, fills) for style in root.iterfind("x_cellXfs/x_xf")]


def _look(style: Element, forms: dict[int, str], fonts: list[tuple[bool, bool]], fills: list[str | None]) -> CellLook:
    font, fill = whole(style.get("fontId")), whole(style.get("fillId"))
    is_bold, is_white = fonts[font] if 0 <= font < len(fonts) else (False, False)
    background = fills[fill] if 0 <= fill < len(fills) else None
    form = forms.get(whole(style.get("numFmtId")), "General")
    return CellLook(form, is_bold, background, is_white and background is None)


def _font(font: Element) -> tuple[bool, bool]:
    """True when it is bold, and when it is white."""
    bold = font.find("x_b")
    color = font.find("x_color")
    is_white = color is not None and (color.get("rgb") in _WHITE or color.get("theme") == _WHITE_THEME)
    return bold is not None and bold.get("val", "1") not in ("0", "false"), is_white and _tint(color) == 0


def _tint(color: Element | None) -> float:
    try:
        return float("0" if color is None else color.get("tint", "0"))
    except ValueError:
        return 0.0


def _fill(fill: Element) -> str | None:
    """The background that a fill gives, as something to compare; None for that of paper."""
    if fill.find("x_gradientFill") is not None:
        return "gradient"
    if value_of(fill, "x_patternFill", "patternType") in (None, "none"):
        return None
    color = fill.find("x_patternFill/x_fgColor")
    if color is None:
        return "pattern"
    if color.get("rgb") in _WHITE or (color.get("theme") == _WHITE_THEME and _tint(color) == 0):
        return None
    return ",".join(f"{name}={value}" for name, value in sorted(color.attrib.items()))
