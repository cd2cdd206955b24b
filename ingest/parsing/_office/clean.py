"""Texts of cells and names on one line, without what nobody sees."""

import re
from typing import Final

from mistral_rag.schema import clean_text
from mistral_rag.text import drop_invisible

_ESCAPED: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")


def one_line(text: str) -> str:
    """A text of a cell: clean, with single blanks."""
    return " ".join(drop_invisible(clean_text(text)).split())


def unescaped(text: str) -> str:
    """A text of a workbook with its escaped characters (ECMA-376 part 1, 22.9.2.19: "_x000D_")."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text
