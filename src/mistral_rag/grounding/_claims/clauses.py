"""Clauses of a statement that nothing it cites says."""

import re
from collections.abc import Iterator
from typing import Final

from mistral_rag.grounding._claims.alignment import TokenizedText
from mistral_rag.grounding._claims.findings import Compared, Finding

_DIVIDES: Final = re.compile(
    r"""[;:–—()]|,(?=\s)|\s(?=(?:and|but|because|due\sto|driven\sby|thanks\sto|owing\sto|since|while|whereas|although|which|who|after|before
          |despite|following|as\sa\sresult|leading\sto|resulting\sin|mainly|primarily|so\sthat|unless|if|when
          |und|aber|weil|da|wegen|aufgrund|während|obwohl|nachdem|bevor|sondern|wobei|falls|wenn
          |et|mais|parce\sque|car|grâce\sà|en\sraison|tandis|alors\sque|après|avant|malgré|qui|si
          |y|pero|porque|debido|gracias|mientras|aunque|después|antes|tras|si)\s)""",
    re.VERBOSE | re.IGNORECASE,
)
MIN_STEMS: Final = 2
"""Content words of a clause that is judged; fewer are too often a turn of phrase."""
MIN_SHARE: Final = 0.34
"""Share of a clause's content words that its sources must have."""
MAX_QUOTED: Final = 80


def added_clauses(compared: Compared) -> Iterator[Finding]:
    """Clauses of whose words hardly any stands in the sources, beside others that stand there."""
    judged = [(clause, TokenizedText(clause, compared.language).stems) for clause in _clauses(compared.statement)]
    judged = [(clause, stems) for clause, stems in judged if len(stems) >= MIN_STEMS]
    added = [clause for clause, stems in judged if len(stems & compared.stems) < MIN_SHARE * len(stems)]
    if len(added) < len(judged):
        for clause in added:
            shown = clause if len(clause) <= MAX_QUOTED else f"{clause[:MAX_QUOTED]}…"
            yield Finding("partial", f"nothing it cites says {shown!r}")


def _clauses(statement: str) -> Iterator[str]:
    at = 0
    for found in _DIVIDES.finditer(statement):
        if clause := statement[at : found.start()].strip(" ,;:.-"):
            yield clause
        at = found.end()
    if clause := statement[at:].strip(" ,;:.-"):
        yield clause
