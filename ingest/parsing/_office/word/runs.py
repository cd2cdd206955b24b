"""The text of one paragraph of a Word document as it is printed, and what hangs on it: notes, comments, boxes."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final
from xml.etree.ElementTree import Element

from ingest.parsing._office.equations import equation_text
from ingest.parsing._office.symbols import symbol
from ingest.parsing._office.word.styles import RunLook, StyleSheet, is_filled, look_of
from ingest.parsing._office.xml import value_of
from ingest.parsing._pages.joints import LEVEL, LOWERED, OMITTED, RAISED, without_joints

_SIGNS: Final[Mapping[str, str]] = MappingProxyType(
    {"w_tab": "\t", "w_ptab": "\t", "w_br": "\n", "w_cr": "\n", "w_noBreakHyphen": "-", "w_softHyphen": ""}
)
_DELETED: Final = frozenset({"w_del", "w_moveFrom"})
_UNREAD: Final = frozenset(
    {"w_pPr", "w_rPr", "w_sdtPr", "w_sdtEndPr", "w_smartTagPr", "w_instrText", "w_delText", "w_delInstrText", "w_rt"}
)
"""Properties, codes of fields, and the small signs above those of ruby text."""
_LEVELS: Final[Mapping[str, str]] = MappingProxyType({"superscript": RAISED, "subscript": LOWERED})
BOXES: Final = frozenset({"w_drawing", "w_pict", "w_object"})


@dataclass(slots=True)
class InlineText:
    """Text as it is collected, and the ids of what stands at it.

    `hidden` and `deleted` count characters that are no blanks; `letters` those that are not bold and those that are.
    """

    parts: list[str] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    boxes: list[Element] = field(default_factory=list)
    hidden: int = 0
    deleted: int = 0
    letters: list[int] = field(default_factory=lambda: [0, 0])

    @property
    def text(self) -> str:
        """The text, each line without the blanks around it."""
        return "\n".join(map(str.strip, without_joints("".join(self.parts)).split("\n"))).strip()

    @property
    def is_bold(self) -> bool:
        """True when all letters are."""
        return self.letters[1] > 0 == self.letters[0]


class InlineReader:
    """Reads paragraphs one after the other: a field may begin in one of them and end in another.

    `mark` gives the printed mark of a footnote or endnote by its kind and id.
    """

    def __init__(self, styles: StyleSheet, mark: Callable[[str, str], str], *, white_paper: bool) -> None:
        self._styles = styles
        self._mark = mark
        self._white_paper = white_paper
        self._fields: list[bool] = []
        self._found = InlineText()
        self._look = RunLook()
        self._plain = True

    def read(self, paragraph: Element, look: RunLook, *, plain: bool) -> InlineText:
        """The text of a paragraph; `look` is that of its style, `plain` says that nothing lies behind it."""
        self._found = InlineText()
        self._look = look
        shade = value_of(paragraph, "w_pPr/w_shd", "w_fill")
        self._plain = plain and self._white_paper and not is_filled(shade)
        self._inside(paragraph)
        return self._found

    def _inside(self, element: Element) -> None:
        for child in element:
            tag = child.tag
            if tag == "w_r":
                self._run(child)
            elif tag in _DELETED:
                self._found.deleted += _length(child)
                self._found.parts.append(OMITTED)
            elif tag in ("m_oMath", "m_oMathPara"):
                self._put(equation_text(child), RunLook())
            elif tag == "mc_AlternateContent":
                self._inside(_alternative(child))
            elif tag not in _UNREAD:
                self._inside(child)

    def _run(self, run: Element) -> None:
        properties = run.find("w_rPr")
        style = self._styles.run(value_of(properties, "w_rStyle", "w_val"))
        look = look_of(properties).over(style).over(self._look)
        for child in run:
            self._piece(child, look)

    def _piece(self, child: Element, look: RunLook) -> None:
        tag = child.tag
        if tag == "w_t":
            self._put(child.text or "", look)
        elif tag in _SIGNS:
            self._put(_SIGNS[tag], look)
        elif tag == "w_fldChar":
            self._field(child.get("w_fldCharType"))
        elif tag == "w_sym":
            self._put(_symbol(child), look)
        elif tag in ("w_footnoteReference", "w_endnoteReference"):
            self._note(tag[2:].removesuffix("Reference"), child, look)
        elif tag == "mc_AlternateContent":
            for inner in _alternative(child):
                self._piece(inner, look)
        elif tag == "w_ruby":
            self._inside(child)
        else:
            self._mark_place(child)

    def _mark_place(self, child: Element) -> None:
        """Keep what hangs at this place of the text, and count what is deleted."""
        if child.tag == "w_commentReference":
            self._found.comments.append(child.get("w_id", ""))
        elif child.tag in BOXES:
            self._found.boxes.append(child)
        elif child.tag == "w_delText":
            self._found.deleted += _length(child)

    def _field(self, kind: str | None) -> None:
        if kind == "begin":
            self._fields.append(False)
        elif kind == "separate" and self._fields:
            self._fields[-1] = True
        elif kind == "end" and self._fields:
            self._fields.pop()

    def _note(self, kind: str, reference: Element, look: RunLook) -> None:
        identity = reference.get("w_id", "")
        self._found.notes.append((kind, identity))
        if reference.get("w_customMarkFollows") is None:
            self._put(f"[{self._mark(kind, identity)}]", look)

    def _put(self, text: str, look: RunLook) -> None:
        if not all(self._fields):
            return
        letters = sum(map(len, text.split()))
        white = look.white and self._plain and not look.shaded
        if look.hidden or white or look.tiny:
            self._found.hidden += letters
            self._found.parts.append(OMITTED)
            return
        self._found.letters[bool(look.bold)] += letters
        sign = _LEVELS.get(look.level or "", "")
        self._found.parts.append(f"{sign}{text}{LEVEL}" if sign else text)


def boxes_in(drawing: Element) -> Iterator[Element]:
    """The contents of the text boxes of a drawing, those within others left to them."""
    waiting = [drawing]
    while waiting:
        element = waiting.pop()
        if element.tag == "w_txbxContent":
            yield element
        elif element.tag == "mc_AlternateContent":
            waiting += reversed(list(_alternative(element)))
        else:
            waiting += reversed(list(element))


def _alternative(element: Element) -> Element:
    """The content that a reader of today takes: the first choice, else what is there for older ones."""
    choice = element.find("mc_Choice")
    fallback = element.find("mc_Fallback")
    if choice is not None and (len(choice) or fallback is None):
        return choice
    return element if fallback is None else fallback


def _symbol(element: Element) -> str:
    try:
        return symbol(element.get("w_font", ""), int(element.get("w_char", ""), 16))
    except ValueError:
        return ""


def _length(element: Element) -> int:
    texts = (part.text or "" for part in element.iter() if part.tag in ("w_t", "w_delText"))
    return sum(sum(map(len, text.split())) for text in texts)
