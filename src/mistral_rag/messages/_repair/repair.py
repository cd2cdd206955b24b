"""Repair of histories: any history becomes one that the strictest of the platform's rule sets accepts.

Works on wire messages, leaves its input unchanged, and lists its changes. A valid history is returned as it is. Content
of users and tools is never lost; assistants' turns may be completed, split, or dropped when empty.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mistral_rag.messages._repair.pairing import paired
from mistral_rag.messages._repair.thoughts import is_in_order, thoughts_first
from mistral_rag.messages._requests.tools import ID, NAME, Wire, fit_name, short_id

BRIDGE = "Understood."
CONTINUE = "Continue."


@dataclass(frozen=True, slots=True)
class MessageRules:
    """Differences between models in the messages that they accept.

    Attributes:
        user_after_tool: A user message may follow a tool result; else an assistant message is put between them.
        text_beside_calls: One assistant message may hold text and tool calls; else it is split in two.
    """

    user_after_tool: bool = False
    text_beside_calls: bool = True


@dataclass(frozen=True, slots=True)
class Repaired:
    """An accepted history, and one sentence for each kind of change."""

    messages: list[Wire]
    changes: tuple[str, ...] = ()


Note = Callable[[str], None]


def repair(messages: list[Wire], rules: MessageRules = MessageRules()) -> Repaired:
    """Repair a history, so that the platform accepts it."""
    if messages and _is_plain(messages):
        return Repaired(messages)
    notes: Counter[str] = Counter()

    def note(change: str) -> None:
        notes[change] += 1

    fixed = list(_systems_first(messages, note))
    fixed = list(thoughts_first(fixed, note))
    fixed = paired(fixed, note)
    fixed = list(_without_empty(fixed, note))
    fixed = _short_ids(fixed, note)
    fixed = list(_named(fixed, note))
    if not rules.text_beside_calls:
        fixed = list(_split(fixed, note))
    if not rules.user_after_tool:
        fixed = list(_bridged(fixed, note))
    fixed = _started(_ended(fixed, note), note)
    return Repaired(fixed, tuple(f"{change} ({times})" if times > 1 else change for change, times in notes.items()))


def _is_plain(messages: list[Wire]) -> bool:
    """True for the most frequent histories, which need no repair: system messages, then texts, a user's last."""
    in_dialogue = False
    for message in messages:
        if message["role"] == "system":
            if in_dialogue:
                return False
        elif message["role"] == "user" or _is_plain_answer(message):
            in_dialogue = True
        else:
            return False
    return bool(messages[-1]["role"] == "user")


def _is_plain_answer(message: Wire) -> bool:
    return bool(
        message["role"] == "assistant" and len(message) == 2 and message["content"] and is_in_order(message["content"])
    )


def _systems_first(messages: list[Wire], note: Note) -> Iterator[Wire]:
    """A system message after the start becomes a user message, marked as a system message."""
    leading = True
    for message in messages:
        if message["role"] != "system":
            leading = False
            yield message
        elif leading:
            yield message
        else:
            note("a late system message became a user message")
            yield {"role": "user", "content": f"<system>\n{message['content']}\n</system>"}


def _without_empty(messages: list[Wire], note: Note) -> Iterator[Wire]:
    for message in messages:
        if message["role"] == "assistant" and not message.get("content") and not message.get("tool_calls"):
            note("an empty assistant message was dropped")
        else:
            yield message


def _short_ids(messages: list[Wire], note: Note) -> list[Wire]:
    """Rewrite call ids into nine letters and digits; equal ids stay equal, different ids different."""
    raw = dict.fromkeys(id_ for message in messages for id_ in _ids(message))
    if all(ID.fullmatch(id_) for id_ in raw):
        return messages
    new = {id_: id_ for id_ in raw if ID.fullmatch(id_)}
    for id_ in raw:
        if id_ not in new:
            new[id_] = short_id(id_, set(new.values()))
            note("a tool call id was rewritten")
    return [_renamed(message, new) for message in messages]


def _ids(message: Wire) -> list[str]:
    if message["role"] == "tool":
        return [message["tool_call_id"]]
    return [call["id"] for call in message.get("tool_calls") or ()]


def _renamed(message: Wire, new: dict[str, str]) -> Wire:
    if message["role"] == "tool":
        return {**message, "tool_call_id": new[message["tool_call_id"]]}
    if calls := message.get("tool_calls"):
        return {**message, "tool_calls": [{**call, "id": new[call["id"]]} for call in calls]}
    return message


def _named(messages: list[Wire], note: Note) -> Iterator[Wire]:
    """Rewrite invalid names of tools."""
    for message in messages:
        calls = message.get("tool_calls") or ()
        wrong = [call for call in calls if not NAME.fullmatch(call["function"]["name"])]
        if wrong or ("name" in message and not NAME.fullmatch(message["name"])):
            note("a tool's name was made to fit")
            yield _with_fit_names(message)
        else:
            yield message


def _with_fit_names(message: Wire) -> Wire:
    if message["role"] == "tool":
        return {**message, "name": fit_name(message["name"])}
    calls = [
        {**call, "function": {**call["function"], "name": fit_name(call["function"]["name"])}}
        for call in message["tool_calls"]
    ]
    return {**message, "tool_calls": calls}


def _split(messages: list[Wire], note: Note) -> Iterator[Wire]:
    """Split an assistant message with text and calls into two."""
    for message in messages:
        if message["role"] == "assistant" and message.get("content") and message.get("tool_calls"):
            note("an assistant message with text and tool calls was split")
            yield {"role": "assistant", "content": message["content"]}
            yield {"role": "assistant", "content": "", "tool_calls": message["tool_calls"]}
        else:
            yield message


def _bridged(messages: list[Wire], note: Note) -> Iterator[Wire]:
    """Put an assistant message between a tool result and a user message."""
    previous = ""
    for message in messages:
        if previous == "tool" and message["role"] == "user":
            note("an assistant message was put between a tool result and a user message")
            yield {"role": "assistant", "content": BRIDGE}
        previous = message["role"]
        yield message


def _ended(messages: list[Wire], note: Note) -> list[Wire]:
    """End the history with a user or tool message, or an assistant message with `prefix`, which the model continues."""
    fixed = list(messages)
    for position, message in enumerate(fixed[:-1]):
        if message.get("prefix"):
            note("a prefix mark was dropped from a message that is not the last")
            fixed[position] = {key: value for key, value in message.items() if key != "prefix"}
    if not fixed or (fixed[-1]["role"] == "assistant" and not fixed[-1].get("prefix")):
        note("a user message was added at the end")
        fixed.append({"role": "user", "content": CONTINUE})
    return fixed


def _started(messages: list[Wire], note: Note) -> list[Wire]:
    """Put a user message before a lone assistant message, and before calls in the first message.

    The platform's validator ignores the calls of a first message, and then refuses their results.
    """
    first = messages[0]
    if not first.get("tool_calls") and not (len(messages) == 1 and first["role"] == "assistant"):
        return messages
    note("a user message was put at the start")
    return [{"role": "user", "content": CONTINUE}, *messages]
