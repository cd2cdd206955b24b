"""Names that a question asks about and the evidence does not mention."""

import re
from collections.abc import Sequence
from typing import Final

from mistral_rag.grounding._evidence.evidence import EvidenceUnit

PAGE_HEAD: Final = 300
"""Characters of a page that may mention what its units are about."""

_NAME: Final = re.compile(r"(?<![.?!:]\s)(?<!^)\b[A-Z][a-z]{2,}\w*")
_SIGNS: Final = re.compile(r"[\W_]+")
_CALENDAR: Final = frozenset(
    """
    january february march april may june july august september october november december
    monday tuesday wednesday thursday friday saturday sunday
    """.split()  # noqa: SIM905 (reads better)
)


def not_mentioned(question: str, evidence: Sequence[EvidenceUnit]) -> list[str]:
    """The capitalised words of an English question, sentence beginnings and months apart, that stand nowhere.

    Looked for in the units, the heads of their pages, titles and file names, whatever the signs and blanks between
    letters: "Foot Locker" is mentioned by "FOOTLOCKER_2022.pdf".
    """
    if any(unit.passage.source.language not in {"", "en"} for unit in evidence):
        return []
    held = _squeezed(" ".join(_told(unit) for unit in evidence))
    names = dict.fromkeys(re.sub(r"['’]s$", "", name) for name in _NAME.findall(question))
    return [name for name in names if name.lower() not in _CALENDAR and _squeezed(name) not in held]


def _told(unit: EvidenceUnit) -> str:
    source, page = unit.passage.source, unit.passage.page
    return f"{unit.text} {unit.header} {source.title} {source.name} {page.text[:PAGE_HEAD]}"


def _squeezed(text: str) -> str:
    return _SIGNS.sub("", text.lower())
