"""The models that the stand-in serves: a sample of the platform's, with what each can do."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mistral_rag.testing._rules import refusals
from mistral_rag.testing._server.exchange import Request, Response, json_response
from mistral_rag.testing._server.routing import Handler

CREATED = 1_772_000_000


@dataclass(frozen=True, slots=True)
class Model:
    """One model: `abilities` are the platform's capability names, `context` counts tokens."""

    id: str
    aliases: tuple[str, ...] = ()
    context: int = 262_144
    abilities: frozenset[str] = frozenset()
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
            "capabilities": {name: name in self.abilities for name in ABILITIES},
            "name": self.id,
            "description": None,
            "max_context_length": self.context,
            "aliases": list(self.aliases),
            "deprecation": None,
            "deprecation_replacement_model": None,
            "default_model_temperature": self.temperature,
            "type": "base",
        }


ABILITIES = (
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
SEEING = CHAT | {"vision"}
THINKING = SEEING | {"reasoning"}

MODELS: Sequence[Model] = (
    Model("mistral-small-2603", ("mistral-small-latest", "mistral-small"), abilities=THINKING, temperature=0.3),
    Model("mistral-medium-2604", ("mistral-medium-latest", "mistral-medium"), abilities=THINKING, temperature=0.3),
    Model("mistral-large-2512", ("mistral-large-latest",), abilities=SEEING, temperature=0.3),
    Model("ministral-8b-2512", ("ministral-8b-latest",), abilities=SEEING, temperature=0.3),
    Model("ministral-3b-2512", ("ministral-3b-latest",), abilities=SEEING, temperature=0.3),
    Model("magistral-medium-2509", ("magistral-medium-latest",), 131_072, THINKING, 0.7),
    Model("voxtral-small-2507", ("voxtral-small-latest",), 32_768, CHAT | {"audio"}, 0.2),
    Model("devstral-2512", ("devstral-latest", "devstral-medium-latest"), abilities=CHAT, temperature=0.2),
    Model("open-mistral-nemo", ("open-mistral-nemo-2407",), 131_072, CHAT, 0.3),
    Model("codestral-2508", ("codestral-latest",), 256_000, CHAT | {"completion_fim"}, 0.3),
    Model("mistral-embed", ("mistral-embed-2312",), 8_192, dimensions=1024, max_dimensions=1024),
    Model("codestral-embed", ("codestral-embed-2505",), 8_192, dimensions=1536, max_dimensions=3072),
    Model("mistral-moderation-2603", (), 32_768, frozenset({"classification", "moderation"})),
    Model(
        "mistral-moderation-2411", ("mistral-moderation-latest",), 8_192, frozenset({"classification", "moderation"})
    ),
    Model("mistral-ocr-2512", ("mistral-ocr-latest",), 16_384, frozenset({"ocr"})),
    Model("open-mistral-7b", ("mistral-tiny",), 32_768, CHAT, retired=True),
)
BY_NAME = {name: model for model in MODELS for name in (model.id, *model.aliases)}


def routes() -> dict[str, Handler]:
    """This part's routes."""
    return {"GET /models": listed, "GET /models/{id}": shown}


def listed(_request: Request) -> Response:
    """Every model that is served, once for each of its names."""
    cards = [{**model.card(), "id": name} for name, model in BY_NAME.items() if not model.retired]
    return json_response({"object": "list", "data": cards})


def shown(_request: Request, name: str) -> Response:
    """One model."""
    if name not in BY_NAME:
        raise refusals.not_found()
    return json_response({**BY_NAME[name].card(), "id": name})


def find(name: str) -> Model:
    """The model of this name or alias; refuses unknown and retired ones as the platform does."""
    model = BY_NAME.get(name)
    if model is None:
        raise refusals.unknown_model(name)
    if model.retired:
        message = f"Model {name} is currently not in use"
        raise refusals.bad_request(message, kind="invalid_request_error", code="3003")
    return model


def able(name: str, ability: str) -> Model:
    """The model, if it can do this."""
    model = find(name)
    if ability not in model.abilities:
        raise refusals.unknown_model(name)
    return model
