"""MistralTranscriptionParser: recordings as LangChain documents with the times of what was said."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

from langchain_core.document_loaders import BaseBlobParser
from langchain_core.documents import Document
from langchain_core.documents.base import Blob

from mistral_rag.errors import ConfigurationError
from mistral_rag.platform import MistralClient, Transcription

__all__ = ["MistralTranscriptionParser"]

SETTINGS = frozenset(MistralClient.model_fields) | {"mistral_api_key", "endpoint", "async_client"}
"""Settings of a client, and their other names; they must not go out with a recording."""


class MistralTranscriptionParser(BaseBlobParser):
    """Blobs of audio as documents, one for each segment: metadata `start` and `end` in seconds, and `speaker`.

    `options` are those of `client.transcriptions.create`; without timestamps the recording is one document. Without a
    `client`, host, key, timeouts and retries may be among them, as for `MistralClient`.
    """

    def __init__(self, client: MistralClient | None = None, **options: Any) -> None:
        connection = {name: options.pop(name) for name in list(options) if name in SETTINGS}
        if client is not None and connection:
            raise ConfigurationError(f"The client has its settings already: {', '.join(connection)}.")
        self._client = client or MistralClient.model_validate(connection)
        if "language" not in options:  # the platform takes one of the two
            options.setdefault("timestamp_granularities", ["segment"])
        self._options = options

    def lazy_parse(self, blob: Blob) -> Iterator[Document]:
        """Transcribe one blob.

        Raises:
            ApiError: The platform refused it.
        """
        yield from _documents(self._client.transcriptions.create(*_recording(blob), **self._named(blob)), blob)

    async def alazy_parse(self, blob: Blob) -> AsyncIterator[Document]:
        """`lazy_parse` for coroutines."""
        said = await self._client.transcriptions.acreate(*_recording(blob), **self._named(blob))
        for document in _documents(said, blob):
            yield document

    def _named(self, blob: Blob) -> dict[str, Any]:
        name = blob.metadata.get("name") or (str(blob.path).rpartition("/")[2] if blob.path else "recording.wav")
        return {"name": name, **self._options}


def _recording(blob: Blob) -> tuple[Any]:
    # a path is read in pieces, a blob in memory is there already
    return (blob.path if blob.data is None and blob.path is not None else blob.as_bytes(),)


def _documents(said: Transcription, blob: Blob) -> Iterator[Document]:
    source = {"source": blob.source, "model": said.model, **({"language": said.language} if said.language else {})}
    if not said.segments:
        yield Document(said.text, metadata=source)
    for segment in said.segments:
        times = {"start": segment.start, "end": segment.end, "speaker": segment.speaker_id}
        yield Document(segment.text, metadata=source | {name: at for name, at in times.items() if at is not None})
