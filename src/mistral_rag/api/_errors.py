"""Errors of the platform as exceptions, and the choice of a class for an error response.

`mistral_rag.errors` shows the tree. Each class is also the langchain-core model error of the same meaning, where there
is one, so that code written for any provider catches it. `is_retryable` (langchain-core's name) says whether the same
request may succeed later.
"""

import re
from collections.abc import Mapping
from typing import Any

from langchain_core import exceptions as core

from mistral_rag.api._formats.error_bodies import ErrorDetails, parsed_body, read_error
from mistral_rag.api._keys import NOTHING, Redactor
from mistral_rag.api._retry import retry_after
from mistral_rag.errors import MistralRagError


class ApiError(MistralRagError, core.ModelError):
    """The platform refused, failed, or could not be reached.

    Attributes:
        status: The HTTP status; for an error object that came without one, as in a stream, that of its name. None when
            there was no answer.
        code: The platform's own code as a string, such as "1300".
        type: The platform's name of the error, such as "rate_limited".
        request_id: The id to quote to the platform's support.
        retry_after: Seconds the platform asked to wait, None when it did not say.
        body: The response body, parsed where it was JSON.
        partial: The part of the result that was received: a message's beginning, or a `PartialEmbeddings`; else None.
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

    @property
    def status_code(self) -> int | None:
        """The HTTP status, by the name that other clients use."""
        return self.status


class BadRequestError(ApiError, core.ModelInvalidRequestError):
    """400: the request is wrong; sending it again gives the same error."""


class ContextOverflowError(BadRequestError, core.ContextOverflowError):
    """More tokens than the model takes; send less."""


class UnknownModelError(BadRequestError, core.ModelNotFoundError):
    """The model does not exist, is closed to this key, or is no longer served."""


class AuthenticationError(ApiError, core.ModelAuthenticationError):
    """401: the key is missing or wrong."""


class PermissionDeniedError(ApiError, core.ModelPermissionDeniedError):
    """403: the key may not do this."""


class RefusalError(PermissionDeniedError):
    """A guardrail blocked the content; `categories` names the reasons that the platform gave."""

    categories: tuple[str, ...] = ()


class NotFoundError(ApiError, core.ModelNotFoundError):
    """404: there is nothing at this address; check `base_url` (it includes /v1)."""


class PayloadTooLargeError(ApiError, core.ModelInvalidRequestError):
    """413: the request has too many bytes."""


class InvalidRequestError(ApiError, core.ModelInvalidRequestError):
    """422: the body breaks the platform's schema; the message names the field."""


class RateLimitError(ApiError, core.ModelRateLimitError):
    """429: too many requests; `retry_after` holds the seconds to wait where the platform gave them."""


class ServerError(ApiError, core.ModelAPIError):
    """5xx: a failure of the platform; all retries are used up."""


class ApiConnectionError(ApiError, core.ModelConnectionError):
    """No answer: unknown host, refused connection, failed TLS handshake, or a broken connection."""


class ApiTimeoutError(ApiError, core.ModelTimeoutError):
    """No answer in time."""


class ResponseError(ApiError):
    """A malformed answer: broken JSON, missing fields. A gateway in trouble sends such; asking again may help."""

    is_retryable = True


class StreamError(ResponseError):
    """A stream that the model or a malformed event ended; `partial` holds the message received so far."""


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
    NotFoundError: "Check the id, and base_url: it includes /v1.",
    UnknownModelError: "Choose a model the key may use.",
    ContextOverflowError: "Send fewer tokens or take a model with a longer context.",
}

_NO_ROUTE = re.compile(r"\s*(404\b.*|(page )?not found\W*|no route matched.*)?", re.IGNORECASE | re.DOTALL)
"""Reasons of a 404 that name nothing: the address may be wrong as well as an id. Any other says what is missing."""

NO_ALLOWANCE = {"x-ratelimit-limit-req-minute": "0"}
"""Header of a 429 that no wait mends."""
NOT_ALLOWED = "The key has no allowance for this model: choose another, or ask for one."

REQUEST_ID_HEADERS = (
    "mistral-correlation-id",
    "x-request-id",
    "x-kong-request-id",
    "llm_provider-mistral-correlation-id",
    "llm_provider-x-kong-request-id",
    "x-litellm-call-id",
)
"""The platform's own first, also behind a LiteLLM proxy, which puts its prefix before them."""

_OVERFLOW = re.compile(
    r"maximum context length|context (length|window)|too large for model|too many tokens in prompt", re.IGNORECASE
)
_CONTEXT_TOLD = re.compile(
    r"(?P<before>\d[\d,]*) (?:tokens )?(?:maximum|max) context|maximum context length (?:is|of) (?P<after>\d[\d,]*)",
    re.IGNORECASE,
)
_NO_MODEL = re.compile(
    r"invalid model|(model|deployment) .*(not found|not exist|not in use)|currently not in use", re.IGNORECASE
)
_NO_MODEL_NAMES = frozenset({"invalid_model", "model_not_found", "deploymentnotfound", "1500", "3003", "3040"})
_REFUSED_NAMES = frozenset({"content_filter", "content_policy_violation", "3201"})
"""Names of a refusal under any status: Azure's and OpenAI's under 400; 3201 is the platform's guardrail."""
_BLOCKED = re.compile(r"guardrail|moderation|blocked|content.?(policy|filter)|safety", re.IGNORECASE)

_STATUS_BY_NAME = tuple(
    (re.compile(names, re.IGNORECASE), status)
    for names, status in (
        (r"rate.?limit|too.?many.?requests|quota|capacity.?exceeded|throttl|resource.?exhausted|\b1300\b", 429),
        (r"billing|budget|payment", 402),
        (r"unauthori[sz]ed|unauthenticated|authentication|api.?key", 401),
        (r"permission|forbidden|guardrail|moderation|content.?(policy|filter)|\b3201\b", 403),
        (r"not.?found|\b1500\b", 404),
        (r"too.?large", 413),
        (r"unprocessable|validation.?error", 422),
        (r"gateway.?time.?out|deadline.?exceeded", 504),
        (r"time.?out", 408),
        (r"overloaded|unavailable|unreachable", 503),
        (r"internal|server.?error|\b1000\b", 500),
        (r"invalid|bad.?request|context.?length|unsupported", 400),
    )
)
"""Statuses of the names that errors have as type or code: the platform's, OpenAI's, Anthropic's, Google's, and HTTP's.

The first that fits counts: OpenAI's "invalid_request_error" may have the code "invalid_api_key".
"""


def request_id(headers: Mapping[str, str], body: Any = None) -> str | None:
    """The platform's id of a request, from the headers or else from the body; None without one."""
    found = next((headers[name] for name in REQUEST_ID_HEADERS if headers.get(name)), None)
    in_body = body.get("request_id") if isinstance(body, dict) else None
    return found or (str(in_body) if in_body else None)


def error_from_response(
    status: int, headers: Mapping[str, str], content: bytes, redactor: Redactor = NOTHING
) -> ApiError:
    """The typed error for an HTTP response with a status of 300 or more, whatever its body."""
    return _typed(status, headers, redactor.value(parsed_body(content)), redactor)


def error_from_object(body: Any, headers: Mapping[str, str], redactor: Redactor = NOTHING) -> ApiError:
    """The typed error for an error object that came with status 200, or inside a stream."""
    return _typed(None, headers, redactor.value(body), redactor)


def _typed(status: int | None, headers: Mapping[str, str], body: Any, redactor: Redactor) -> ApiError:
    details = read_error(body)
    status = (details.status or _status_named(details)) if status is None else status
    kind = _class_of(status, details)
    name = f"{status} " if status else ""
    location = f" at {details.location}" if details.location else ""
    hopeless = kind is RateLimitError and NO_ALLOWANCE.items() <= headers.items()
    named = kind is NotFoundError and not _NO_ROUTE.fullmatch(details.message)
    advice = f" {NOT_ALLOWED if hopeless else '' if named else _advice(kind, status, headers)}".rstrip()
    reason = details.message or "no reason given"
    message = f"Mistral API error {name}({details.type or kind.__name__}): {reason}{location}.{advice}"
    error = kind(
        # again: a text of the body may have been JSON, with the key behind escapes
        redactor.text(message.replace("..", ".")),
        status=status or None,
        code=details.code,
        type=details.type,
        request_id=request_id(headers, details.body),
        retry_after=retry_after(headers),
        body=details.body,
    )
    if isinstance(error, RefusalError):
        error.categories = details.categories
    if hopeless:
        error.is_retryable = False
    return error


def _advice(kind: type[ApiError], status: int, headers: Mapping[str, str]) -> str:
    if 300 <= status < 400 and "location" in headers:
        # followed, a redirect would carry the key and the texts to a host that nobody configured
        return f"The host sends elsewhere, to {headers['location']}; if that is right, make it the base_url."
    return ADVICE.get(kind, "")


def _class_of(status: int, details: ErrorDetails) -> type[ApiError]:
    if _REFUSED_NAMES & details.names or (
        status == 403 and (details.categories or _BLOCKED.search(details.searchable))
    ):
        return RefusalError
    if status in {0, 400, 404, 422} and _names_no_model(details):
        return UnknownModelError
    if status in {0, 400, 413, 422} and (
        "context_length_exceeded" in details.names or _OVERFLOW.search(details.message)
    ):
        return ContextOverflowError
    if status in {400, 404} and _NO_MODEL.search(details.message):
        return UnknownModelError
    if status >= 500:
        return ServerError
    if not status:
        return ResponseError
    return BY_STATUS.get(status, BadRequestError if status >= 400 else ApiError)


def context_told(error: "ContextOverflowError") -> int | None:
    """The model's context in tokens, where the host's error names it."""
    found = _CONTEXT_TOLD.search(str(error))
    return None if found is None else int((found["before"] or found["after"]).replace(",", ""))


def _names_no_model(details: ErrorDetails) -> bool:
    """True for the codes and types by which the platform, OpenAI and Azure say that there is no such model."""
    return bool(details.names & _NO_MODEL_NAMES)


def _status_named(details: ErrorDetails) -> int:
    """The status of an error object that has none, by its type and code; 0 when they say nothing."""
    names = " ".join(sorted(details.names))
    return next((status for known, status in _STATUS_BY_NAME if known.search(names)), 0)
