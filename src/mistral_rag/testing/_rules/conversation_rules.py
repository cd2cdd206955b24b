"""Rules for conversations beyond the platform's schema, with the platform's messages.

Two rule sets are known, of the hosted platform and of the vendor's open validator (mistral-common). Where they differ
the stricter one applies; `Rules` has a switch for each difference.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from mistral_rag.testing._rules.bodies import AssistantMessage, Message, ToolCall, ToolMessage
from mistral_rag.testing._rules.refusals import RequestRefusedError, bad_request

CALL_ID = re.compile(r"[A-Za-z0-9]{9}")
FUNCTION_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
NEXT_ROLES = {
    "system": {"user", "assistant", "system"},
    "user": {"assistant", "user", "system"},
    "assistant": {"assistant", "user", "tool"},
    "tool": {"assistant", "tool"},
}
UNEVEN = "Not the same number of function calls and responses"
ALLOWED_IN_ASSISTANT = {"text", "thinking", "reference"}


@dataclass(frozen=True, slots=True)
class Rules:
    """The known differences between models and hosts; the defaults are the strictest of today's models.

    Attributes:
        user_after_tool: A user message may follow a tool result.
        any_call_id: Ids of tool calls need not be nine letters and digits.
        text_beside_calls: An assistant message may hold text and tool calls.
        empty_assistant: An assistant message may be empty.
        media_from_tools: A tool result may hold other chunks than text.
    """

    user_after_tool: bool = False
    any_call_id: bool = False
    text_beside_calls: bool = True
    empty_assistant: bool = False
    media_from_tools: bool = True


def misordered(message: str) -> RequestRefusedError:
    """400 for the order of messages."""
    return bad_request(message, kind="invalid_request_message_order", code="3230")


def bad_call(message: str) -> RequestRefusedError:
    """400 for a function call."""
    return bad_request(message, kind="invalid_function_call", code="3280")


def bad_message(message: str) -> RequestRefusedError:
    """400 for the content of one message."""
    return bad_request(message, kind="invalid_request_error", code=None)


def check_messages(messages: Sequence[Message], rules: Rules) -> None:
    """Check a conversation; structure before content, in the order of the vendor's validator.

    Raises:
        RequestRefusedError: 400, for the first violation.
    """
    if not messages:
        raise misordered("Conversation must have at least one message")
    if len(messages) == 1 and messages[0].role not in ("user", "system"):
        raise misordered("Conversation must start with a user message or system message")
    _check_last(messages)
    _check_order(messages, rules)
    _check_pairs(messages)
    for position, message in enumerate(messages):
        _check_content(message, last=position == len(messages) - 1, rules=rules)


def _check_last(messages: Sequence[Message]) -> None:
    last = messages[-1]
    open_prefix = isinstance(last, AssistantMessage) and last.prefix
    if len(messages) > 1 and last.role not in ("user", "tool") and not open_prefix:
        raise misordered(
            f"Expected last role User or Tool (or Assistant with prefix True) for serving but got {last.role}"
        )


def _check_order(messages: Sequence[Message], rules: Rules) -> None:
    for before, after in pairwise(messages):
        bridged = rules.user_after_tool and (before.role, after.role) == ("tool", "user")
        if after.role not in NEXT_ROLES[before.role] and not bridged:
            raise misordered(f"Unexpected role '{after.role}' after role '{before.role}'")


def _check_pairs(messages: Sequence[Message]) -> None:
    first = messages[0]
    if isinstance(first, AssistantMessage) and first.tool_calls:
        # The vendor's validator ignores the calls of a first message, so that no result can match them.
        raise misordered(UNEVEN)
    called: set[str] = set()
    answered: set[str] = set()
    for message in messages:
        if isinstance(message, ToolMessage):
            answered.add(_answers(message, called, answered))
        elif isinstance(message, AssistantMessage):
            _all_answered(called, answered)
            called, answered = _call_ids(message), set()
    _all_answered(called, answered)


def _answers(message: ToolMessage, called: set[str], answered: set[str]) -> str:
    identity = message.tool_call_id
    if identity is None:
        raise bad_message("Tool call id has to be defined.")
    if identity in answered:
        raise misordered(f"Duplicate tool call id {identity} in tool results")
    if identity not in called:
        raise misordered(f"Unexpected tool call id {identity} in tool results")
    return identity


def _call_ids(message: AssistantMessage) -> set[str]:
    ids: set[str] = set()
    for call in message.tool_calls or ():
        if call.id in ids:
            raise misordered(f"Duplicate tool call id {call.id} in assistant message")
        ids.add(call.id)
    return ids


def _all_answered(called: set[str], answered: set[str]) -> None:
    if len(called) != len(answered):
        raise misordered(UNEVEN)


def _check_content(message: Message, *, last: bool, rules: Rules) -> None:
    if isinstance(message, AssistantMessage):
        _check_assistant(message, last=last, rules=rules)
    elif isinstance(message, ToolMessage):
        _check_tool_result(message, rules)


def _check_assistant(message: AssistantMessage, *, last: bool, rules: Rules) -> None:
    _only(message, ALLOWED_IN_ASSISTANT)
    if not message.content and not message.tool_calls and not rules.empty_assistant:
        raise bad_message("Assistant message must have either content or tool_calls, but not none.")
    if message.content and message.tool_calls and not rules.text_beside_calls:
        raise bad_message("Assistant message must have either content or tool_calls, but not both.")
    for call in message.tool_calls or ():
        _check_call(call, rules)
    if message.prefix and not last:
        raise bad_message("Assistant message with prefix True must be last message")


def _check_call(call: ToolCall, rules: Rules) -> None:
    if call.id == "null":
        raise bad_call("Tool call id has to be defined in serving mode.")
    _check_call_id(call.id, rules)
    check_function_name(call.function.name)


def _check_call_id(identity: str, rules: Rules) -> None:
    if not rules.any_call_id and not CALL_ID.fullmatch(identity):
        raise bad_call(f"Tool call id was {identity} but must be a-z, A-Z, 0-9, with a length of 9.")


def check_function_name(name: str) -> None:
    """Refuse an invalid name of a function."""
    if not FUNCTION_NAME.fullmatch(name):
        raise bad_call(
            f"Function name was {name} but must be a-z, A-Z, 0-9, "
            "or contain underscores and dashes, with a maximum length of 64."
        )


def _check_tool_result(message: ToolMessage, rules: Rules) -> None:
    if not rules.media_from_tools:
        _only(message, {"text"})
    _check_call_id(message.tool_call_id or "", rules)
    if message.name is not None:
        check_function_name(message.name)


def _only(message: AssistantMessage | ToolMessage, allowed: set[str]) -> None:
    content = message.content if isinstance(message.content, list) else ()
    if wrong := sorted({chunk.type for chunk in content} - allowed):
        raise bad_message(f"Unexpected content chunk types in {message.role} message: {wrong}")
