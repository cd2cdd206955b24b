"""Pairing of tool calls with results: each call gets exactly one, right after it and in the order of the calls."""

from collections.abc import Callable
from dataclasses import dataclass, field

from mistral_rag.messages._requests.tools import Wire

NO_RESULT = "No result: the call was not carried out."
NO_ID = frozenset({"", "null", "None"})

Note = Callable[[str], None]


@dataclass(slots=True)
class _Turn:
    """An assistant message with calls: the calls that remain, and the positions of their results."""

    message: Wire
    calls: list[Wire] = field(default_factory=list)
    results: list[list[int]] = field(default_factory=list)


def paired(messages: list[Wire], note: Note) -> list[Wire]:
    """Pair calls and results; a result without its call becomes a user message."""
    pairing = _Pairing(messages, note)
    return pairing.messages()


class _Pairing:
    """Pairing of one history; messages are known by their position.

    `_claimed` are the results that have a call, `_declared` the positions of the calls by id, `_answered` the calls so
    far with their results.
    """

    def __init__(self, messages: list[Wire], note: Note) -> None:
        self._messages = messages
        self._note = note
        self._claimed: set[int] = set()
        self._results = [at for at, message in enumerate(messages) if message["role"] == "tool"]
        self._declared: dict[str, list[int]] = {}
        self._answered: dict[str, tuple[Wire, Wire]] = {}
        for at, message in enumerate(messages):
            for call in message.get("tool_calls") or ():
                self._declared.setdefault(call["id"], []).append(at)

    def messages(self) -> list[Wire]:
        turns = {at: self._turn(at, message) for at, message in enumerate(self._messages) if message.get("tool_calls")}
        fixed: list[Wire] = []
        for at, message in enumerate(self._messages):
            if at in turns:
                fixed += self._with_results(turns[at], at)
            elif message["role"] != "tool":
                fixed.append(message)
            elif at not in self._claimed:
                self._note("a tool result without its call became a user message")
                fixed.append(_as_user(message))
        return fixed

    def _turn(self, at: int, message: Wire) -> _Turn:
        turn = _Turn(message)
        seen: dict[str, Wire] = {}
        for position, call in enumerate(message["tool_calls"]):
            id_ = call["id"]
            if id_ in seen and seen[id_]["function"] == call["function"] and id_ not in NO_ID:
                self._note("a repeated tool call was dropped")
                continue
            results = self._claim(at, call, once=id_ in NO_ID or self._is_ambiguous(message, id_))
            if id_ in seen or id_ in NO_ID:
                call = {**call, "id": f"{id_}#{at}.{position}"}
                self._note("a tool call without an id of its own got one")
            seen[id_] = call
            turn.calls.append(call)
            turn.results.append(results)
        return turn

    @staticmethod
    def _is_ambiguous(message: Wire, id_: str) -> bool:
        """True when different calls of a message have the same id."""
        functions = [call["function"] for call in message["tool_calls"] if call["id"] == id_]
        return any(function != functions[0] for function in functions)

    def _claim(self, at: int, call: Wire, *, once: bool) -> list[int]:
        """Claim the results of `call` in the message `at`: their positions; only the first one if `once`.

        Results count up to the next call of the same id, then earlier ones of that id, then one without an id.
        """
        id_, name = call["id"], call["function"]["name"]
        end = next((later for later in self._declared[id_] if later > at), len(self._messages))
        free = [result for result in self._results if result not in self._claimed]
        results = [result for result in free if at < result < end and self._id(result) == id_]
        if not results and id_ not in NO_ID:
            results = [result for result in free if result < at and self._id(result) == id_]
        if not results:
            near = [result for result in free if at < result < end and self._id(result) in NO_ID]
            results = [result for result in near if self._messages[result].get("name") in {None, name}][:1]
        results = results[:1] if once else results
        self._claimed.update(results)
        return results

    def _id(self, result: int) -> str:
        return str(self._messages[result]["tool_call_id"])

    def _with_results(self, turn: _Turn, at: int) -> list[Wire]:
        same = turn.calls == turn.message["tool_calls"]
        messages = [turn.message if same else {**turn.message, "tool_calls": turn.calls}]
        messages += [self._result(call, results) for call, results in zip(turn.calls, turn.results, strict=True)]
        claimed = [position for results in turn.results for position in results]
        if claimed and claimed != list(range(at + 1, at + 1 + len(claimed))):
            self._note("tool results were moved behind their calls")
        return messages

    def _result(self, call: Wire, results: list[int]) -> Wire:
        if not results:
            return self._replacement(call)
        first, *others = (self._messages[position] for position in results)
        for other in others:
            self._note("two results of one tool call were joined")
            if other["content"] != first["content"]:
                first = {**first, "content": _joined(first["content"], other["content"])}
        if first["tool_call_id"] != call["id"]:
            first = {**first, "tool_call_id": call["id"]}
        self._answered[call["id"]] = (call["function"], first)
        return first

    def _replacement(self, call: Wire) -> Wire:
        """A result for a call without one: that of the same call in an earlier turn, or a message that says so."""
        function, result = self._answered.get(call["id"], (None, None))
        if result is not None and function == call["function"]:
            self._note("a call that was answered before got that result again")
            return result
        self._note("a tool call without a result got one that says so")
        return {"role": "tool", "content": NO_RESULT, "tool_call_id": call["id"]}


def _joined(one: str | list[Wire], other: str | list[Wire]) -> str | list[Wire]:
    if isinstance(one, str) and isinstance(other, str):
        return f"{one}\n{other}"
    return [*_chunks(one), *_chunks(other)]


def _chunks(content: str | list[Wire]) -> list[Wire]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _as_user(message: Wire) -> Wire:
    label = f"Result of the tool {message['name']}:" if message.get("name") else "Result of a tool:"
    content = message["content"]
    if isinstance(content, str):
        return {"role": "user", "content": f"{label}\n{content}"}
    return {"role": "user", "content": [{"type": "text", "text": label}, *content]}
