"""/v1/audio/transcriptions: every recording says the same, for as long as it is named or large."""

from collections.abc import Iterator
from typing import Any

from mistral_rag.testing._endpoints import catalogue
from mistral_rag.testing._endpoints.files import Files, multipart
from mistral_rag.testing._rules import refusals
from mistral_rag.testing._server.exchange import Request, Response, json_bytes, json_response
from mistral_rag.testing._server.routing import Endpoint

FIELDS = frozenset(
    {"model", "file", "file_url", "file_id", "language", "temperature", "stream", "diarize", "context_bias",
     "timestamp_granularities"}
)  # fmt: skip
SPOKEN = ((0.0, 2.5, "The pump is inspected in May.", "speaker_1"), (2.5, 4.0, "And in June.", "speaker_2"))


class Audio:
    """The endpoint of transcriptions."""

    def __init__(self, files: Files) -> None:
        self._files = files

    def routes(self) -> dict[str, Endpoint]:
        """The routes of these endpoints."""
        return {"POST /audio/transcriptions": self.transcribe}

    def transcribe(self, request: Request) -> Response:
        """The text of a recording."""
        form = multipart(request)
        for name in form:
            if name not in FIELDS:
                raise refusals.invalid("extra_forbidden", "Extra inputs are not permitted", loc=(name,))
        values = {name: [content.decode("utf-8", "replace") for _, content in parts] for name, parts in form.items()}
        self._check(form, values)
        said = _said(values)
        if values.get("stream") == ["true"]:
            return Response(200, {"content-type": "text/event-stream; charset=utf-8"}, _events(said))
        return json_response(said)

    def _check(self, form: dict[str, Any], values: dict[str, list[str]]) -> None:
        if "model" not in values:
            raise refusals.invalid("missing", "Field required", loc=("model",))
        catalogue.require(values["model"][0], "audio_transcription")
        if sum(name in form for name in ("file", "file_url", "file_id")) != 1:
            raise refusals.invalid("value_error", "Value error, give one of file, file_url and file_id.", loc=())
        if "file_id" in values:
            self._files.get(values["file_id"][0])
        if "file" in form and not form["file"][0][1]:
            raise refusals.bad_request("Audio input could not be decoded.", kind="invalid_request_file", code="3310")
        language = values.get("language", ["en"])[0]
        if len(language) != 2 or not language.isalpha():
            raise refusals.invalid("string_pattern_mismatch", "String should match pattern", loc=("language",))
        if "language" in values and "timestamp_granularities" in values:
            raise refusals.bad_request("language and timestamp_granularities exclude each other.", code="3051")
        for word in values.get("context_bias", ()):
            if "," in word or len(word.split()) != 1:
                raise refusals.invalid("string_pattern_mismatch", "String should match pattern", loc=("context_bias",))
        if not set(values.get("timestamp_granularities", ())) <= {"segment", "word"}:
            raise refusals.invalid(
                "enum", "Input should be 'segment' or 'word'", loc=("timestamp_granularities",), given="?"
            )


def _said(values: dict[str, list[str]]) -> dict[str, Any]:
    speakers = values.get("diarize") == ["true"]
    timed = speakers or "timestamp_granularities" in values
    segments = [
        {"type": "transcription_segment", "text": text, "start": start, "end": end, "score": None,
         "speaker_id": speaker if speakers else None}
        for start, end, text, speaker in SPOKEN
    ]  # fmt: skip
    usage = {"prompt_tokens": 4, "completion_tokens": 9, "total_tokens": 13, "prompt_audio_seconds": 4}
    return {
        "model": values["model"][0],
        "text": " ".join(text for _, _, text, _ in SPOKEN),
        "language": values.get("language", [None])[0],
        "segments": segments if timed else [],
        "usage": usage,
    }


def _events(said: dict[str, Any]) -> Iterator[bytes]:
    yield _event({"type": "transcription.language", "audio_language": said["language"] or "en"})
    for number, word in enumerate(said["text"].split(" ")):
        yield _event({"type": "transcription.text.delta", "text": f" {word}" if number else word})
    for segment in said["segments"]:
        kept = {name: segment[name] for name in ("text", "start", "end", "speaker_id")}
        yield _event({"type": "transcription.segment", **kept})
    yield _event({**said, "type": "transcription.done"})


def _event(event: dict[str, Any]) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (event["type"].encode(), json_bytes(event))
