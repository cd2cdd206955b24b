"""Fields that only the newest SDK sends are refused, with their path."""

from typing import Any

import pytest

from mistral_rag.testing._rules.bodies import ChatRequest
from mistral_rag.testing._rules.newer_fields import refuse
from mistral_rag.testing._rules.refusals import RequestRefusedError

HELLO = {"role": "user", "content": "hi"}


def detail(**body: Any) -> Any:
    """The first error; None when the body is accepted."""
    try:
        refuse(ChatRequest.model_validate({"model": "m", "messages": [HELLO], **body}))
    except RequestRefusedError as refused:
        return {key: refused.body["detail"][0][key] for key in ("type", "loc")}
    return None


def replayed(chunk: dict[str, Any]) -> list[dict[str, Any]]:
    return [HELLO, {"role": "assistant", "content": [chunk]}, HELLO]


@pytest.mark.parametrize(
    ("body", "kind", "place"),
    [
        ({"logprobs": True}, "extra_forbidden", ["body", "logprobs"]),
        ({"service_tier": "auto"}, "extra_forbidden", ["body", "service_tier"]),
        ({"reasoning_effort": "max"}, "literal_error", ["body", "reasoning_effort"]),
        (
            {"messages": replayed({"type": "thinking", "thinking": [], "signature": "s"})},
            "extra_forbidden",
            ["body", "messages", 1, "content", 0, "signature"],
        ),
        (
            {"messages": replayed({"type": "reference", "reference_ids": [1, "a"]})},
            "int_type",
            ["body", "messages", 1, "content", 0, "reference_ids", 1],
        ),
    ],
)
def test_newer_things_are_refused(body: dict[str, Any], kind: str, place: list[str | int]) -> None:
    assert detail(**body) == {"type": kind, "loc": place}


def test_what_the_platform_has_today_passes() -> None:
    assert detail(reasoning_effort="high", messages=replayed({"type": "reference", "reference_ids": [1]})) is None
