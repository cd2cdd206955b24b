"""The answer to a question with evidence, built from the messages of a model's reply. Does no I/O."""

from collections.abc import Sequence
from typing import Any, Literal

from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.messages.ai import UsageMetadata, add_usage

from mistral_rag.grounding._drafting.draft import Draft, Statement, clauses
from mistral_rag.grounding._drafting.links import LinkFilter, links_warning
from mistral_rag.grounding._evidence.evidence import EvidenceUnit, messages, new_nonce
from mistral_rag.grounding._evidence.retrieved import Retrieved
from mistral_rag.grounding._quotes.citations import cite
from mistral_rag.grounding._quotes.edges import without_amounts
from mistral_rag.grounding._quotes.markup import addresses
from mistral_rag.grounding._support.support import Judgement, judge
from mistral_rag.schema import Answer, Citation, Claim, Removed, Status
from mistral_rag.text import content_words

Unsupported = Literal["flag", "withhold"]
CUT_OFF_REASONS = {"length", "model_length", "max_tokens", "max_output_tokens", "error"}
BLOCKED_REASONS = {"content_filter", "refusal", "safety"}
"""Finish reasons of several vendors, as any LangChain chat model may be used."""
EMPTY_REPLY = "the model replied without text"


class AnswerBuilder:
    """Takes the messages of one reply; gives the answer's text as it grows, then the whole answer.

    `messages` is the prompt. `begun` says that the reply has text; `blocked` is the reason of a refusal.
    """

    def __init__(self, retrieved: Retrieved, *, unsupported: Unsupported = "flag") -> None:
        self._retrieved = retrieved
        self._units = {unit.number: unit for unit in retrieved.evidence}
        nonce = new_nonce([retrieved.question, *(unit.text for unit in retrieved.evidence)])
        self.messages: list[BaseMessage] = messages(retrieved.question, retrieved.evidence, nonce=nonce)
        withhold = self._why_withheld if unsupported == "withhold" else None
        self._draft = Draft(nonce, len(self._units), withhold=withhold, links=LinkFilter(_known_addresses(retrieved)))
        self._details: dict[str, Any] = {}
        self._usage: UsageMetadata | None = None
        self._interrupted: str | None = None
        self.begun = False
        self.blocked: str | None = None

    def feed(self, message: BaseMessage) -> str:
        """Take a message, or the next chunk of one; returns the text that it adds to the answer."""
        self._details |= {key: value for key, value in message.response_metadata.items() if value is not None}
        if isinstance(message, AIMessage) and message.usage_metadata:
            self._usage = add_usage(self._usage, message.usage_metadata)
        text = str(message.text)
        self.begun = self.begun or bool(text)
        return self._draft.feed(text)

    def close(self, *, interrupted: str | None = None) -> str:
        """End the reply; returns the rest of the text. `interrupted` is the reason when it did not end by itself."""
        self._interrupted = interrupted
        return self._draft.close()

    def answer(self) -> Answer:
        """Build the answer; its status says whether it is complete."""
        draft = self._draft
        statements = draft.statements()
        claims = tuple(self._claim(statement) for statement in statements)
        status, reason = self._status(claims)
        return self._retrieved.answer(
            text=draft.text,
            status=status,
            reason=reason,
            claims=claims if draft.markers or status != "abstained" else (),
            citations=self._citations(statements),
            removed=tuple(Removed(text=text, reason=why) for text, why in draft.withheld),
            model=self._details.get("model_name") or self._details.get("model"),
            usage=_counts(self._usage),
            warnings=self._warnings(),
        )

    def _citations(self, statements: Sequence[Statement]) -> tuple[Citation, ...]:
        """Citations, one a marker number, each for the first clause that it backs."""
        numbers = self._draft.numbers
        clauses_of: dict[int, tuple[int, int]] = {}
        for statement in statements:
            for marker, offsets in zip(statement.markers, clauses(self._draft.text, statement), strict=True):
                clauses_of.setdefault(marker.line, offsets)
        ordered = sorted(clauses_of, key=numbers.__getitem__)
        return tuple(
            cite(self._units[line].passage, [self._units[line].index], marker=str(numbers[line]), start=a, end=b)
            for line in ordered
            for a, b in [clauses_of[line]]
        )

    def _claim(self, statement: Statement) -> Claim:
        lines = tuple(dict.fromkeys(marker.line for marker in statement.markers))
        offsets = {"start": statement.start, "end": statement.end}
        if not lines and connects(statement.plain):
            return Claim(**offsets, kind="connective")
        judgement = self._judged(statement.plain, lines)
        return Claim(
            **offsets,
            support=judgement.support,
            numbers_ok=judgement.numbers_ok,
            reasons=judgement.reasons,
            citations=tuple(str(self._draft.numbers[line]) for line in lines),
        )

    def _judged(self, plain: str, lines: Sequence[int]) -> Judgement:
        units = [self._units[line] for line in lines]
        language = next((unit.passage.source.language for unit in units), "") or "en"
        return judge(plain, [source_text(unit) for unit in units], language)

    def _why_withheld(self, plain: str, lines: tuple[int, ...]) -> str | None:
        cited = [line for line in dict.fromkeys(lines) if line]
        if 0 in lines or (not cited and connects(plain)):
            return None
        judgement = self._judged(plain, cited)
        return "; ".join(judgement.reasons) or "not backed" if judgement.support == "unsupported" else None

    def _status(self, claims: Sequence[Claim]) -> tuple[Status, str | None]:
        finish = str(self._details.get("finish_reason") or self._details.get("stop_reason") or "").lower()
        if self.blocked is not None:
            return "blocked", self.blocked
        if self._interrupted is not None:
            return "incomplete", self._interrupted
        if finish in BLOCKED_REASONS:
            return "blocked", f"the model stopped with {finish!r}"
        if finish in CUT_OFF_REASONS:
            return "incomplete", f"the model's reply was cut off (finish reason {finish!r})"
        if self._draft.declined and not self._draft.markers:
            return "abstained", "the model found no answer in the evidence"
        return self._grade(claims)

    def _grade(self, claims: Sequence[Claim]) -> tuple[Status, str | None]:
        draft = self._draft
        weak = [claim for claim in claims if claim.support == "unsupported"]
        if not draft.text:
            reason = "every statement of the reply was withheld: none is backed by the evidence"
            return ("abstained", reason) if draft.withheld else ("incomplete", EMPTY_REPLY)
        if draft.withheld:
            count = len(draft.withheld)
            return "partial", f"{count} statements were withheld" if count > 1 else "1 statement was withheld"
        if weak:
            facts = sum(claim.kind == "fact" for claim in claims)
            return "partial", f"{len(weak)} of {facts} statements are not backed by what they cite"
        if not draft.markers:
            return "partial", "no statement of the reply points at evidence"
        return ("partial", "the evidence does not answer all of the question") if draft.declined else ("answered", None)

    def _warnings(self) -> list[str]:
        forged, links = self._draft.forged, self._draft.links.removed
        warnings = [f"took out markers that point at no evidence: {', '.join(map(repr, forged))}"] if forged else []
        return [*warnings, links_warning(links)] if links else warnings


def connects(plain: str) -> bool:
    """True when a sentence without markers only leads from one statement to the next."""
    return plain.rstrip().endswith(":") or not any(map(str.isalnum, plain)) or len(content_words(plain)) < 2


def _known_addresses(retrieved: Retrieved) -> frozenset[str]:
    """The addresses that stand on the pages of the evidence, or in the question."""
    pages = {unit.page_key: unit.passage.page.text for unit in retrieved.evidence}
    return addresses([*pages.values(), retrieved.question])


def source_text(unit: EvidenceUnit) -> str:
    """Text of a unit with what a reader sees around it: column headers, headings, the title, but no amount in it."""
    passage = unit.passage
    return "\n".join([unit.text, unit.header, *passage.chunk.headings, without_amounts(passage.source.title)])


def _counts(usage: UsageMetadata | None) -> dict[str, int]:
    return {key: value for key, value in (usage or {}).items() if isinstance(value, int)}
