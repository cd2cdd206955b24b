"""What the platform can answer instead of a reply, as exceptions; the tree stands in `mistral_rag.errors`.

Each class is also the langchain-core model error of the same meaning, where there is one, so that code written
for any provider catches it. `is_retryable` (langchain-core's name) says whether the same request may succeed later.
"""

import re
from collections.abc import Mapping
from typing import Any

from langchain_core import exceptions as core

from mistral_rag.api._bodies import Details, read_error
from mistral_rag.api._retry import retry_after
from mistral_rag.errors import MistralRagError


class ApiError(MistralRagError, core.ModelError):
    """The platform refused, failed, or could not be reached.

    Attributes:
        status: The HTTP status, None when there was no answer.
        code: The platform's own code as a string, such as "1300".
        type: The platform's name of the error, such as "rate_limited".
        request_id: What to quote to the platform's support.
        retry_after: Seconds the platform asked to wait, None when it did not say.
        body: The body as it came, parsed where it was JSON.
        partial: What had come before: a message's beginning, or a `PartialEmbeddings`; None when nothing had.
    """

    partial: Any = None

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: str | None = None,
        type: str | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        body: Any = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.type = type
        self.request_id = request_id
        self.retry_after = retry_after
        self.body = body


class BadRequestError(ApiError, core.ModelInvalidRequestError):
    """400: what was sent is wrong; sending it again gives the same answer."""


class ContextOverflowError(BadRequestError, core.ContextOverflowError):
    """More tokens than the model takes; send less."""


class UnknownModelError(BadRequestError, core.ModelNotFoundError):
    """The model does not exist, is not open to this key, or is no longer served."""


class AuthenticationError(ApiError, core.ModelAuthenticationError):
    """401: there is no key, or the platform does not know it."""


class PermissionDeniedError(ApiError, core.ModelPermissionDeniedError):
    """403: the key may not do this."""


class RefusalError(PermissionDeniedError):
    """A guardrail blocked the content; `categories` names why, as far as the platform said."""

    categories: tuple[str, ...] = ()


class NotFoundError(ApiError, core.ModelNotFoundError):
    """404: there is nothing at this address; check `base_url` (it includes /v1)."""


class PayloadTooLargeError(ApiError, core.ModelInvalidRequestError):
    """413: the request has too many bytes."""


class InvalidRequestError(ApiError, core.ModelInvalidRequestError):
    """422: the body breaks the platform's schema; the message names the field."""


class RateLimitError(ApiError, core.ModelRateLimitError):
    """429: too fast; `retry_after` holds the seconds to wait where the platform said."""


class ServerError(ApiError, core.ModelAPIError):
    """5xx: the platform's fault; it was retried already."""


class ApiConnectionError(ApiError, core.ModelConnectionError):
    """No answer: name not found, nobody listening, TLS refused, or the line broke."""


class ApiTimeoutError(ApiError, core.ModelTimeoutError):
    """No answer in time."""


class ResponseError(ApiError):
    """An answer that is not one: broken JSON, missing fields."""


class StreamError(ResponseError):
    """A stream that broke off; `partial` holds the message as far as it had come."""


BY_STATUS: dict[int, type[ApiError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    402: PermissionDeniedError,
    403: PermissionDeniedError,
    404: NotFoundError,
    408: ApiTimeoutError,
    413: PayloadTooLargeError,
    422: InvalidRequestError,
    429: RateLimitError,
}

ADVICE: dict[type[ApiError], str] = {
    AuthenticationError: "Check the key and that it belongs to this host.",
    NotFoundError: "Check base_url: it includes /v1.",
    UnknownModelError: "Choose a model the key may use.",
    ContextOverflowError: "Send fewer tokens or take a model with a longer context.",
}

REQUEST_ID_HEADERS = ("mistral-correlation-id", "x-request-id", "x-kong-request-id")

_OVERFLOW = re.compile(
    r"maximum context length|context (length|window)|too large for model|too many tokens in prompt", re.IGNORECASE
)
_NO_MODEL = re.compile(
    r"invalid model|model .*(not found|does not exist|not in use)|currently not in use", re.IGNORECASE
)
_BLOCKED = re.compile(r"guardrail|moderation|blocked|content.?(policy|filter)|safety", re.IGNORECASE)


def request_id(headers: Mapping[str, str], body: Any = None) -> str | None:
    """The id by which the platform knows the request; None when it gave none."""
    found = next((headers[name] for name in REQUEST_ID_HEADERS if headers.get(name)), None)
    inside = body.get("request_id") if isinstance(body, dict) else None
    return found or (str(inside) if inside else None)


def error_from_reply(status: int, headers: Mapping[str, str], content: bytes) -> ApiError:
    """The typed error for an HTTP answer of 300 or more, whatever its body looks like."""
    return _typed(status, headers, read_error(content))


def error_from_object(body: Any, headers: Mapping[str, str]) -> ApiError:
    """The typed error for an error object that came with status 200, or inside a stream."""
    details = read_error(body)
    return _typed(details.status or 0, headers, details)


def _typed(status: int, headers: Mapping[str, str], details: Details) -> ApiError:
    kind = _class_of(status, details)
    name = f"{status} " if status else ""
    where = f" at {details.where}" if details.where else ""
    advice = f" {ADVICE[kind]}" if kind in ADVICE else ""
    reason = details.message or "no reason given"
    error = kind(
        f"Mistral API error {name}({details.type or kind.__name__}): {reason}{where}.{advice}".replace("..", "."),
        status=status or None,
        code=details.code,
        type=details.type,
        request_id=request_id(headers, details.body),
        retry_after=retry_after(headers),
        body=details.body,
    )
    if isinstance(error, RefusalError):
        error.categories = details.categories
    return error


def _class_of(status: int, details: Details) -> type[ApiError]:
    if status == 403 and (details.categories or _BLOCKED.search(details.searchable)):
        return RefusalError
    if status in {0, 400, 404, 422} and (details.type == "invalid_model" or details.code in {"1500", "3003"}):
        return UnknownModelError
    if status in {0, 400, 413, 422} and _OVERFLOW.search(details.message):
        return ContextOverflowError
    if status == 400 and _NO_MODEL.search(details.message):
        return UnknownModelError
    if status >= 500:
        return ServerError
    if not status:
        return _class_by_name(details)
    return BY_STATUS.get(status, BadRequestError if status >= 400 else ApiError)


def _class_by_name(details: Details) -> type[ApiError]:
    """For an error object without a status: by its code and type."""
    name = (details.type or "").lower()
    if details.code == "1300" or "rate" in name:
        return RateLimitError
    if details.code == "1000" or "internal" in name or "server" in name:
        return ServerError
    if "invalid" in name or "bad_request" in name:
        return BadRequestError
    return ResponseError
