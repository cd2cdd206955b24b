"""The platform's ways of saying no: one exception, and the bodies known from the wire."""

import json
import uuid
from typing import Any

from pydantic import ValidationError

from mistral_rag.testing._server.exchange import Response, json_response


class RefusedError(Exception):
    """Raised anywhere while a request is judged; carries the response that says why."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(f"{status}: {json.dumps(body)[:300]}")
        self.status = status
        self.body = body

    def response(self) -> Response:
        """The refusal as it goes on the wire."""
        return json_response(self.body, status=self.status)


def error_object(message: str, kind: str, code: str | None = None, *, status: int = 400) -> dict[str, Any]:
    """The error object of the platform: `code` is a string of digits."""
    return {
        "object": "error",
        "message": message,
        "type": kind,
        "param": None,
        "code": code,
        "raw_status_code": status,
    }


def bad_request(message: str, *, kind: str = "invalid_request_error", code: str | None = "3001") -> RefusedError:
    """400 with the platform's error object."""
    return RefusedError(400, error_object(message, kind, code))


def unknown_model(model: str) -> RefusedError:
    """400 for a model that nobody serves."""
    return bad_request(f"Invalid model: {model}", kind="invalid_model", code="1500")


def no_key() -> RefusedError:
    """401 as the gateway says it when there is no key at all."""
    return RefusedError(401, {"message": "Unauthorized", "request_id": uuid.uuid4().hex})


def wrong_key() -> RefusedError:
    """401 as the application says it when the key is not known."""
    return RefusedError(401, {"detail": "Unauthorized"})


def not_found() -> RefusedError:
    """404 below `/v1`."""
    return RefusedError(404, {"detail": "Not Found"})


def no_route() -> RefusedError:
    """404 as the gateway says it outside `/v1`."""
    return RefusedError(404, {"message": "no Route matched with those values", "request_id": uuid.uuid4().hex})


def method_not_allowed() -> RefusedError:
    """405."""
    return RefusedError(405, {"detail": "Method Not Allowed"})


def too_large() -> RefusedError:
    """413 as the gateway says it."""
    return RefusedError(413, {"message": "Request size limit exceeded", "request_id": uuid.uuid4().hex})


def invalid(
    kind: str, message: str, *, loc: tuple[str | int, ...], given: Any = None, part: str = "body"
) -> RefusedError:
    """422 with one entry in its detail list; `part` is the part of the request that is wrong."""
    return RefusedError(422, {"detail": [{"type": kind, "loc": [part, *loc], "msg": message, "input": given}]})


def invalid_body(error: ValidationError) -> RefusedError:
    """422 with pydantic's own list, as the platform's framework sends it."""
    details = json.loads(error.json(include_url=False))
    if details[0]["type"] == "json_invalid":
        return invalid("json_invalid", "JSON decode error", loc=(0,), given={})
    return RefusedError(422, {"detail": [{**item, "loc": ["body", *item["loc"]]} for item in details]})
