"""Moderation by the platform's model, and classification by models of one's own."""

from collections.abc import Sequence
from typing import Any

from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import BaseMessage, convert_to_messages

from mistral_rag.messages._requests.outgoing import wire_messages
from mistral_rag.platform._calls import PlatformCall, PlatformObject, Resource, T

MODERATION_MODEL = "mistral-moderation-2603"
"""The newest one; the platform's `-latest` still means the one before, which is retired."""

Chat = Sequence[BaseMessage | dict[str, Any] | tuple[str, str] | str]


class ModerationVerdict(PlatformObject):
    """The verdict on one text: each category with True where it is found, and with its score from 0 to 1."""

    categories: dict[str, bool]
    category_scores: dict[str, float]

    @property
    def found(self) -> tuple[str, ...]:
        """The categories that are found."""
        return tuple(name for name, is_found in self.categories.items() if is_found)


class ModerationReply(PlatformObject):
    """Verdicts in the order of the texts."""

    id: str
    model: str
    results: list[ModerationVerdict]


class TargetScores(PlatformObject):
    """The probability of each label of one target."""

    scores: dict[str, float]


class ClassificationReply(PlatformObject):
    """For each text in order, the scores of each target of the classifier."""

    id: str
    model: str
    results: list[dict[str, TargetScores]]


class ModerationResource(Resource):
    """`client.moderations`."""

    def create(self, texts: str | Sequence[str], *, model: str = MODERATION_MODEL) -> ModerationReply:
        """Judge one text or several, each by itself."""
        return self._send(_texts("moderations", texts, model, ModerationReply))

    async def acreate(self, texts: str | Sequence[str], *, model: str = MODERATION_MODEL) -> ModerationReply:
        """`create` for coroutines."""
        return await self._asend(_texts("moderations", texts, model, ModerationReply))

    def chat(self, chats: Chat | Sequence[Chat], *, model: str = MODERATION_MODEL) -> ModerationReply:
        """Judge the last message of a conversation, or of several, in the light of those before it."""
        return self._send(_chats("chat/moderations", chats, model, ModerationReply))

    async def achat(self, chats: Chat | Sequence[Chat], *, model: str = MODERATION_MODEL) -> ModerationReply:
        """`chat` for coroutines."""
        return await self._asend(_chats("chat/moderations", chats, model, ModerationReply))


class ClassifierResource(Resource):
    """`client.classifiers`: needs a classifier that was trained on the platform."""

    def create(self, texts: str | Sequence[str], *, model: str) -> ClassificationReply:
        """Classify one text or several."""
        return self._send(_texts("classifications", texts, model, ClassificationReply))

    async def acreate(self, texts: str | Sequence[str], *, model: str) -> ClassificationReply:
        """`create` for coroutines."""
        return await self._asend(_texts("classifications", texts, model, ClassificationReply))

    def chat(self, chats: Chat | Sequence[Chat], *, model: str) -> ClassificationReply:
        """Classify one conversation or several."""
        return self._send(_chats("chat/classifications", chats, model, ClassificationReply))

    async def achat(self, chats: Chat | Sequence[Chat], *, model: str) -> ClassificationReply:
        """`chat` for coroutines."""
        return await self._asend(_chats("chat/classifications", chats, model, ClassificationReply))


def _texts(path: str, texts: str | Sequence[str], model: str, result: type[T]) -> PlatformCall[T]:
    sent = texts if isinstance(texts, str) else list(texts)
    return PlatformCall("POST", path, result, body={"model": model, "input": sent})


def _chats(path: str, chats: Chat | Sequence[Chat], model: str, result: type[T]) -> PlatformCall[T]:
    several = bool(chats) and all(isinstance(one, list) for one in chats)
    sent = [_wired(one) for one in chats] if several else _wired(chats)
    return PlatformCall("POST", path, result, body={"model": model, "input": sent})


def _wired(chat: LanguageModelInput | Any) -> list[dict[str, Any]]:
    return wire_messages(convert_to_messages(chat))
