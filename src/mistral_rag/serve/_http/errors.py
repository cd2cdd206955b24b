"""Errors as the client of a path reads them: of our own shape, or of OpenAI's."""

from typing import Any, Final

from starlette.types import Scope

from mistral_rag.serve._http.paths import OPENAI
from mistral_rag.serve._http.responses import JsonReply, RequestError

_KINDS: Final = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
}
"""Types of OpenAI's errors by status (https://platform.openai.com/docs/guides/error-codes)."""


def error_reply(error: RequestError, scope: Scope) -> JsonReply:
    """The response for a request that is refused."""
    if not scope["path"].startswith(OPENAI):
        return JsonReply(error.to_json(), error.status, error.headers)
    message = " ".join([f"{error.message}.", error.advice]).strip()
    return JsonReply(openai_error(error.code, message, error.status), error.status, error.headers)


def openai_error(code: str, message: str, status: int = 500) -> dict[str, Any]:
    """An error in the shape that OpenAI's clients read."""
    kind = _KINDS.get(status, "server_error" if status >= 500 else "invalid_request_error")
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}
