"""One reply of a model, taken message by message, and the answer that it makes. Does no I/O."""

import re
from collections.abc import Sequence
from typing import Any, Final

from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.messages.ai import UsageMetadata, add_usage

from mistral_rag.grounding._drafting.draft import Draft, Withhold
from mistral_rag.grounding._drafting.forms import MarkedReply
from mistral_rag.grounding._drafting.links import LinkFilter, links_warning
from mistral_rag.grounding._drafting.statements import Statement, clauses
from mistral_rag.grounding._drafting.verdicts import FAILING, StatementVerdicts
from mistral_rag.grounding._evidence.evidence import EvidenceUnit
from mistral_rag.grounding._quotes.citations import cite
from mistral_rag.schema import Citation, Claim, Status

CUT_OFF_REASONS: Final = frozenset({"length", "model_length", "max_tokens", "max_output_tokens", "error"})
BLOCKED_REASONS: Final = frozenset({"content_filter", "refusal", "safety"})
"""Finish reasons of several vendors, as any LangChain chat model may be used."""
EMPTY_REPLY: Final = "the model replied without text"
MAX_SHOWN: Final = 80
"""Characters of a statement that are shown in a warning."""
_BLANK_BEFORE_STOP: Final = re.compile(r" (?=[.,;:!?])")
NO_ANSWER: Final = "the model found no answer in the evidence"


class CheckedReply:
    """A reply and its claims. `begun` says that it has text; `blocked` is the reason of a refusal."""

    def __init__(
        self,
        form: MarkedReply,
        nonce: str,
        verdicts: StatementVerdicts,
        lines: int,
        *,
        withhold: Withhold | None,
        links: LinkFilter,
    ) -> None:
        self.draft = Draft(nonce, lines, withhold=withhold, links=links)
        self.text = ""
        self.begun = False
        self.blocked: str | None = None
        self.interrupted: str | None = None
        self.usage: UsageMetadata | None = None
        self.details: dict[str, Any] = {}
        self._form = form
        self._verdicts = verdicts

    def feed(self, message: BaseMessage) -> str:
        """Take a message, or the next chunk of one; returns the text that it adds to the answer."""
        self.details |= {key: value for key, value in message.response_metadata.items() if value is not None}
        if isinstance(message, AIMessage) and message.usage_metadata:
            self.usage = add_usage(self.usage, message.usage_metadata)
        return self._take(self._form.feed(message))

    def close(self) -> str:
        """End the reply; returns the rest of the text."""
        return self._take(self._form.close()) + self.draft.close()

    def statements(self) -> list[Statement]:
        """The sentences of its text."""
        return self.draft.statements()

    def claims(self) -> tuple[Claim, ...]:
        """The claims of its text, in order."""
        return tuple(self._verdicts.claim(statement, self.draft.numbers) for statement in self.statements())

    def citations(self, units: dict[int, EvidenceUnit]) -> tuple[Citation, ...]:
        """Citations, one a marker number, each for the first clause that it backs."""
        numbers = self.draft.numbers
        clauses_of: dict[int, tuple[int, int]] = {}
        for statement in self.statements():
            for marker, offsets in zip(statement.markers, clauses(self.draft.text, statement), strict=True):
                clauses_of.setdefault(marker.line, offsets)
        ordered = sorted(clauses_of, key=numbers.__getitem__)
        return tuple(
            cite(units[line].passage, [units[line].index], marker=str(numbers[line]), start=a, end=b)
            for line in ordered
            for a, b in [clauses_of[line]]
        )

    def status(self, claims: Sequence[Claim]) -> tuple[Status, str | None]:
        """The status of the answer, and the reason where there is one."""
        finish = str(self.details.get("finish_reason") or self.details.get("stop_reason") or "").lower()
        if self.blocked is not None:
            return "blocked", self.blocked
        if self.interrupted is not None:
            return "incomplete", self.interrupted
        if finish in BLOCKED_REASONS:
            return "blocked", f"the model stopped with {finish!r}"
        if finish in CUT_OFF_REASONS:
            return "incomplete", f"the model's reply was cut off (finish reason {finish!r})"
        if self.draft.declined and not self.draft.markers:
            return "abstained", NO_ANSWER
        return _grade(self.draft, claims)

    def warnings(self) -> list[str]:
        """Markers that were taken out, with the statements they stood at, and links that stand in no document."""
        statements = [statement for statement in self.statements() if statement.unknown]
        told = [f"{', '.join(map(repr, s.unknown))} (at {_shown(s.plain)!r})" for s in statements]
        if not self.statements() and self.draft.unknown:
            told = [", ".join(repr(unknown.text) for unknown in self.draft.unknown)]
        warnings = [f"took out markers that point at no evidence: {'; '.join(told)}"] if told else []
        links = self.draft.links.removed
        return [*warnings, links_warning(links)] if links else warnings

    def _take(self, text: str) -> str:
        self.text += text
        self.begun = self.begun or bool(text)
        return self.draft.feed(text)


def _shown(plain: str) -> str:
    """The beginning of a statement, in one line, without the blanks that markers left."""
    return _BLANK_BEFORE_STOP.sub("", " ".join(plain.split()))[:MAX_SHOWN]


def _grade(draft: Draft, claims: Sequence[Claim]) -> tuple[Status, str | None]:
    facts = [claim for claim in claims if claim.kind == "fact"]
    declined = draft.declined or any(claim.kind == "abstention" for claim in claims)
    failing = sum(claim.support in FAILING for claim in facts)
    if not draft.text:
        reason = "every statement of the reply was withheld: none is backed by the evidence"
        return ("abstained", reason) if draft.withheld else ("incomplete", EMPTY_REPLY)
    if not facts and not draft.withheld:
        return "abstained", NO_ANSWER if declined else "the reply states nothing that evidence could back"
    if failing == len(facts):
        return "abstained", "no statement of the reply is backed by the evidence"
    if draft.withheld:
        count = len(draft.withheld)
        return "partial", f"{count} statements were withheld" if count > 1 else "1 statement was withheld"
    return _grade_of_facts(facts, failing, declined=declined)


def _grade_of_facts(facts: Sequence[Claim], failing: int, *, declined: bool) -> tuple[Status, str | None]:
    if failing:
        contradicted = sum(claim.support == "contradicted" for claim in facts)
        said = f"; {contradicted} of them say the opposite" if contradicted else ""
        return "partial", f"{failing} of {len(facts)} statements are not backed by what they cite{said}"
    if weak := sum(claim.support == "partial" for claim in facts):
        return "partial", f"{weak} of {len(facts)} statements are backed only in part"
    return ("partial", "the evidence does not answer all of the question") if declined else ("answered", None)
