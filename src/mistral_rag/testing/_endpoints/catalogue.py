"""The models of the fake: a sample of the platform's, with their capabilities."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mistral_rag.testing._rules import refusals
from mistral_rag.testing._server.exchange import Request, Response, json_response
from mistral_rag.testing._server.routing import Endpoint

CREATED = 1_772_000_000


@dataclass(frozen=True, slots=True)
class ServedModel:
    """One model; `capabilities` are the platform's names, `context` is in tokens."""

    id: str
    aliases: tuple[str, ...] = ()
    context: int = 262_144
    capabilities: frozenset[str] = frozenset()
    temperature: float | None = None
    dimensions: int = 0
    max_dimensions: int = 0
    retired: bool = False

    def card(self) -> dict[str, Any]:
        """The model as `GET /v1/models` shows it."""
        return {
            "id": self.id,
            "object": "model",
            "created": CREATED,
            "owned_by": "mistralai",
            "capabilities": {name: name in self.capabilities for name in CAPABILITIES},
            "name": self.id,
            "description": None,
            "max_context_length": self.context,
            "aliases": list(self.aliases),
            "deprecation": None,
            "deprecation_replacement_model": None,
            "default_model_temperature": self.temperature,
            "type": "base",
        }


CAPABILITIES = (
    "completion_chat",
    "function_calling",
    "reasoning",
    "completion_fim",
    "fine_tuning",
    "vision",
    "ocr",
    "classification",
    "moderation",
    "audio",
    "audio_transcription",
)
CHAT = frozenset({"completion_chat", "function_calling"})
VISION_CHAT = CHAT | {"vision"}
REASONING_CHAT = VISION_CHAT | {"reasoning"}

MODELS: Sequence[ServedModel] = (
    ServedModel(
        "mistral-small-2603", ("mistral-small-latest", "mistral-small"), capabilities=REASONING_CHAT, temperature=0.3
    ),
    ServedModel(
        "mistral-medium-2604", ("mistral-medium-latest", "mistral-medium"), capabilities=REASONING_CHAT, temperature=0.3
    ),
    ServedModel("mistral-large-2512", ("mistral-large-latest",), capabilities=VISION_CHAT, temperature=0.3),
    ServedModel("ministral-8b-2512", ("ministral-8b-latest",), capabilities=VISION_CHAT, temperature=0.3),
    ServedModel("ministral-3b-2512", ("ministral-3b-latest",), capabilities=VISION_CHAT, temperature=0.3),
    ServedModel("magistral-medium-2509", ("magistral-medium-latest",), 131_072, REASONING_CHAT, 0.7),
    ServedModel("voxtral-small-2507", ("voxtral-small-latest",), 32_768, CHAT | {"audio"}, 0.2),
    ServedModel("devstral-2512", ("devstral-latest", "devstral-medium-latest"), capabilities=CHAT, temperature=0.2),
    ServedModel("open-mistral-nemo", ("open-mistral-nemo-2407",), 131_072, CHAT, 0.3),
    ServedModel("codestral-2508", ("codestral-latest",), 256_000, CHAT | {"completion_fim"}, 0.3),
    ServedModel("mistral-embed", ("mistral-embed-2312",), 8_192, dimensions=1024, max_dimensions=1024),
    ServedModel("codestral-embed", ("codestral-embed-2505",), 8_192, dimensions=1536, max_dimensions=3072),
    ServedModel("mistral-moderation-2603", (), 32_768, frozenset({"classification", "moderation"})),
    ServedModel(
        "mistral-moderation-2411", ("mistral-moderation-latest",), 8_192, frozenset({"classification", "moderation"})
    ),
    ServedModel("voxtral-mini-2602", ("voxtral-mini-latest",), 16_384, frozenset({"audio", "audio_transcription"})),
    ServedModel("mistral-ocr-2512", ("mistral-ocr-latest",), 16_384, frozenset({"ocr"})),
    ServedModel("open-mistral-7b", ("mistral-tiny",), 32_768, CHAT, retired=True),
)
TUNED = re.compile(r"ft:(?P<base>.+):[0-9a-f]{8}")
"""Names that jobs of fine-tuning give; such a model does what its base does."""
BY_NAME = {name: model for model in MODELS for name in (model.id, *model.aliases)}


def routes() -> dict[str, Endpoint]:
    """The routes of these endpoints."""
    return {"GET /models": listed, "GET /models/{id}": shown, "DELETE /models/{id}": deleted}


def listed(_request: Request) -> Response:
    """Every served model, once for each of its names."""
    cards = [{**model.card(), "id": name} for name, model in BY_NAME.items() if not model.retired]
    return json_response({"object": "list", "data": cards})


def shown(_request: Request, name: str) -> Response:
    """One model."""
    model = _known(name)
    if model is None:
        raise refusals.not_found()
    return json_response({**model.card(), "id": name, "type": "fine-tuned" if TUNED.fullmatch(name) else "base"})


def deleted(_request: Request, name: str) -> Response:
    """Delete a fine-tuned model; those of the platform are not there to be deleted."""
    if not TUNED.fullmatch(name) or _known(name) is None:
        raise refusals.not_found()
    return json_response({"id": name, "object": "model", "deleted": True})


def _known(name: str) -> ServedModel | None:
    tuned = TUNED.fullmatch(name)
    return BY_NAME.get(tuned["base"] if tuned else name)


def find(name: str) -> ServedModel:
    """The model of this name or alias.

    Raises:
        RequestRefusedError: 400, it is unknown or retired.
    """
    model = _known(name)
    if model is None:
        raise refusals.unknown_model(name)
    if model.retired:
        message = f"Model {name} is currently not in use"
        raise refusals.bad_request(message, kind="invalid_request_error", code="3003")
    return model


def require(name: str, capability: str) -> ServedModel:
    """The model of this name or alias, with a capability.

    Raises:
        RequestRefusedError: 400, it is unknown, retired, or has not the capability.
    """
    model = find(name)
    if capability not in model.capabilities:
        raise refusals.unknown_model(name)
    return model
