"""The exceptions of this package.

::

    MistralRagError
    ├── ConfigurationError             the caller must change a setting (also a ValueError)
    │   └── MissingExtraError          an optional package is not installed; names the install command
    ├── IngestError                    a document or a folder of documents can't be read
    │   ├── SourceNotFoundError        a named file or folder does not exist, or may not be read
    │   └── ParseError                 one file could not be turned into pages; `reason` is one line
    ├── WorkerError                    a child process failed at its job; `reason` is one line
    │   └── WorkerStartError           it can't start at all
    ├── StoreError                     the index folder
    │   ├── IndexNotFoundError         there is no index there
    │   ├── NotAnIndexError            the folder holds something else; its files are never touched
    │   ├── IndexLockedError           another process is writing to it
    │   ├── IndexMismatchError         built with other models or settings; names the way out
    │   ├── IndexVersionError          written by a newer release, or too old to migrate
    │   ├── IndexDamagedError          bytes are not what was written; run `ingest verify`
    │   └── IndexWriteError            the disk refused (full, read-only, I/O error); the last commit stands
    ├── InvalidFilterError             a metadata filter that can't be understood (also a ValueError)
    ├── CostLimitError                a call would cost more than the limit that was set; it was not sent
    ├── UnsupportedAnswerError         a model's statement is not backed by what it cites; `answer` has the verdicts
    └── ApiError                       the platform: status, code, type, request_id, retry_after, body
        ├── BadRequestError            400  what was sent is wrong
        │   ├── ContextOverflowError        more tokens than the model takes
        │   └── UnknownModelError           the model does not exist or is no longer served
        ├── AuthenticationError        401  no key, or a wrong one
        ├── PermissionDeniedError      403  the key may not do this
        │   └── RefusalError                a guardrail blocked the content
        ├── NotFoundError              404
        ├── PayloadTooLargeError       413
        ├── InvalidRequestError        422  the body breaks the schema
        ├── RateLimitError             429  too fast; `retry_after` seconds where the platform said
        ├── ServerError                5xx  the platform's fault; retried already
        ├── ApiConnectionError         no answer: name, network, TLS
        ├── ApiTimeoutError            no answer in time
        └── ResponseError              an answer that is not one: broken JSON, missing vectors
            └── StreamError            a stream that the model or a malformed event ended

The platform's branch subclasses langchain-core's model errors, which cost 100 ms to import; it is
defined below `mistral_rag.api` and loaded when first used here.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mistral_rag.api._errors import (
        ApiConnectionError,
        ApiError,
        ApiTimeoutError,
        AuthenticationError,
        BadRequestError,
        ContextOverflowError,
        InvalidRequestError,
        NotFoundError,
        PayloadTooLargeError,
        PermissionDeniedError,
        RateLimitError,
        RefusalError,
        ResponseError,
        ServerError,
        StreamError,
        UnknownModelError,
    )

__all__ = [
    "ApiConnectionError",
    "ApiError",
    "ApiTimeoutError",
    "AuthenticationError",
    "BadRequestError",
    "ConfigurationError",
    "ContextOverflowError",
    "CostLimitError",
    "IndexDamagedError",
    "IndexLockedError",
    "IndexMismatchError",
    "IndexNotFoundError",
    "IndexVersionError",
    "IndexWriteError",
    "IngestError",
    "InvalidFilterError",
    "InvalidRequestError",
    "MissingExtraError",
    "MistralRagError",
    "NotAnIndexError",
    "NotFoundError",
    "ParseError",
    "PayloadTooLargeError",
    "PermissionDeniedError",
    "RateLimitError",
    "RefusalError",
    "ResponseError",
    "ServerError",
    "SourceNotFoundError",
    "StoreError",
    "StreamError",
    "UnknownModelError",
    "UnsupportedAnswerError",
    "WorkerError",
    "WorkerStartError",
]


class MistralRagError(Exception):
    """Base of everything this package raises on purpose."""


class ConfigurationError(MistralRagError, ValueError):
    """A setting is missing or wrong; the message names it and the way out."""


class MissingExtraError(ConfigurationError, ImportError):
    """An optional package is needed: `pip install "mistral-rag[<extra>]"`."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f'{what} needs optional packages. Run: pip install "mistral-rag[{extra}]"')
        self.extra = extra


class IngestError(MistralRagError):
    """Documents could not be read."""


class SourceNotFoundError(IngestError):
    """A named file or folder does not exist or may not be read."""


class ParseError(IngestError):
    """One file could not be turned into pages; `reason` is one line for the report.

    `partial` is what was read of it all the same, None when nothing was.
    """

    partial: Any = None

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class WorkerError(MistralRagError):
    """A worker process failed at its job, broke a limit or crashed; `reason` is one line for the report."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class WorkerStartError(WorkerError):
    """A worker process can't start; no job of its kind can be done."""


class StoreError(MistralRagError):
    """The index folder could not be used."""


class IndexNotFoundError(StoreError):
    """There is no index at this path."""


class NotAnIndexError(StoreError):
    """The folder exists and holds something that is not an index."""


class IndexLockedError(StoreError):
    """Another process holds the index open for writing."""


class IndexMismatchError(StoreError):
    """The index was built with other models or settings than those asked for."""


class IndexVersionError(StoreError):
    """The index has a format this release does not read."""


class IndexDamagedError(StoreError):
    """The index does not hold what was written to it."""


class IndexWriteError(StoreError):
    """The disk refused a write; the index stands at its last commit.

    `begun` is False when the index could not even be opened for writing.
    """

    begun = True


class InvalidFilterError(MistralRagError, ValueError):
    """A metadata filter that can't be understood; the message names the part."""


class CostLimitError(MistralRagError):
    """A call was not sent, as it could cost more than the limit leaves; `spent` and `limit` are US dollars."""

    def __init__(self, message: str, *, spent: float, limit: float) -> None:
        super().__init__(message)
        self.spent = spent
        self.limit = limit


class UnsupportedAnswerError(MistralRagError):
    """A statement of a model is not backed by what it cites, and the policy is "raise".

    `answer` is the `Answer` without these statements; they are in its `removed`, with the reasons.
    """

    def __init__(self, answer: Any) -> None:
        told = "; ".join(f"{removed.text!r}: {removed.reason}" for removed in answer.removed)
        super().__init__(f"the model states what its evidence does not back: {told}")
        self.answer = answer


def __getattr__(name: str) -> Any:
    if name in __all__:
        from mistral_rag.api import _errors as errors

        return getattr(errors, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
