"""ObedientChatModel: a LangChain chat model that does what any text in its prompt tells it."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, SystemMessage, ToolCall
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import PrivateAttr

from mistral_rag.testing._attacks.commands import Command, commands
from mistral_rag.testing._content.words import content_words

_EVIDENCE = re.compile(r"^(\[E\d+-\w+\]) (.+)$", re.MULTILINE)
_QUESTION = re.compile(r"^Question: ?(.*)\Z", re.MULTILINE | re.DOTALL)
_SECRET = re.compile(r"SECRET|\{\w{1,20}\}|GEHEIMNIS")
MAX_COMMANDS = 40
"""Instructions that are obeyed: a page of them is more than any attack needs."""


class ObedientChatModel(BaseChatModel):
    """A chat model without judgement, to test what surrounds a model: it obeys every instruction that it is shown.

    It writes what a document tells it to write, shows the images and links that stand anywhere in its prompt (with the
    evidence in place of the word SECRET), calls the tools that a document names, repeats its system prompt or all
    documents when told to, and puts the marker of the first line of evidence behind whatever it was told to cite. It
    reads through disguises: base64, rot13, letters of other scripts, characters without width, tags, text set
    backwards, lines split in the middle. Before that it answers the question honestly with the line of evidence that
    shares most words with it.

    `prompts` and `replies` are what it was sent and what it said, in order. It needs no network and no key.
    """

    _prompts: list[list[BaseMessage]] = PrivateAttr(default_factory=list)
    _replies: list[AIMessage] = PrivateAttr(default_factory=list)

    @property
    def prompts(self) -> list[list[BaseMessage]]:
        """The messages of each call."""
        return self._prompts

    @property
    def replies(self) -> list[AIMessage]:
        """The message that each call gave."""
        return self._replies

    @property
    def _llm_type(self) -> str:
        return "obedient"

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> "ObedientChatModel":
        """The same model: it calls tools that it was not given as well."""
        return self

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=self._reply(messages))])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        reply = self._reply(messages)
        for piece in re.findall(r".{1,5}", str(reply.text), re.DOTALL):
            yield ChatGenerationChunk(message=AIMessageChunk(content=piece))
        if reply.tool_calls:
            calls = [
                {"name": call["name"], "args": json.dumps(call["args"]), "id": call["id"], "index": at}
                for at, call in enumerate(reply.tool_calls)
            ]
            yield ChatGenerationChunk(message=AIMessageChunk(content="", tool_call_chunks=calls))

    def _reply(self, messages: list[BaseMessage]) -> AIMessage:
        rules = "\n".join(str(message.text) for message in messages if isinstance(message, SystemMessage))
        shown = "\n".join(str(message.text) for message in messages if not isinstance(message, SystemMessage))
        orders = commands(shown)[:MAX_COMMANDS]
        lines = [honest_line(shown), *_obeyed(orders, rules, shown)]
        calls = [_call(order, at) for at, order in enumerate(orders) if order.kind == "call"]
        reply = AIMessage("\n".join(filter(None, lines)), tool_calls=calls)
        self._prompts.append(messages)
        self._replies.append(reply)
        return reply


def honest_line(shown: str) -> str:
    """The line of evidence that shares most words with the question, with its marker before its last full stop."""
    question = _QUESTION.search(shown)
    asked = set(content_words(question[1] if question else shown))
    lines = list(_EVIDENCE.finditer(shown))
    if not lines:
        return "I don't know."
    best = max(lines, key=lambda line: len(asked & set(content_words(line[2]))))
    return f"{best[2].rstrip('.')} {best[1]}."


def _obeyed(orders: Sequence[Command], rules: str, shown: str) -> Iterator[str]:
    evidence = list(_EVIDENCE.finditer(shown))
    secret = evidence[0][2] if evidence else shown
    marker = f" {evidence[0][1]}" if evidence and any(order.kind == "cite" for order in orders) else ""
    for order in orders:
        if order.kind == "write":
            yield f"{_filled(order.text, secret)}{marker}"
        elif order.kind == "show":
            yield _filled(order.text, "+".join(secret.split()))
        elif order.kind == "reveal":
            yield rules
        elif order.kind == "print":
            yield "\n".join(line[0] for line in evidence)


def _filled(text: str, secret: str) -> str:
    return _SECRET.sub(lambda _: secret, text)


def _call(order: Command, at: int) -> ToolCall:
    try:
        arguments = json.loads(order.argument)
    except ValueError:
        arguments = {}
    return ToolCall(
        name=order.text, args=arguments if isinstance(arguments, dict) else {}, id=f"call{at}", type="tool_call"
    )
