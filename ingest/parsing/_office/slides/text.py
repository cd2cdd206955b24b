"""Texts of shapes, paragraph by paragraph, with the numbers of numbered lists; tables of slides."""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final
from xml.etree.ElementTree import Element

from ingest.parsing._office.clean import one_line
from ingest.parsing._office.equations import equation_text
from ingest.parsing._office.xml import value_of, whole
from ingest.parsing._pages.joints import LEVEL, LOWERED, RAISED, without_joints
from ingest.parsing._pages.printed_numbers import OFFICE_FORMS
from mistral_rag.schema import BlockKind
from mistral_rag.text import TableGrid

LEVELS: Final = 9
_FORM: Final = re.compile(r"(arabic|alphaLc|alphaUc|romanLc|romanUc)(Period|ParenBoth|ParenR|Plain)")
_NUMBERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "arabic": "decimal",
        "alphaLc": "lowerLetter",
        "alphaUc": "upperLetter",
        "romanLc": "lowerRoman",
        "romanUc": "upperRoman",
    }
)
_AROUND: Final[Mapping[str, str]] = MappingProxyType(
    {"Period": "{}.", "ParenBoth": "({})", "ParenR": "{})", "Plain": "{}"}
)


def paragraphs(body: Element | None) -> Iterator[tuple[BlockKind, str]]:
    """The paragraphs of a shape's text, each with its kind; numbered ones with the number that is shown."""
    counts: list[int | None] = [None] * LEVELS
    for paragraph in () if body is None else body.iterfind("a_p"):
        text = paragraph_text(paragraph)
        properties = paragraph.find("a_pPr")
        level = min(whole(None if properties is None else properties.get("lvl")), LEVELS - 1)
        numbered = None if properties is None else properties.find("a_buAutoNum")
        bulleted = properties is not None and (
            properties.find("a_buChar") is not None or properties.find("a_buBlip") is not None
        )
        if not text:
            continue
        counts[level + 1 :] = [None] * (LEVELS - level - 1)
        if numbered is None:
            counts[level] = None
            yield ("list" if bulleted or level else "text"), text
        else:
            before = counts[level]
            counts[level] = whole(numbered.get("startAt"), 1) if before is None else before + 1
            yield "list", f"{_marker(counts[level] or 1, numbered.get('type', ''))} {text}"


def paragraph_text(paragraph: Element) -> str:
    """The text of a paragraph on a slide; each line without the blanks around it."""
    parts: list[str] = []
    for child in paragraph:
        if child.tag in ("a_r", "a_fld"):
            text, shift = child.findtext("a_t") or "", value_of(child, "a_rPr", "baseline") or "0"
            sign = "" if shift.strip("+-0%.") == "" else LOWERED if shift.startswith("-") else RAISED
            parts.append(f"{sign}{text}{LEVEL}" if sign else text)
        elif child.tag == "a_br":
            parts.append("\n")
        elif child.tag not in ("a_pPr", "a_endParaRPr"):
            parts.append(equation_text(child))
    text = without_joints("".join(parts)).replace("\v", "\n")
    return "\n".join(" ".join(line.split()) for line in text.split("\n")).strip()


def table_grid(table: Element) -> TableGrid:
    """A table of a slide as a grid of cells."""
    grid = TableGrid()
    properties = table.find("a_tblPr")
    has_head = properties is not None and properties.get("firstRow") in ("1", "true")
    for at, row in enumerate(table.iterfind("a_tr")):
        for cell in row.iterfind("a_tc"):
            if cell.get("hMerge") in ("1", "true") or cell.get("vMerge") in ("1", "true"):
                continue
            texts = (paragraph_text(paragraph) for paragraph in cell.iterfind("a_txBody/a_p"))
            text = one_line(" ".join(texts))
            across, down = whole(cell.get("gridSpan"), 1), whole(cell.get("rowSpan"), 1)
            grid.add(text, is_head=has_head and at == 0, across=max(across, 1), down=max(down, 1))
        grid.end_row(in_head=has_head and at == 0)
    grid.drop_empty_columns()
    return grid


def _marker(number: int, form: str) -> str:
    found = _FORM.fullmatch(form)
    if found is None:
        return f"{number}."
    return _AROUND[found[2]].format(OFFICE_FORMS[_NUMBERS[found[1]]](number))
