"""A question that stands by itself: the one that was asked, or the one that a follow-up means."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self

from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.runnables import RunnableConfig

from mistral_rag.grounding._conversation.earlier import RereadingRetriever, earlier_citations, passages_again
from mistral_rag.grounding._conversation.rewording import checked, prompt, run_config
from mistral_rag.grounding._conversation.turns import Turn
from mistral_rag.grounding._conversation.whole import made_whole
from mistral_rag.grounding._evidence.retrieved import Retrieved
from mistral_rag.grounding._models import INTERRUPTIONS, Model
from mistral_rag.retrieval import Passage

Condense = Literal["model", "rules", "off"]
"""What makes a follow-up whole."""


@dataclass(frozen=True, slots=True)
class Standalone:
    """A question to search for; `asked` is the follow-up that it was made of, `history` what came before that.

    `usage` counts the tokens that it took.
    """

    question: str
    asked: str | None = None
    history: tuple[BaseMessage, ...] = ()
    warnings: tuple[str, ...] = ()
    usage: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, turn: Turn) -> Self:
        """The question as it was asked."""
        return cls(turn.question)

    def reworded(self, reply: Any, turn: Turn) -> Self:
        """The question as a model has made it whole, where that may be used."""
        usage = reply.usage_metadata if isinstance(reply, AIMessage) else None
        counts = {name: value for name, value in (usage or {}).items() if isinstance(value, int)}
        question = checked(str(reply.text) if isinstance(reply, BaseMessage) else str(reply), turn)
        if question is None:
            warning = "the model's wording of the follow-up could not be used; rules made it whole"
            return replace(self, usage=counts, warnings=(*self.warnings, warning))
        return replace(self, usage=counts, question=question)

    def not_reworded(self, error: Exception) -> Self:
        """The question that rules have made, because the model failed."""
        warning = f"rules made the follow-up whole, as the model failed: {type(error).__name__}"
        return replace(self, warnings=(*self.warnings, warning))

    def on(self, retrieved: Retrieved, *, warnings: tuple[str, ...] = ()) -> Retrieved:
        """The evidence as that of this question."""
        told = (*self.warnings, *retrieved.warnings, *warnings)
        return replace(retrieved, asked=self.asked, usage=self.usage, warnings=told)


def by_rules(turn: Turn) -> Standalone:
    """The question with what it takes from the conversation."""
    whole = made_whole(turn.question, turn.questions)
    return Standalone.of(turn) if whole is None else Standalone(whole, asked=turn.question, history=turn.history)


def standalone(turn: Turn, model: Model | None, condense: Condense, config: RunnableConfig) -> Standalone:
    """The question as it is searched for; the model rewords a follow-up where it may."""
    ruled = _ruled(turn, condense)
    if ruled.asked is None or model is None or condense != "model":
        return ruled
    try:
        return ruled.reworded(model.invoke(prompt(turn), run_config(config)), turn)
    except INTERRUPTIONS as error:
        return ruled.not_reworded(error)


async def astandalone(turn: Turn, model: Model | None, condense: Condense, config: RunnableConfig) -> Standalone:
    """`standalone` for coroutines."""
    ruled = _ruled(turn, condense)
    if ruled.asked is None or model is None or condense != "model":
        return ruled
    try:
        reply = await model.ainvoke(prompt(turn), run_config(config))
    except INTERRUPTIONS as error:
        return ruled.not_reworded(error)
    return ruled.reworded(reply, turn)


def _ruled(turn: Turn, condense: Condense) -> Standalone:
    return Standalone.of(turn) if condense == "off" else by_rules(turn)


def earlier_passages(
    retriever: object, standalone: Standalone, settings: Mapping[str, Any]
) -> tuple[list[Passage], tuple[str, ...]]:
    """Passages that a follow-up may cite again, and warnings about those that it may not."""
    citations = earlier_citations(standalone.history)
    if not citations or not isinstance(retriever, RereadingRetriever):
        return [], ()
    allowed = {name: value for name, value in settings.items() if name in {"filter", "search_kwargs"}}
    passages, warnings = passages_again(retriever, citations, allowed)
    return passages, tuple(warnings)
