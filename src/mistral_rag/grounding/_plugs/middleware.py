"""An agent's final answer, checked against the evidence that its tools gave: middleware for `create_agent`."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final, NotRequired

from langchain_core.documents import Document
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.runnables import RunnableLambda

from mistral_rag.errors import ConfigurationError
from mistral_rag.grounding._chain import GroundedQA
from mistral_rag.grounding._plugs.tools import pages_of
from mistral_rag.schema import Answer

try:
    from langchain.agents.middleware import AgentMiddleware, AgentState
except ImportError as error:
    raise ConfigurationError('GroundedAnswers needs LangChain\'s agents. Run: pip install "langchain>=1"') from error

MAX_EVIDENCE: Final = 1_000_000
"""Characters of evidence: all that the tools gave, so that every marker in them means something."""
UNCHECKED: Final = "the agent found no evidence to check its answer by"
_HEADING: Final = re.compile(r"^# (.+)$")
_LINE: Final = re.compile(r"^\[E(\d{1,4})-(\w{1,12})\] (.+)$")
_MARKER: Final = re.compile(r"E(\d{1,4})-(\w{1,12})", re.IGNORECASE)

Place = tuple[str, str]
"""A line of evidence: the heading it stands under, and its text."""


class GroundedState(AgentState[Any]):
    """An agent's state with the checked answer, as plain JSON of `Answer`."""

    grounded_answer: NotRequired[dict[str, Any]]


class GroundedAnswers(AgentMiddleware[Any, Any, Any]):
    """Checks the final answer of an agent whose tools are made by `evidence_tool`.

    The last message is replaced by one with numbered citations as annotations; `grounded_answer` in the agent's state
    is the whole `Answer` with a verdict on each sentence. No model is asked. A message of an agent that has used no
    such tool stays as it is, and its `response_metadata` says "unchecked".

    Args:
        retriever: the one that the tool searches: its index gives the pages, as its groups may read them. None for
            Documents that are their own pages.
        settings: other settings of `GroundedQA`, such as its policy for statements that nothing backs.
    """

    state_schema = GroundedState

    def __init__(self, retriever: object = None, **settings: Any) -> None:
        super().__init__()
        store = pages_of(retriever)
        self._settings = {**settings, "condense": "off", "budget": MAX_EVIDENCE}
        if store is not None:
            self._settings["pages"] = store

    def after_agent(self, state: Any, runtime: Any) -> dict[str, Any] | None:
        """Check the final answer."""
        asked = _AgentTurn(state["messages"])
        if asked.final is None:
            return None
        if not asked.documents:
            return {"messages": [_unchecked(asked.final)]}
        return _checked(asked.final, self._chain(asked).invoke(asked.question))

    async def aafter_agent(self, state: Any, runtime: Any) -> dict[str, Any] | None:
        """As `after_agent`."""
        asked = _AgentTurn(state["messages"])
        if asked.final is None:
            return None
        if not asked.documents:
            return {"messages": [_unchecked(asked.final)]}
        return _checked(asked.final, await self._chain(asked).ainvoke(asked.question))

    def _chain(self, asked: "_AgentTurn") -> GroundedQA:
        """The chain that answers from the tools' Documents in the agent's words."""
        return GroundedQA(
            retriever=RunnableLambda(lambda _: asked.documents),
            model=RunnableLambda(asked.reply),
            **self._settings,
        )


class _AgentTurn:
    """Question, findings and reply of an agent."""

    def __init__(self, messages: Sequence[BaseMessage]) -> None:
        results = [m for m in messages if isinstance(m, ToolMessage) and _documents(m.artifact)]
        self.documents = [document for result in results for document in _documents(result.artifact)]
        self._markers = {marker: place for result in results for marker, place in _lines(str(result.text))}
        last = messages[-1] if messages else None
        self.final = last if isinstance(last, AIMessage) and not last.tool_calls and last.text.strip() else None
        questions = [str(m.text) for m in messages if isinstance(m, HumanMessage) and m.text.strip()]
        self.question = questions[-1] if questions else "?"

    def reply(self, prompt: Sequence[BaseMessage]) -> AIMessage:
        """The agent's answer with the markers of this prompt: those of lines that stand in it just as in the tools'."""
        here = {place: marker for marker, place in _lines(str(prompt[-1].text))}

        def translated(found: re.Match[str]) -> str:
            place = self._markers.get((int(found[1]), found[2].lower()))
            number, nonce = here.get(place, (0, "")) if place else (0, "")
            return f"E{number}-{nonce}" if number else found[0]

        text = _MARKER.sub(translated, str(self.final.text)) if self.final else ""
        return AIMessage(text, response_metadata=self.final.response_metadata if self.final else {})


def _documents(artifact: Any) -> list[Document]:
    return [one for one in artifact if isinstance(one, Document)] if isinstance(artifact, list | tuple) else []


def _lines(text: str) -> Iterator[tuple[tuple[int, str], Place]]:
    """Number and nonce of each line of evidence, and its place."""
    heading = ""
    for line in text.splitlines():
        if found := _HEADING.match(line):
            heading = found[1]
        elif found := _LINE.match(line):
            yield (int(found[1]), found[2].lower()), (heading, found[3])


def _checked(final: AIMessage, answer: Answer) -> dict[str, Any]:
    message = answer.as_message()
    message.id = final.id
    message.usage_metadata = final.usage_metadata
    return {"messages": [message], "grounded_answer": answer.model_dump(mode="json")}


def _unchecked(final: AIMessage) -> AIMessage:
    said = {**final.response_metadata, "status": "unchecked", "reason": UNCHECKED}
    return final.model_copy(update={"response_metadata": said})
