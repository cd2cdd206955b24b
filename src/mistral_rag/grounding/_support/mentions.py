"""Names in a question that the evidence does not mention."""

import re
from collections.abc import Sequence
from typing import Final

from mistral_rag.grounding._evidence.evidence import EvidenceUnit
from mistral_rag.text import NON_ALPHANUMERIC

PAGE_HEAD: Final = 300
"""Characters at the start of a page in which its subject may be named."""

_NAME: Final = re.compile(r"(?<![.?!:]\s)(?<!^)\b[A-Z][a-z]{2,}\w*")
_CALENDAR: Final = frozenset(
    """
    january february march april may june july august september october november december
    monday tuesday wednesday thursday friday saturday sunday
    """.split()  # noqa: SIM905 (reads better)
)


def not_mentioned(question: str, evidence: Sequence[EvidenceUnit]) -> list[str]:
    """Capitalised words of an English question that are in none of the evidence, but for sentence starts and dates.

    The units, the heads of their pages, titles and file names are searched, without regard to case, punctuation and
    blanks: "Foot Locker" is mentioned by "FOOTLOCKER_2022.pdf". Empty for evidence in other languages, where
    capitals do not tell names.
    """
    if any(unit.passage.source.language not in {"", "en"} for unit in evidence):
        return []
    mentioned = _letters(" ".join(_mentioning_text(unit) for unit in evidence))
    names = dict.fromkeys(re.sub(r"['’]s$", "", name) for name in _NAME.findall(question))
    return [name for name in names if name.lower() not in _CALENDAR and _letters(name) not in mentioned]


def _mentioning_text(unit: EvidenceUnit) -> str:
    source, page = unit.passage.source, unit.passage.page
    return f"{unit.text} {unit.header} {source.title} {source.name} {page.text[:PAGE_HEAD]}"


def _letters(text: str) -> str:
    return NON_ALPHANUMERIC.sub("", text.lower())
