"""Styles of an OpenDocument file as far as they hide text, tell heads of tables, or number lists."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element

from ingest.parsing._office.package import Package
from ingest.parsing._office.xml import value_of, whole
from ingest.parsing._pages.joints import LOWERED, RAISED
from ingest.parsing._pages.printed_numbers import printed_number

MAX_CHAIN: Final = 20
LEVELS: Final = 10
"""Levels of a list or of headings."""
MAX_MARKER: Final = 60
_BOLD: Final = frozenset({"bold", "600", "700", "800", "900"})


@dataclass(frozen=True, slots=True)
class OpenListLevel:
    """A level of a list: what is printed around its number, its form (empty for a bullet), and the levels shown."""

    form: str = ""
    prefix: str = ""
    suffix: str = ""
    start: int = 1
    shown: int = 1


class OpenStyles:
    """The styles of a file's own content and those that it shares, by family and name."""

    def __init__(self, package: Package, content: Element) -> None:
        shared = package.tree_if_any("styles.xml")
        roots = [root for root in (shared, content) if root is not None]
        found = [style for root in roots for style in root.iter("style_style")]
        self._styles = {(s.get("style_family", ""), s.get("style_name", "")): s for s in found}
        lists = [style for root in roots for style in root.iter("text_list-style")]
        self._lists = {style.get("style_name", ""): dict(_levels(style)) for style in lists}
        outline = next((style for root in roots for style in root.iter("text_outline-style")), None)
        self.outline: Mapping[int, OpenListLevel] = {} if outline is None else dict(_levels(outline))

    def is_hidden(self, family: str, name: str | None) -> bool:
        """True for text, or a paragraph, that its style does not display or strikes out."""
        struck = self._text_property(family, name, "style_text-line-through-style")
        return self._text_property(family, name, "text_display") == "none" or struck not in {None, "none"}

    def is_title(self, name: str | None) -> bool:
        """True for a paragraph that is the title of the document, by the style that every writer ships."""
        return name == "Title" or any(
            "Title" in {style.get("style_name"), style.get("style_parent-style-name")}
            for style in self._chain("paragraph", name)
        )

    def is_bold(self, family: str, name: str | None) -> bool:
        """True for bold letters."""
        return self._text_property(family, name, "fo_font-weight") in _BOLD

    def level(self, family: str, name: str | None) -> str:
        """The sign before raised or lowered letters: "super 58%", "-33% 58%"; empty for those on the line."""
        place = (self._text_property(family, name, "style_text-position") or "").partition(" ")[0]
        if place in ("", "0%"):
            return ""
        return LOWERED if place == "sub" or place.startswith("-") else RAISED

    def list_style(self, name: str | None) -> Mapping[int, OpenListLevel]:
        """The levels of a list, from 1."""
        return self._lists.get(name or "", {})

    def property_of(self, family: str, name: str | None, path: str, attribute: str) -> str | None:
        """A property of a style, its own or that of one above it."""
        values = (value_of(style, path, attribute) for style in self._chain(family, name))
        return next((value for value in values if value is not None), None)

    def _text_property(self, family: str, name: str | None, attribute: str) -> str | None:
        return self.property_of(family, name, "style_text-properties", attribute)

    def _chain(self, family: str, name: str | None) -> Iterator[Element]:
        for _ in range(MAX_CHAIN):
            style = self._styles.get((family, name or ""))
            if style is None:
                return
            yield style
            name = style.get("style_parent-style-name")


class ListCounter:
    """Numbers of the items of lists that share a style."""

    def __init__(self, levels: Mapping[int, OpenListLevel]) -> None:
        self._levels = levels
        self._counts: list[int | None] = [None] * (LEVELS + 1)

    def restart(self, level: int) -> None:
        """Begin anew at a level and all below."""
        self._counts[level:] = [None] * (len(self._counts) - level)

    def marker(self, level: int, start: str | None = None) -> str:
        """The number of the next item of a level (from 1), as it is printed; empty for a bullet."""
        level = max(1, min(level, LEVELS))
        own = self._levels.get(level, OpenListLevel())
        before = self._counts[level]
        first = whole(start, own.start)
        self._counts[level] = first if before is None or start is not None else before + 1
        self._counts[level + 1 :] = [None] * (LEVELS - level)
        if not own.form:
            return ""
        numbers = []
        for at in range(max(1, level - own.shown + 1), level + 1):
            of = self._levels.get(at, OpenListLevel())
            count = self._counts[at]
            if of.form:
                numbers.append(printed_number(of.start if count is None else count, of.form))
        return f"{own.prefix}{'.'.join(numbers)}{own.suffix}"[:MAX_MARKER].strip()


def _levels(style: Element) -> Iterator[tuple[int, OpenListLevel]]:
    for level in style:
        if level.tag in ("text_list-level-style-number", "text_outline-level-style"):
            yield (
                whole(level.get("text_level"), 1),
                OpenListLevel(
                    form=level.get("style_num-format", ""),
                    prefix=level.get("style_num-prefix", ""),
                    suffix=level.get("style_num-suffix", ""),
                    start=whole(level.get("text_start-value"), 1),
                    shown=whole(level.get("text_display-levels"), 1),
                ),
            )
