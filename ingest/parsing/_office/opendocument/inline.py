"""The text of one paragraph of an OpenDocument file, and what hangs on it: notes, comments, frames."""

from dataclasses import dataclass, field
from typing import Final
from xml.etree.ElementTree import Element

from ingest.parsing._office.opendocument.styles import OpenStyles
from ingest.parsing._office.xml import whole
from ingest.parsing._pages.joints import LEVEL, OMITTED, without_joints

MAX_BLANKS: Final = 1000
"""Blanks that one element may stand for."""
_UNREAD: Final = frozenset(
    {"text_hidden-text", "text_hidden-paragraph", "text_ruby-text", "office_annotation-end", "text_tracked-changes"}
)
_SIGNS: Final = {"text_tab": "\t", "text_line-break": "\n", "text_soft-page-break": ""}


@dataclass(slots=True)
class OpenText:
    """Text as it is collected, and the elements of what stands at it."""

    parts: list[str] = field(default_factory=list)
    notes: list[Element] = field(default_factory=list)
    comments: list[Element] = field(default_factory=list)
    frames: list[Element] = field(default_factory=list)
    hidden: int = 0
    bold: int = 0
    letters: int = 0

    @property
    def text(self) -> str:
        """The text, each line without the blanks around it."""
        return "\n".join(map(str.strip, without_joints("".join(self.parts)).split("\n"))).strip()


def read_inline(paragraph: Element, styles: OpenStyles) -> OpenText:
    """The text of a paragraph or heading; blanks count as one, as the format has it."""
    found = OpenText()
    name = paragraph.get("text_style-name")
    _inside(paragraph, styles, found, styles.is_hidden("paragraph", name), styles.is_bold("paragraph", name))
    return found


def _inside(element: Element, styles: OpenStyles, found: OpenText, hidden: bool, bold: bool) -> None:
    _put(found, element.text, hidden, bold)
    for child in element:
        tag = child.tag
        if tag in _SIGNS:
            _put_sign(found, _SIGNS[tag], hidden)
        elif tag == "text_s":
            _put_sign(found, " " * min(whole(child.get("text_c"), 1), MAX_BLANKS), hidden)
        elif tag == "text_note":
            _put_sign(found, f"[{''.join(child.findtext('text_note-citation') or '').strip()}]", hidden)
            found.notes.append(child)
        elif tag == "office_annotation":
            found.comments.append(child)
        elif tag in ("draw_frame", "draw_custom-shape", "draw_g", "draw_rect", "draw_text-box"):
            found.frames.append(child)
        elif tag in _UNREAD:
            found.hidden += sum(map(len, "".join(child.itertext()).split())) + len(child.get("text_string-value", ""))
        elif tag == "text_span":
            name = child.get("text_style-name")
            is_bold = bold or styles.is_bold("text", name)
            level = styles.level("text", name)
            found.parts.append(level)
            _inside(child, styles, found, hidden or styles.is_hidden("text", name), is_bold)
            found.parts.append(LEVEL if level else "")
        else:
            _inside(child, styles, found, hidden, bold)
        _put(found, child.tail, hidden, bold)


def _put(found: OpenText, text: str | None, hidden: bool, bold: bool) -> None:
    if not text:
        return
    letters = sum(map(len, text.split()))
    if hidden:
        found.hidden += letters
        found.parts.append(OMITTED)
        return
    found.letters += letters
    found.bold += letters if bold else 0
    plain = " ".join(text.split()) or " "
    lead = " " if text[0].isspace() and plain != " " else ""
    found.parts.append(lead + plain + (" " if text[-1].isspace() and plain != " " else ""))


def _put_sign(found: OpenText, sign: str, hidden: bool) -> None:
    if not hidden:
        found.parts.append(sign)
