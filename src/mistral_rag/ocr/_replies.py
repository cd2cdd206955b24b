"""The result of a request: its reply checked against the pages asked for, or the error in place of a reply."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mistral_rag.api._errors import (
    ApiConnectionError,
    ApiError,
    AuthenticationError,
    BadRequestError,
    InvalidRequestError,
    NotFoundError,
    PayloadTooLargeError,
    PermissionDeniedError,
    RefusalError,
    ResponseError,
    UnknownModelError,
    request_id,
)
from mistral_rag.api._responses import ApiResponse
from mistral_rag.errors import ParseError
from mistral_rag.ocr._pages.pages import BadPageError, read_page
from mistral_rag.ocr._reader import PageFailure
from mistral_rag.ocr._requests.options import annotation_class
from mistral_rag.ocr._requests.page_request import PageRequest
from mistral_rag.ocr._requests.pdf_split import MAX_PAGES, DocumentPart
from mistral_rag.ocr._requests.plan import RequestPlan
from mistral_rag.ocr._result import OcrPage, OcrUsage

TOO_LARGE_PHRASES = ("too large", "too big", "max is", "too many pages", "exceed")
"""The platform has no error code for this: a 400 says it in words only."""
DOCUMENT_ERRORS = (
    ApiConnectionError,
    AuthenticationError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    UnknownModelError,
)
"""Errors that every other request for the same document would meet too: asking on is no use."""
NO_USAGE = OcrUsage()


@dataclass(frozen=True, slots=True)
class RequestResult:
    """Pages and failures of one request or of several, in order; `error` is the reason of the first failure."""

    pages: tuple[OcrPage | PageFailure, ...] = ()
    usage: OcrUsage = NO_USAGE
    model: str = ""
    annotation: Any = None
    error: ApiError | ParseError | None = None

    def __add__(self, other: "RequestResult") -> "RequestResult":
        """Both results as one; the annotation and the error of the first that has one."""
        return RequestResult(
            self.pages + other.pages,
            OcrUsage(
                pages_processed=self.usage.pages_processed + other.usage.pages_processed,
                doc_size_bytes=self.usage.doc_size_bytes + other.usage.doc_size_bytes,
            ),
            other.model or self.model,
            self.annotation if self.annotation is not None else other.annotation,
            self.error or other.error,
        )


Job = PageRequest | RequestResult
"""A request to be sent, or the result for pages that can't be sent."""


def is_too_large(error: ApiError) -> bool:
    """True when the platform says that the document or the request was too large."""
    message = str(error).lower()
    return isinstance(error, PayloadTooLargeError) or (
        isinstance(error, BadRequestError) and any(phrase in message for phrase in TOO_LARGE_PHRASES)
    )


def read_reply(plan: RequestPlan, request: PageRequest, reply: ApiResponse) -> RequestResult:
    """Read the pages of a reply; a page that was asked for and is missing or unusable is a failure."""
    raw_pages = reply.data.get("pages")
    if not isinstance(raw_pages, list):
        return failed(request, _bad_reply(reply, "no list of pages"))
    expected = request.expected
    wanted = range(MAX_PAGES) if expected is None else expected
    by_index, ambiguous, unexpected = _by_index(raw_pages, wanted)
    if unexpected:
        # with one index wrong none can be trusted: a text must never be cited from another page
        return failed(request, _bad_reply(reply, f"pages that were not asked for, such as index {unexpected[0]!r}"))
    if expected is None:
        expected = {index: index + 1 for index in range(max(by_index, default=-1) + 1)}
    pages = tuple(
        _page(plan, by_index.get(index), number, is_ambiguous=index in ambiguous) for index, number in expected.items()
    )
    missing = [page.number for page in pages if isinstance(page, PageFailure)]
    return RequestResult(
        pages,
        usage=_usage(reply.data.get("usage_info")),
        model=str(reply.data.get("model") or plan.options.model),
        annotation=reply.data.get("document_annotation"),
        error=_bad_reply(reply, f"no usable page {missing[0]}") if missing else None,
    )


def failed(request: PageRequest, error: ApiError) -> RequestResult:
    """Result of a request that failed; raises the error when it concerns the whole document."""
    concerns_document = isinstance(error, DOCUMENT_ERRORS) and not isinstance(error, RefusalError)
    if request.numbers is None or concerns_document:
        raise error
    reason = " ".join(str(error).split())
    return RequestResult(tuple(PageFailure(number, reason) for number in request.numbers), error=error)


def jobs_of(
    plan: RequestPlan,
    part: DocumentPart | PageFailure,
    replaced: PageRequest | None,
    upload: str | ApiError | None,
) -> Sequence[Job]:
    """Requests for a part, or the results of those that can't be sent.

    `upload` is the id of the uploaded part, or the error of its upload; None for a part that is sent inline.
    `replaced` is the request that was too large, see `RequestPlan.requests`.
    """
    if isinstance(part, PageFailure):
        return [RequestResult((part,), error=ParseError(f"page {part.number}: {part.reason}"))]
    if isinstance(upload, ApiError):
        return [failed(request, upload) for request in plan.requests(part, replaced)]
    return plan.requests(part, replaced, file=upload)


def _by_index(raw_pages: list[Any], wanted: Container[int]) -> tuple[dict[int, Any], set[int], list[Any]]:
    """Sort raw pages by index; also the indices with several different pages, and the indices that are not wanted."""
    by_index: dict[int, Any] = {}
    ambiguous: set[int] = set()
    unexpected: list[Any] = []
    for raw in raw_pages:
        index = raw.get("index") if isinstance(raw, Mapping) else None
        if not isinstance(index, int) or isinstance(index, bool) or index not in wanted:
            unexpected.append(index)
        elif by_index.setdefault(index, raw) != raw:
            ambiguous.add(index)
    return by_index, ambiguous, unexpected


def _page(plan: RequestPlan, raw: Any, number: int, *, is_ambiguous: bool) -> OcrPage | PageFailure:
    if raw is None:
        return PageFailure(number, "the platform's reply leaves this page out")
    if is_ambiguous:
        return PageFailure(number, "the platform's reply holds two different pages of this number")
    target = annotation_class(plan.options.bbox_annotation)
    try:
        return read_page(raw, plan.locator(number), doubtful_below=plan.options.doubtful_below, annotation=target)
    except BadPageError as error:
        return PageFailure(number, str(error))


def _bad_reply(reply: ApiResponse, what: str) -> ResponseError:
    return ResponseError(f"The platform's reply holds {what}.", request_id=request_id(reply.headers), body=reply.data)


def _usage(raw: Any) -> OcrUsage:
    fields = raw if isinstance(raw, Mapping) else {}
    counts = {name: fields.get(name) for name in OcrUsage.model_fields}
    return OcrUsage(**{name: n for name, n in counts.items() if isinstance(n, int) and n >= 0})
