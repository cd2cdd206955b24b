"""Errors of the platform during a build: what needs no platform is still done, and they are raised at its end."""

from typing import TYPE_CHECKING

from mistral_rag import errors

if TYPE_CHECKING:
    from mistral_rag.errors import ApiError


class PlatformErrors:
    """Errors of one endpoint in one build. `first` is raised at the end; `lasting` ends all further requests."""

    def __init__(self) -> None:
        self.first: ApiError | None = None
        self.lasting: ApiError | None = None

    def note(self, error: "ApiError") -> None:
        """Note an error."""
        self.first = self.first or error
        if _concerns_all(error):
            self.lasting = self.lasting or error


def reason_of(error: "ApiError") -> str:
    """The error on one line."""
    return " ".join(str(error).split())


def _concerns_all(error: "ApiError") -> bool:
    """True when another request would end the same way: no answer, no right to ask, no such model."""
    if isinstance(error, errors.UnknownModelError):
        return True
    of_one_request = (
        errors.BadRequestError,
        errors.InvalidRequestError,
        errors.PayloadTooLargeError,
        errors.RefusalError,
        errors.ResponseError,
    )
    return not isinstance(error, of_one_request)
