"""Verdicts on the statements of a reply, by the evidence that they cite."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from mistral_rag.grounding._drafting.phrases import connects, declines
from mistral_rag.grounding._drafting.statements import Statement
from mistral_rag.grounding._evidence.evidence import EvidenceUnit
from mistral_rag.grounding._quotes.edges import without_amounts
from mistral_rag.grounding._support.support import Judgement, judge, worst
from mistral_rag.schema import Claim, Support

FAILING: Final = frozenset[Support]({"unsupported", "contradicted"})
"""Verdicts with which a statement is repaired, dropped, or raises."""
PAGE_HEAD: Final = 300
"""Characters at the start of a page in which its subject may be named."""
_Key = tuple[str, tuple[int, ...]]


class StatementVerdicts:
    """Verdicts on statements, each worked out once: a stream and its answer need the same.

    `added` are verdicts of a judge; they can only make a verdict worse.
    """

    def __init__(self, question: str, evidence: Sequence[EvidenceUnit]) -> None:
        self.added: dict[str, tuple[Support, str]] = {}
        self._question = question
        self._units = {unit.number: unit for unit in evidence}
        self._judged: dict[_Key, Judgement] = {}

    def claim(self, statement: Statement, shown: Mapping[int, int]) -> Claim:
        """The claim that a statement makes; `shown` maps evidence lines to the numbers of their markers."""
        lines = tuple(dict.fromkeys(marker.line for marker in statement.markers))
        offsets = {"start": statement.start, "end": statement.end}
        if not lines and not statement.unknown:
            if declines(statement.plain, self._question):
                return Claim(**offsets, kind="abstention")
            if connects(statement.plain, self._question):
                return Claim(**offsets, kind="connective")
        judgement = self.judgement(statement.plain, lines, statement.unknown)
        return Claim(
            **offsets,
            support=judgement.support,
            numbers_ok=judgement.numbers_ok,
            reasons=judgement.reasons,
            citations=tuple(str(shown[line]) for line in lines),
            unknown_markers=statement.unknown,
        )

    def why_withheld(self, plain: str, lines: tuple[int, ...], unknown: tuple[str, ...]) -> str | None:
        """The reason to leave a statement out; None for one that may stay."""
        cited = tuple(line for line in dict.fromkeys(lines) if line)
        if 0 in lines or (not cited and not unknown and self._states_nothing(plain)):
            return None
        judgement = self.judgement(plain, cited, unknown)
        return "; ".join(judgement.reasons) or "not backed" if judgement.support in FAILING else None

    def judgement(self, plain: str, lines: tuple[int, ...], unknown: Sequence[str]) -> Judgement:
        """The judgement of a statement by the lines it cites, and by the judge if one has spoken."""
        if (plain, lines) not in self._judged:
            self._judged[plain, lines] = self._by_code(plain, lines)
        found = self._judged[plain, lines]
        if unknown:
            markers = ", ".join(map(repr, unknown))
            found = replace(found, reasons=(f"{markers} points at no evidence", *found.reasons))
        if (verdict := self.added.get(plain)) is not None and worst([found.support, verdict[0]]) != found.support:
            found = replace(found, support=verdict[0], reasons=(*found.reasons, verdict[1]))
        return found

    def sources(self, lines: Sequence[int]) -> list[str]:
        """Texts of evidence lines."""
        return [source_text(self._units[line]) for line in lines]

    def _states_nothing(self, plain: str) -> bool:
        return declines(plain, self._question) or connects(plain, self._question)

    def _by_code(self, plain: str, lines: Sequence[int]) -> Judgement:
        units = [self._units[line] for line in lines]
        language = next((unit.passage.source.language for unit in units), "") or "en"
        around = " ".join(surroundings(unit) for unit in units)
        return judge(plain, self.sources(lines), language, around=around, question=self._question)


def source_text(unit: EvidenceUnit) -> str:
    """Text of a unit with what a reader sees around it: its columns, headings, the title, but no amount in it."""
    passage = unit.passage
    values = f"({unit.named_values})" if unit.named_values else ""
    title = without_amounts(passage.source.title)
    # a blank line keeps what stands around a unit out of its last sentence
    return "\n\n".join(filter(None, [unit.text, values, unit.header, *passage.chunk.headings, title]))


def surroundings(unit: EvidenceUnit) -> str:
    """Names of the document's subject: its title, its name, and the head of the page."""
    source, page = unit.passage.source, unit.passage.page
    return f"{source.title} {source.name} {page.text[:PAGE_HEAD]}"
