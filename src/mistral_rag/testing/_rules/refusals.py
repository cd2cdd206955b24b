"""Refusals of the platform: one exception, and the error bodies seen on the wire."""

import json
import uuid
from typing import Any

from pydantic import ValidationError

from mistral_rag.testing._server.exchange import Response, json_response


class RequestRefusedError(Exception):
    """A request is refused; the exception has the status and the body of the response."""

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


def bad_request(message: str, *, kind: str = "invalid_request_error", code: str | None = "3001") -> RequestRefusedError:
    """400 with the platform's error object."""
    return RequestRefusedError(400, error_object(message, kind, code))


def unknown_model(model: str) -> RequestRefusedError:
    """400 for an unknown model."""
    return bad_request(f"Invalid model: {model}", kind="invalid_model", code="1500")


def no_key() -> RequestRefusedError:
    """401 of the gateway, for a missing key."""
    return RequestRefusedError(401, {"message": "Unauthorized", "request_id": uuid.uuid4().hex})


def wrong_key() -> RequestRefusedError:
    """401 of the application, for an unknown key."""
    return RequestRefusedError(401, {"detail": "Unauthorized"})


def not_found() -> RequestRefusedError:
    """404 below `/v1`."""
    return RequestRefusedError(404, {"detail": "Not Found"})


def no_route() -> RequestRefusedError:
    """404 of the gateway, outside `/v1`."""
    return RequestRefusedError(404, {"message": "no Route matched with those values", "request_id": uuid.uuid4().hex})


def method_not_allowed() -> RequestRefusedError:
    """405."""
    return RequestRefusedError(405, {"detail": "Method Not Allowed"})


def too_large() -> RequestRefusedError:
    """413 of the gateway."""
    return RequestRefusedError(413, {"message": "Request size limit exceeded", "request_id": uuid.uuid4().hex})


def invalid(
    kind: str, message: str, *, loc: tuple[str | int, ...], given: Any = None, location: str = "body"
) -> RequestRefusedError:
    """422 with one entry in its detail list; `location` is "body" or "query"."""
    return RequestRefusedError(
        422, {"detail": [{"type": kind, "loc": [location, *loc], "msg": message, "input": given}]}
    )


def invalid_body(error: ValidationError) -> RequestRefusedError:
    """422 with pydantic's own list, as the platform's framework sends it."""
    details = json.loads(error.json(include_url=False))
    if details[0]["type"] == "json_invalid":
        return invalid("json_invalid", "JSON decode error", loc=(0,), given={})
    return RequestRefusedError(422, {"detail": [{**item, "loc": ["body", *item["loc"]]} for item in details]})
