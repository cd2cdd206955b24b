"""Transcription of recordings: from a file, an https address or an uploaded file, whole or as it is heard."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import aclosing, closing
from typing import Any, Literal, TypedDict, Unpack
from uuid import UUID

from pydantic import Field

from mistral_rag.api._http.uploads import UploadForm, UploadSource, form_fields
from mistral_rag.api._responses import Json
from mistral_rag.errors import ConfigurationError
from mistral_rag.platform._calls import PlatformCall, PlatformObject, Resource

TRANSCRIPTION_MODEL = "voxtral-mini-latest"
PATH = "audio/transcriptions"

Recording = UploadSource
"""A path, bytes, an open file, an http address, or the id (a UUID) of an uploaded file."""


class TranscriptionOptions(TypedDict, total=False):
    """Options; `language` has two letters, `context_bias` are words to expect, `diarize` tells speakers apart."""

    model: str
    name: str
    language: str
    diarize: bool
    context_bias: Sequence[str]
    timestamp_granularities: Sequence[Literal["segment", "word"]]
    temperature: float


class TranscriptionSegment(PlatformObject):
    """A piece of speech; `start` and `end` are seconds."""

    text: str
    start: float | None = None
    end: float | None = None
    speaker_id: str | None = None
    score: float | None = None


class Transcription(PlatformObject):
    """A transcription; `segments` has times where timestamps or speakers were asked for."""

    model: str
    text: str
    language: str | None = None
    segments: list[TranscriptionSegment] = Field(default_factory=list)
    usage: dict[str, Any] = Field(default_factory=dict)


class TranscriptionEvent(PlatformObject):
    """transcription.language, .text.delta, .segment, or .done with the whole transcription."""

    type: str
    text: str | None = None
    audio_language: str | None = None


class TranscriptionResource(Resource):
    """`client.transcriptions`."""

    def create(self, recording: Recording, **options: Unpack[TranscriptionOptions]) -> Transcription:
        """Transcribe a recording; a path is read in pieces.

        Raises:
            SourceNotFoundError: There is no such file.
            ConfigurationError: Bytes have no name.
            ApiError: The platform refused, failed, or could not be reached.
        """
        return self._send(PlatformCall("POST", PATH, Transcription, form=_form(recording, options)))

    async def acreate(self, recording: Recording, **options: Unpack[TranscriptionOptions]) -> Transcription:
        """`create` for coroutines."""
        return await self._asend(PlatformCall("POST", PATH, Transcription, form=_form(recording, options)))

    def stream(self, recording: Recording, **options: Unpack[TranscriptionOptions]) -> Iterator[TranscriptionEvent]:
        """The transcription as it is heard."""
        form = _form(recording, options, stream=True)
        opened = self._connection.client.stream(PATH, form, begun=lambda _: True, is_last=_is_last)
        with closing(opened) as events:
            for event in events:
                yield TranscriptionEvent.model_validate(event)

    async def astream(
        self, recording: Recording, **options: Unpack[TranscriptionOptions]
    ) -> AsyncIterator[TranscriptionEvent]:
        """`stream` for coroutines."""
        form = _form(recording, options, stream=True)
        opened = await self._connection.client.astream(PATH, form, begun=lambda _: True, is_last=_is_last)
        async with aclosing(opened) as events:
            async for event in events:
                yield TranscriptionEvent.model_validate(event)


def _form(recording: Recording, options: TranscriptionOptions, *, stream: bool = False) -> UploadForm:
    values: dict[str, Any] = {"model": TRANSCRIPTION_MODEL, **options}
    name = values.pop("name", None)
    for field in ("context_bias", "timestamp_granularities"):
        if isinstance(values.get(field), str):
            raise ConfigurationError(f"{field} takes a list, and this is one text.")
        if field in values:
            values[field] = list(values[field])
    if stream:
        values["stream"] = True
    if isinstance(recording, str) and recording.startswith(("https://", "http://")):
        return UploadForm(None, form_fields(values | {"file_url": recording}))
    if isinstance(recording, str) and _is_uuid(recording):
        return UploadForm(None, form_fields(values | {"file_id": recording}))
    return UploadForm(recording, form_fields(values), name=name)


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


def _is_last(event: Json) -> bool:
    return event.get("type") == "transcription.done"
