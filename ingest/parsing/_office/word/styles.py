"""Styles of a Word document: what a paragraph or a run is by the chain of its styles."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final
from xml.etree.ElementTree import Element

from ingest.parsing._office.xml import value_of, whole

MAX_CHAIN: Final = 20
"""Styles based on each other; Word itself stops at eleven."""
BODY_LEVEL: Final = 9
"""Outline level of running text; 0 to 8 are those of headings."""
_HEADING: Final = re.compile(r"heading ([1-9])", re.IGNORECASE)
_NOT_READ: Final = ("w_vanish", "w_specVanish", "w_strike", "w_dstrike")
"""Switches of what is not displayed, and of what is struck out and so no longer said."""
_OFF: Final = frozenset({"0", "false", "off", "none"})
WHITE: Final = frozenset({"FFFFFF", "FEFEFE"})
MAX_TINY: Final = 3
"""Half points of a letter that nobody can read, as of a PDF page; Word offers 8 points and more."""


@dataclass(frozen=True, slots=True)
class RunLook:
    """The looks of a run as far as they are said; None is unsaid. `level` is "superscript", "subscript" or another."""

    hidden: bool | None = None
    bold: bool | None = None
    white: bool | None = None
    tiny: bool | None = None
    shaded: bool | None = None
    level: str | None = field(default=None, kw_only=True)

    def over(self, other: "RunLook") -> "RunLook":
        """This look, completed by one it is laid over."""
        pairs = (
            (self.hidden, other.hidden),
            (self.bold, other.bold),
            (self.white, other.white),
            (self.tiny, other.tiny),
            (self.shaded, other.shaded),
        )
        level = other.level if self.level is None else self.level
        return RunLook(*(own if own is not None else below for own, below in pairs), level=level)


PLAIN: Final = RunLook()


@dataclass(frozen=True, slots=True)
class ParagraphStyle:
    """Properties of a paragraph by its style: `level` is that of a heading from 1, 0 for running text.

    `list_id` and `list_level` are those of its numbering; the level is None when the list has to tell it.
    """

    name: str = ""
    level: int = 0
    list_id: str | None = None
    list_level: int | None = None
    look: RunLook = PLAIN


class StyleSheet:
    """The styles of `styles.xml`, by id; each is worked out once."""

    def __init__(self, root: Element | None) -> None:
        found = [] if root is None else root.findall("w_style")
        self._styles = {style.get("w_styleId", ""): style for style in found}
        default = "w_docDefaults/w_rPrDefault/w_rPr"
        self._default = PLAIN if root is None else look_of(root.find(default))
        marked = (s for s in found if s.get("w_type") == "paragraph" and is_on(s.get("w_default"), default=False))
        self._usual = next((style.get("w_styleId", "") for style in marked), "")
        self._paragraphs: dict[str, ParagraphStyle] = {}
        self._runs: dict[str, RunLook] = {}

    def paragraph(self, identity: str | None) -> ParagraphStyle:
        """The style of a paragraph; without an id, the usual one."""
        key = self._usual if identity is None else identity
        if key not in self._paragraphs:
            self._paragraphs[key] = self._paragraph(list(self._chain(key)))
        return self._paragraphs[key]

    def run(self, identity: str | None) -> RunLook:
        """The look that a character style gives."""
        if identity is None:
            return PLAIN
        if identity not in self._runs:
            look = PLAIN
            for style in self._chain(identity):
                look = look.over(look_of(style.find("w_rPr")))
            self._runs[identity] = look
        return self._runs[identity]

    def sets_first_row_apart(self, identity: str | None) -> bool:
        """True for the style of a table whose first row looks different."""
        rows = (part for style in self._chain(identity or "") for part in style.findall("w_tblStylePr"))
        return any(part.get("w_type") == "firstRow" and (len(part) > 0) for part in rows)

    def list_of(self, identity: str) -> str | None:
        """The id of the list that a style of numbering stands for."""
        style = self._styles.get(identity)
        return value_of(style, "w_pPr/w_numPr/w_numId", "w_val")

    def _chain(self, identity: str) -> Iterator[Element]:
        for _ in range(MAX_CHAIN):
            style = self._styles.get(identity)
            if style is None:
                return
            yield style
            identity = value_of(style, "w_basedOn", "w_val") or ""

    def _paragraph(self, chain: list[Element]) -> ParagraphStyle:
        look, level, list_id, list_level = PLAIN, 0, None, None
        names = [value_of(style, "w_name", "w_val") or "" for style in chain]
        for style in chain:
            look = look.over(look_of(style.find("w_rPr")))
            list_id = list_id or value_of(style, "w_pPr/w_numPr/w_numId", "w_val")
            own = value_of(style, "w_pPr/w_numPr/w_ilvl", "w_val")
            list_level = whole(own) if list_level is None and own is not None else list_level
        said = next(filter(None, (value_of(style, "w_pPr/w_outlineLvl", "w_val") for style in chain)), None)
        named = next(filter(None, map(_HEADING.fullmatch, names)), None)
        if said is not None:
            level = (whole(said) + 1) % (BODY_LEVEL + 1)
        elif named is not None:
            level = int(named[1])
        return ParagraphStyle((names or [""])[0].lower(), level, list_id, list_level, look.over(self._default))


def look_of(properties: Element | None) -> RunLook:
    """The look that the properties of a run say."""
    if properties is None or not len(properties):
        return PLAIN
    color = value_of(properties, "w_color", "w_val")
    size = value_of(properties, "w_sz", "w_val")
    fill = value_of(properties, "w_shd", "w_fill")
    light = value_of(properties, "w_highlight", "w_val")
    shaded = None if fill is None and light is None else is_filled(fill) or is_on(light, default=False)
    return RunLook(
        hidden=_any_switch(properties, _NOT_READ),
        bold=_switch(properties, "w_b"),
        white=None if color is None else color.upper() in WHITE,
        tiny=None if size is None else whole(size, 24) <= MAX_TINY,
        shaded=shaded,
        level=value_of(properties, "w_vertAlign", "w_val"),
    )


def is_filled(fill: str | None) -> bool:
    """True for a background that may show white letters."""
    return fill is not None and fill.lower() != "auto" and fill.upper() not in WHITE


def is_on(value: str | None, *, default: bool = True) -> bool:
    """True when a switch is on, by the value of its attribute."""
    return default if value is None else value.lower() not in _OFF


def _any_switch(properties: Element, names: Iterable[str]) -> bool | None:
    said = [state for name in names if (state := _switch(properties, name)) is not None]
    return any(said) if said else None


def _switch(properties: Element, name: str) -> bool | None:
    found = properties.find(name)
    return None if found is None else is_on(found.get("w_val"))
