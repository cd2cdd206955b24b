"""Styles of elements, as far as they say that nobody sees a text: rules of style sheets, attributes, inheritance."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from selectolax.lexbor import LexborNode, SelectolaxError

from ingest.parsing._html.colors import BLACK, MIN_OPACITY, WHITE, Color, blended, color_of, is_color, is_same
from ingest.parsing._html.css import MAX_RULES, Declarations, Rule, declarations_of, rules_of
from ingest.parsing._html.hiding import LENGTH, PIXELS, faintness, pixels
from ingest.parsing._html.media import holds

MIN_FONT: Final = 3.0
"""Pixels, about 2 points: smaller print is a grey line."""
ROOT_FONT: Final = 16.0
MIN_BOLD: Final = 600

_FONT_SIZES: Final = {
    "xx-small": 9.0, "x-small": 10.0, "small": 13.0, "medium": 16.0, "large": 18.0, "x-large": 24.0, "xx-large": 32.0,
}  # fmt: skip
MAX_MATCHES: Final = 2_000_000
"""Pairs of a selector and an element that are kept, some 150 MB; later selectors match nothing."""
_SHAPES: Final = "rect, path, circle, ellipse, polygon, polyline, image, use"
_BOLD: Final = frozenset({"b", "strong", "th", "h1", "h2", "h3", "h4", "h5", "h6"})
_DRAWN: Final = frozenset({"svg", "g", "text", "tspan"})
_COMMA: Final = re.compile(r",(?![^(]*\))")
_WORD: Final = re.compile(r"[^\s(]+(?:\([^()]*\))?")


class Style(NamedTuple):
    """Style of an element that its children inherit; `background` is what is behind its text."""

    color: Color = BLACK
    opacity: float = 1.0
    background: Color = WHITE
    is_visible: bool = True
    font: float = ROOT_FONT
    is_bold: bool = False
    faintness: float = 1.0
    """Opacity of the element and all around it."""
    custom: Mapping[str, str] = MappingProxyType({})
    shadow: str = ""
    stroke: str = ""
    is_clip: bool = False
    """True when a background or picture is seen through the letters."""
    svg: Literal["", "shapes", "text"] = ""
    """In `<svg>` only its texts are shown, and their colour is that of `fill`."""

    @property
    def shows_text(self) -> bool:
        """True when text right in the element is seen."""
        if not self.is_visible or self.svg == "shapes" or self.font < MIN_FONT or self.faintness < MIN_OPACITY:
            return False
        return self._is_seen(self.color, self.opacity) or self.is_clip or any(map(self._is_seen_by, self._edges()))

    def _is_seen(self, color: Color, opacity: float) -> bool:
        opacity *= self.faintness
        return opacity >= MIN_OPACITY and not is_same(blended(color, self.background, opacity), self.background)

    def _edges(self) -> Iterator[str]:
        """Shadows and outlines of the letters."""
        if self.shadow not in {"", "none"}:
            yield from _COMMA.split(self.shadow)
        widths = [pixels(word) for word in self.stroke.split()]
        if any(widths) or "thin" in self.stroke or "thick" in self.stroke or "medium" in self.stroke:
            yield self.stroke

    def _is_seen_by(self, edge: str) -> bool:
        words = [word for word in _WORD.findall(edge) if not LENGTH.fullmatch(word)]
        return self._is_seen(*color_of(words[0])) if words else self._is_seen(self.color, self.opacity)


class Styles:
    """Style sheets of a page, by what an element must have to match."""

    def __init__(self, root: LexborNode | None = None) -> None:
        self._root = root
        self._rules: dict[str, list[Rule]] = defaultdict(list)
        self._found: dict[str, frozenset[int]] = {}
        self._matches = 0
        count = 0
        for sheet in sheets_of(root) if root is not None else ():
            for rule in rules_of(sheet, count):
                count += 1
                if count > MAX_RULES:
                    return
                self._rules[rule.key].append(rule)

    def of(self, tag: str, node: LexborNode, attributes: Mapping[str, str | None]) -> dict[str, str]:
        """Values that win for an element, by property; those of its attributes of old lose to all others."""
        found: dict[str, tuple[tuple[int, ...], str]] = {
            name: ((-1,), value) for name, value in _of_old(tag, attributes).items()
        }
        for rule in self._matching(tag, node, attributes) if self._rules else ():
            _cascade(found, rule.declarations, rule.rank)
        if style := attributes.get("style"):
            _cascade(found, declarations_of(style), _INLINE)
        return {name: value for name, (_, value) in found.items()}

    def _matching(self, tag: str, node: LexborNode, attributes: Mapping[str, str | None]) -> Iterable[Rule]:
        keys = ["", tag, f"#{attributes.get('id') or ''}"]
        keys += [f".{name}" for name in (attributes.get("class") or "").split()]
        for key in keys:
            for rule in self._rules.get(key, ()):
                if rule.is_simple or node.mem_id in self._elements(rule.selector):
                    yield rule

    def _elements(self, selector: str) -> frozenset[int]:
        """Elements that match; `css_matches` of an element would also be true for a match inside of it."""
        if selector not in self._found:
            self._found[selector] = self._search(selector) if self._matches <= MAX_MATCHES else frozenset()
            self._matches += len(self._found[selector])
        return self._found[selector]

    def _search(self, selector: str) -> frozenset[int]:
        try:
            return (
                frozenset(node.mem_id for node in self._root.css(selector)) if self._root is not None else frozenset()
            )
        except (SelectolaxError, ValueError):  # a selector that Lexbor doesn't know is passed over, as browsers do
            return frozenset()


def sheets_of(root: LexborNode) -> Iterator[str]:
    """Style sheets in CSS of a page for the screen."""
    for sheet in root.css("style"):
        kind = (sheet.attributes.get("type") or "text/css").strip().lower()
        if kind == "text/css" and holds("media", sheet.attributes.get("media") or ""):
            yield sheet.text()


_INLINE: Final = (1_000_000, 0, 0, 0)


def _cascade(found: dict[str, tuple[tuple[int, ...], str]], declarations: Declarations, rank: tuple[int, ...]) -> None:
    for name, (value, is_important) in declarations.items():
        place = (int(is_important), *rank)
        if name not in found or place >= found[name][0]:
            found[name] = place, value


def indent_of(values: Mapping[str, str]) -> float:
    """Pixels by which the first line in an element is set in; a line may hang out of the padding."""
    return sum(pixels(values.get(name, "")) or 0.0 for name in ("padding-left", "margin-left", "text-indent"))


def _of_old(tag: str, attributes: Mapping[str, str | None]) -> dict[str, str]:
    values = {"background-color": attributes.get("bgcolor"), "background-image": attributes.get("background")}
    if tag in {"font", "body"}:
        values["color"] = attributes.get("color" if tag == "font" else "text")
    if tag in _BOLD:
        values["font-weight"] = "bold"
    if tag in _DRAWN:
        values |= {name: attributes.get(name) for name in ("display", "fill", "font-size", "opacity", "visibility")}
    return {name: value.strip().lower() for name, value in values.items() if value}


def inherited(parent: Style, values: Mapping[str, str], custom: Mapping[str, str]) -> Style:
    """Style of an element whose own `values` and `custom` properties are known."""
    if not values:
        return parent if custom is parent.custom else parent._replace(custom=custom)
    own = values.get("fill" if parent.svg else "color", "inherit")
    color, opacity = _color(values.get("-webkit-text-fill-color", own), parent)
    visibility = values.get("visibility", "inherit")
    background = _background(values, parent.background)
    is_clip = _is_text_clip(values)
    stroke = f"medium {values['stroke']}" if parent.svg and values.get("stroke", "none") != "none" else ""
    stroke = stroke or " ".join(values.get(f"-webkit-text-stroke{name}", "") for name in ("", "-width")).strip()
    return parent._replace(
        color=color,
        opacity=opacity,
        background=parent.background if is_clip else background,
        is_visible=parent.is_visible if visibility == "inherit" else visibility not in {"hidden", "collapse"},
        font=_font(values, parent.font),
        is_bold=_is_bold(values, is_bold=parent.is_bold),
        custom=custom,
        faintness=parent.faintness * faintness(values),
        shadow=values.get("text-shadow", parent.shadow),
        stroke=stroke or parent.stroke,
        is_clip=parent.is_clip or (is_clip and not is_same(background, parent.background)),
    )


def _is_text_clip(values: Mapping[str, str]) -> bool:
    names = ("background-clip", "-webkit-background-clip", "background")
    return any("text" in _WORD.findall(values.get(name, "")) for name in names)


def _color(value: str, parent: Style) -> tuple[Color, float]:
    if value in {"inherit", "currentcolor", "unset", "revert", "revert-layer"}:
        return parent.color, parent.opacity
    if value == "initial":
        return BLACK, 1.0
    return color_of("transparent" if value == "none" else value)


def in_drawing(style: Style, tag: str, node: LexborNode) -> Style:
    """Style of an element whose tag begins or ends a drawing or a text in one."""
    if tag == "svg":
        background = None if node.css_first(_SHAPES) is not None else style.background
        return style._replace(svg="shapes", color=BLACK, opacity=1.0, background=background)
    if style.svg and tag in {"text", "foreignobject"}:
        return style._replace(svg="text" if tag == "text" else "")
    return style


def _background(values: Mapping[str, str], behind: Color) -> Color:
    shorthand = values.get("background", "")
    image = values.get("background-image", "none")
    if image not in {"none", "initial"} or "url(" in shorthand or "gradient(" in shorthand:
        return None
    value = values.get("background-color", shorthand)
    if " " in value and "(" not in value:
        value = next((word for word in value.split() if is_color(word)), value)
    if not value or value in {"none", "inherit", "initial", "unset", "0"}:
        return behind
    color, opacity = color_of(value)
    return blended(color, behind, opacity) if opacity else behind


def _is_bold(values: Mapping[str, str], *, is_bold: bool) -> bool:
    """True for letters of a weight that browsers draw bold: 600 and more (CSS Fonts 4, "font matching")."""
    weight = values.get("font-weight", "inherit")
    if weight.isdecimal():
        return int(weight) >= MIN_BOLD
    return {"bold": True, "bolder": True, "normal": False, "initial": False}.get(weight, is_bold)


def _font(values: Mapping[str, str], parent: float) -> float:
    value = values.get("font-size", "inherit")
    if value in _FONT_SIZES:
        return _FONT_SIZES[value]
    length = LENGTH.fullmatch(value)
    if length is None:
        return parent
    number, unit = float(length[1]), length[2] or "px"
    if unit in {"em", "%", "ex", "ch"}:
        return parent * number * {"em": 1.0, "%": 0.01, "ex": 0.5, "ch": 0.5}[unit]
    return number * PIXELS[unit]
