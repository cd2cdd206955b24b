"""The question and the conversation before it, from whatever a LangChain chain is given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, convert_to_messages
from langchain_core.prompt_values import PromptValue

from mistral_rag._nearest import listed

QUESTION_KEYS: Final = ("question", "input", "query")
HISTORY_KEYS: Final = ("chat_history", "history", "messages")
"""Keys under which people's chains hold the question, and what was said before."""

MAX_MESSAGES: Final = 40
"""Messages of a conversation that are looked at, the newest ones: twenty turns."""
NO_QUESTION: Final = (
    'a question is a string that is not blank, messages of which the last is the question, or a dict with one under "'
    + '", "'.join(QUESTION_KEYS)
    + '"'
)
NO_HISTORY: Final = f"{' or '.join(HISTORY_KEYS)} is a list of messages, or of pairs of question and answer"
_ROLES: Final = frozenset({"human", "user", "ai", "assistant", "system", "developer", "tool", "function"})


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and the messages before it, oldest first: the asker's and the assistant's, no others."""

    question: str
    history: tuple[BaseMessage, ...] = ()

    @property
    def questions(self) -> list[str]:
        """The earlier questions, oldest first."""
        return [str(message.text) for message in self.history if isinstance(message, HumanMessage)]


def turn_of(given: Any) -> Turn:
    """The turn of a string, of messages, or of a dict with the question and the history under usual keys.

    Other keys of a dict are left alone, unless they are nearly one of ours. Raises ValueError for anything else.
    """
    if isinstance(given, Mapping):
        return _of_mapping(given)
    if isinstance(given, str):
        return Turn(_question(given))
    messages = _messages(given, wrong=NO_QUESTION)
    if not messages or not isinstance(messages[-1], HumanMessage):
        raise ValueError(NO_QUESTION)
    return Turn(_question(str(messages[-1].text)), _said(messages[:-1]))


def _of_mapping(given: Mapping[str, Any]) -> Turn:
    _refuse_misspelt(given)
    asked = next((given[key] for key in QUESTION_KEYS if given.get(key) is not None), None)
    said = next((given[key] for key in HISTORY_KEYS if given.get(key) is not None), None)
    if asked is None:
        if isinstance(said, Mapping) or said is None:
            raise ValueError(NO_QUESTION)
        return turn_of(said)
    turn = turn_of(asked) if not isinstance(asked, Mapping) else Turn("")
    if not turn.question:
        raise ValueError(NO_QUESTION)
    history = _said(_messages(said, wrong=NO_HISTORY)) if said is not None else ()
    # a graph's messages end with the question itself
    if history and isinstance(history[-1], HumanMessage) and str(history[-1].text).strip() == turn.question.strip():
        history = history[:-1]
    return Turn(turn.question, (*history, *turn.history)[-MAX_MESSAGES:])


def _refuse_misspelt(given: Mapping[str, Any]) -> None:
    known = (*QUESTION_KEYS, *HISTORY_KEYS)
    for key in given:
        close = get_close_matches(str(key), known, n=1, cutoff=0.85)
        if close and key not in known:
            raise ValueError(f"no key {key}; did you mean {close[0]}? There are: {listed(known)}")


def _question(text: str) -> str:
    if not text.strip():
        raise ValueError(NO_QUESTION)
    return text


def _messages(given: Any, *, wrong: str) -> list[BaseMessage]:
    if isinstance(given, PromptValue):
        return given.to_messages()
    if isinstance(given, BaseMessage):
        return [given]
    if isinstance(given, str | bytes) or not isinstance(given, Sequence):
        raise ValueError(wrong)
    try:
        return [message for one in given for message in _of_one(one)]
    except (NotImplementedError, ValueError, KeyError, TypeError):
        raise ValueError(wrong) from None


def _of_one(given: Any) -> list[BaseMessage]:
    """The messages of an element: one, or the question and the answer of a pair."""
    if isinstance(given, tuple | list) and len(given) == 2 and str(given[0]).lower() not in _ROLES:
        asked, answered = given
        if isinstance(asked, str) and isinstance(answered, str):
            return [HumanMessage(asked), AIMessage(answered)]
        return convert_to_messages([asked, answered])
    return convert_to_messages([given])


def _said(messages: Sequence[BaseMessage]) -> tuple[BaseMessage, ...]:
    """Of a conversation what was asked and answered: instructions and results of tools are neither."""
    return tuple(m for m in messages if isinstance(m, HumanMessage | AIMessage))[-MAX_MESSAGES:]
