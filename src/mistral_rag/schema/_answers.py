"""Answers: their claims, citations, and what was withheld."""

from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, model_validator

from mistral_rag.schema._base import Metadata, Model, Offset, Text
from mistral_rag.schema._citations import Citation

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage

Support = Literal["supported", "partial", "unsupported", "contradicted", "unchecked"]
"""Judgements of a claim by the evidence that it cites."""
Status = Literal["answered", "partial", "abstained", "blocked", "incomplete"]
"""Outcomes of a question: "blocked" by a guardrail, "incomplete" when the reply broke off."""


class Claim(Model):
    """A sentence of the answer, and whether what it cites backs it.

    A "connective" leads from one statement to the next, an "abstention" says that the answer is not known; neither
    needs a source. `numbers_ok` is False when a number of the claim neither stands in its sources nor is computed from
    them in a way that the claim names; None when it has no number or no source. `unknown_markers` were taken out of
    it, as they point at no evidence.
    """

    start: Offset
    end: Offset
    kind: Literal["fact", "connective", "abstention"] = "fact"
    support: Support = "unchecked"
    numbers_ok: bool | None = None
    reasons: tuple[Text, ...] = ()
    citations: tuple[str, ...] = Field(default=(), description="markers")
    unknown_markers: tuple[Text, ...] = ()


class RetrievedDocument(Model):
    """A LangChain Document that retrieval returned, as plain JSON."""

    id: Text | None = None
    page_content: Text
    metadata: Metadata = Field(default_factory=dict)


class Removed(Model):
    """A statement that was withheld from the answer, and why."""

    text: Text
    reason: Text


class Answer(Model):
    """An answer that can be checked.

    `standalone_question` is what was searched for where `question` needed the conversation before it: "What were net
    sales in 2021?" for "And in 2021?". `text` holds markers such as ``[1]``. `reason` says why an answer is partial,
    abstained, blocked or incomplete. `usage` counts tokens, `cost` is in US dollars (None when unknown), `timings` are
    seconds.
    """

    question: Text
    standalone_question: Text | None = None
    text: Text
    status: Status
    reason: Text | None = None
    citations: tuple[Citation, ...] = ()
    claims: tuple[Claim, ...] = ()
    removed: tuple[Removed, ...] = ()
    documents: tuple[RetrievedDocument, ...] = ()
    model: Text | None = None
    usage: dict[str, int] = Field(default_factory=dict)
    cost: float | None = None
    timings: dict[str, float] = Field(default_factory=dict)
    warnings: tuple[Text, ...] = ()
    generation: int | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        length = len(self.text)
        ends = [c.end for c in self.citations] + [c.end for c in self.claims]
        if max(ends, default=0) > length:
            raise ValueError("a citation or claim ends behind the answer's text")
        known = {citation.marker for citation in self.citations}
        if missing := {m for claim in self.claims for m in claim.citations} - known:
            raise ValueError(f"claims name markers without a citation: {sorted(missing)}")
        if self.status not in {"answered", "partial"} and not self.reason:
            raise ValueError(f"an answer that is {self.status} says why in `reason`")
        return self

    def as_message(self) -> "AIMessage":
        """The answer as an AIMessage: one text block whose annotations are the citations.

        Without a text it says the reason: a conversation goes on from what its messages say.
        """
        from langchain_core.messages import AIMessage
        from langchain_core.messages.ai import UsageMetadata
        from langchain_core.messages.content import create_text_block

        block = create_text_block(
            self.text or self.reason or "", annotations=[citation.to_annotation() for citation in self.citations]
        )
        details = {"status": self.status, "reason": self.reason, "model_name": self.model}
        counts = [self.usage.get(name) for name in ("input_tokens", "output_tokens", "total_tokens")]
        usage = None
        if counts[0] is not None and counts[1] is not None:
            total = counts[0] + counts[1] if counts[2] is None else counts[2]
            usage = UsageMetadata(input_tokens=counts[0], output_tokens=counts[1], total_tokens=total)
        return AIMessage(
            content_blocks=[block],
            response_metadata={name: value for name, value in details.items() if value},
            usage_metadata=usage,
        )
