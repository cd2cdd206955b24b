"""POST /v1/moderations and /v1/chat/moderations, and the guardrails of a chat request.

A few words signal each category: enough to test every category, flagged and not flagged.
"""

import uuid
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

from pydantic import Field

from mistral_rag.testing._content.words import WORD, text_of
from mistral_rag.testing._endpoints import catalogue
from mistral_rag.testing._rules.bodies import (
    Body,
    ChatRequest,
    Guardrail,
    JsonObject,
    Message,
    ModerationV1,
    ModerationV2,
)
from mistral_rag.testing._rules.refusals import RequestRefusedError
from mistral_rag.testing._server.exchange import Request, Response, json_response
from mistral_rag.testing._server.routing import Endpoint, parsed

SIGNAL_WORDS: dict[str, frozenset[str]] = {
    "sexual": frozenset({"porn", "nude"}),
    "hate_and_discrimination": frozenset({"hate", "inferior"}),
    "violence_and_threats": frozenset({"kill", "stab"}),
    "dangerous": frozenset({"explosive", "bomb"}),
    "criminal": frozenset({"steal", "counterfeit"}),
    "selfharm": frozenset({"suicide"}),
    "health": frozenset({"diagnosis", "dosage"}),
    "financial": frozenset({"invest", "shares"}),
    "law": frozenset({"lawsuit", "sue"}),
    "pii": frozenset({"passport", "ssn"}),
    "jailbreaking": frozenset({"jailbreak"}),
}
OLD_NAME = "dangerous_and_criminal_content"
FLAGGED, CLEAR = 0.98, 0.01
THRESHOLD = 0.5
"""Score from which a category is flagged; any number between `CLEAR` and `FLAGGED`."""


class ModerationRequest(Body):
    """Texts to moderate."""

    model: str
    input: str | list[str]
    metadata: JsonObject | None = None


Conversation = list[Annotated[Message, Field(discriminator="role")]]


class ChatModerationRequest(Body):
    """Conversations to moderate, each by its last turn."""

    model: str
    input: Conversation | list[Conversation]


def routes() -> dict[str, Endpoint]:
    """The routes of these endpoints."""
    return {
        "POST /moderations": _texts,
        "POST /chat/moderations": _conversations,
        "POST /classifications": _classified_texts,
        "POST /chat/classifications": _classified_conversations,
    }


def _texts(request: Request) -> Response:
    body = parsed(ModerationRequest, request)
    return _moderated(body.model, [body.input] if isinstance(body.input, str) else body.input)


def _conversations(request: Request) -> Response:
    body = parsed(ChatModerationRequest, request)
    conversations: list[Any] = body.input if body.input and isinstance(body.input[0], list) else [body.input]
    return _moderated(body.model, [text_of(turns[-1].content) if turns else "" for turns in conversations])


def _classified_texts(request: Request) -> Response:
    body = parsed(ModerationRequest, request)
    return _classified(body.model, [body.input] if isinstance(body.input, str) else body.input)


def _classified_conversations(request: Request) -> Response:
    body = parsed(ChatModerationRequest, request)
    conversations: list[Any] = body.input if body.input and isinstance(body.input[0], list) else [body.input]
    return _classified(body.model, [text_of(turns[-1].content) if turns else "" for turns in conversations])


def _classified(name: str, texts: Sequence[str]) -> Response:
    """The scores of the one target of the fake's classifiers."""
    catalogue.require(name, "classification")
    results = [{"moderation": {"scores": scores(text)}} for text in texts]
    return json_response({"id": uuid.uuid4().hex, "model": name, "results": results})


def _moderated(name: str, texts: Sequence[str]) -> Response:
    model = catalogue.require(name, "moderation")
    old = model.id == "mistral-moderation-2411"
    results = [_result(scores(text, old=old)) for text in texts]
    return json_response({"id": uuid.uuid4().hex, "model": name, "results": results})


def _result(found: dict[str, float]) -> dict[str, Any]:
    return {"categories": {name: score >= THRESHOLD for name, score in found.items()}, "category_scores": found}


def scores(text: str, *, old: bool = False) -> dict[str, float]:
    """The score of each category; the older model has one category for two of them, and no jailbreaking."""
    words = set(WORD.findall(text.lower()))
    found = {name: FLAGGED if words & signs else CLEAR for name, signs in SIGNAL_WORDS.items()}
    if old:
        found[OLD_NAME] = max(found.pop("dangerous"), found.pop("criminal"))
        del found["jailbreaking"]
    return found


def guard(request: ChatRequest) -> None:
    """Apply the guardrails of a request to its last turn.

    Raises:
        RequestRefusedError: 403, a guardrail blocks it.
    """
    text = text_of(request.messages[-1].content)
    results: dict[str, dict[str, Any]] = {}
    for name, result in (one for guardrail in request.guardrails or () for one in _judged(guardrail, text)):
        if name not in results or result["violated"]:  # of several guardrails by one model that which blocks
            results[name] = result
    if any(result["violated"] for result in results.values()):
        error = {"message": "The request was blocked by a guardrail.", "status": 403}
        raise RequestRefusedError(403, {"error": error, "guardrails": {"results": results}})


def _judged(guardrail: Guardrail, text: str) -> Iterable[tuple[str, dict[str, Any]]]:
    """The result of each moderation that may block, by its name."""
    for name, old in (("moderation_llm_v1", True), ("moderation_llm_v2", False)):
        config: ModerationV1 | ModerationV2 | None = getattr(guardrail, name)
        if config is None or config.action != "block":
            continue
        decisions = dict(_decisions(config, scores(text, old=old)))
        violated = any(one["violated"] for one in decisions.values())
        facts = {"model_name": config.model_name, "violated": violated, "action": config.action}
        yield name, {**facts, "decisions": decisions}


def _decisions(config: ModerationV1 | ModerationV2, found: dict[str, float]) -> Iterable[tuple[str, dict[str, Any]]]:
    chosen = config.custom_category_thresholds
    limits = {} if chosen is None else chosen.model_dump(exclude_none=True)
    for name, score in found.items():
        if name in limits or not config.ignore_other_categories:
            limit = limits.get(name, THRESHOLD)
            yield name, {"threshold": limit, "score": score, "violated": score >= limit}
