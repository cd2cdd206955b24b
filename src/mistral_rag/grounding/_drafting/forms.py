"""Forms in which a model points at evidence: markers in its text, references of the platform, structured output.

Each form has a prompt, and a reader that turns the messages of a reply into text with markers, so that one parser and
one check stand behind all of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from langchain_core.messages import BaseMessage

from mistral_rag.grounding._drafting.references import ReferencedReply, reference_prompt
from mistral_rag.grounding._drafting.structured import StructuredReply, structured_prompt
from mistral_rag.grounding._evidence.evidence import EvidenceUnit
from mistral_rag.grounding._evidence.prompt import messages

DraftForm = Literal["markers", "references", "structured"]


class MarkedReply(Protocol):
    """Reads the messages of one reply; gives its text with markers."""

    def feed(self, message: BaseMessage, /) -> str:
        """Take a message, or the next chunk of one; returns the text that is certain."""

    def close(self) -> str:
        """End the reply; returns the rest of the text."""


class ReplyForm(Protocol):
    """A way to ask for an answer, and to read it."""

    def prompt(
        self, question: str, evidence: Sequence[EvidenceUnit], *, nonce: str, instructions: str, template: str | None
    ) -> list[BaseMessage]:
        """Write the prompt."""

    def reader(self, nonce: str, /) -> MarkedReply:
        """A reader of one reply."""


class _PlainReply:
    def feed(self, message: BaseMessage) -> str:
        return str(message.text)

    def close(self) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class MarkerForm:
    """Markers in the text, ``[E1-k3xq]``."""

    def prompt(
        self, question: str, evidence: Sequence[EvidenceUnit], *, nonce: str, instructions: str, template: str | None
    ) -> list[BaseMessage]:
        """Write the prompt that asks for markers."""
        return messages(question, evidence, nonce=nonce, instructions=instructions, template=template)

    def reader(self, nonce: str) -> MarkedReply:
        """A reader that takes the text as it is."""
        return _PlainReply()


@dataclass(frozen=True, slots=True)
class ReferenceForm:
    """References of the Mistral platform."""

    def prompt(
        self, question: str, evidence: Sequence[EvidenceUnit], *, nonce: str, instructions: str, template: str | None
    ) -> list[BaseMessage]:
        """Write the prompt that shows evidence as a tool's result; a template has no place in it."""
        return reference_prompt(question, evidence, instructions=instructions)

    def reader(self, nonce: str) -> MarkedReply:
        """A reader of texts with citations."""
        return ReferencedReply(nonce)


@dataclass(frozen=True, slots=True)
class StructuredForm:
    """Statements as JSON."""

    def prompt(
        self, question: str, evidence: Sequence[EvidenceUnit], *, nonce: str, instructions: str, template: str | None
    ) -> list[BaseMessage]:
        """Write the prompt that asks for JSON."""
        return structured_prompt(question, evidence, nonce=nonce, instructions=instructions, template=template)

    def reader(self, nonce: str) -> MarkedReply:
        """A reader of JSON."""
        return StructuredReply(nonce)


def form_of(name: DraftForm) -> ReplyForm:
    """The form of this name."""
    forms: dict[DraftForm, ReplyForm] = {
        "markers": MarkerForm(),
        "references": ReferenceForm(),
        "structured": StructuredForm(),
    }
    return forms[name]
