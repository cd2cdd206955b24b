"""What came of a request: the reply against what was asked for, or the error that came instead."""

from collections.abc import Container, Mapping
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
from mistral_rag.ocr._requests.pdf_split import MAX_PAGES
from mistral_rag.ocr._requests.plan import Part, Plan
from mistral_rag.ocr._result import OcrPage, OcrUsage

TOO_LARGE = ("too large", "too big", "max is", "too many pages", "exceed")
CONCERN_ALL = (
    ApiConnectionError,
    AuthenticationError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    UnknownModelError,
)
"""Errors that every other request for a document would meet too."""
NOTHING = OcrUsage()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a request: pages and failures in order, `error` the reason of the first failure."""

    pages: tuple[OcrPage | PageFailure, ...] = ()
    usage: OcrUsage = NOTHING
    model: str = ""
    annotation: Any = None
    error: ApiError | ParseError | None = None

    def __add__(self, other: "Outcome") -> "Outcome":
        return Outcome(
            self.pages + other.pages,
            OcrUsage(
                pages_processed=self.usage.pages_processed + other.usage.pages_processed,
                doc_size_bytes=self.usage.doc_size_bytes + other.usage.doc_size_bytes,
            ),
            other.model or self.model,
            self.annotation if self.annotation is not None else other.annotation,
            self.error or other.error,
        )


def is_too_large(error: ApiError) -> bool:
    """Whether the platform says that there was too much at once."""
    told = str(error).lower()
    return isinstance(error, PayloadTooLargeError) or (
        isinstance(error, BadRequestError) and any(word in told for word in TOO_LARGE)
    )


def read_reply(plan: Plan, part: Part, reply: ApiResponse) -> Outcome:
    """The pages of a reply; what was asked for and is not there is a failure."""
    given = reply.data.get("pages")
    if not isinstance(given, list):
        return failed(part, _bad_reply(reply, "no list of pages"))
    expected = part.expected
    wanted = range(MAX_PAGES) if expected is None else expected
    found, doubled, strange = _by_index(given, wanted)
    if strange:
        # one wrong number and none can be believed: a text must not end up on another page
        return failed(part, _bad_reply(reply, f"pages that were not asked for, such as index {strange[0]!r}"))
    if expected is None:
        expected = {index: index + 1 for index in range(max(found, default=-1) + 1)}
    pages = tuple(_page(plan, found.get(index), number, index in doubled) for index, number in expected.items())
    missing = [page.number for page in pages if isinstance(page, PageFailure)]
    return Outcome(
        pages,
        usage=_usage(reply.data.get("usage_info")),
        model=str(reply.data.get("model") or plan.options.model),
        annotation=reply.data.get("document_annotation"),
        error=_bad_reply(reply, f"no usable page {missing[0]}") if missing else None,
    )


def failed(part: Part, error: ApiError) -> Outcome:
    """What came of a request that failed; raises the error when it concerns the whole document."""
    concerns_all = isinstance(error, CONCERN_ALL) and not isinstance(error, RefusalError)
    if part.numbers is None or concerns_all:
        raise error
    reason = " ".join(str(error).split())
    return Outcome(tuple(PageFailure(number, reason) for number in part.numbers), error=error)


def unsent(failure: PageFailure) -> Outcome:
    """What comes of a page that can't be sent."""
    return Outcome((failure,), error=ParseError(f"page {failure.number}: {failure.reason}"))


def _by_index(given: list[Any], wanted: Container[int]) -> tuple[dict[int, Any], set[int], list[Any]]:
    """The pages by their index, the indices of which there are several, and those nobody asked for."""
    found: dict[int, Any] = {}
    doubled: set[int] = set()
    strange: list[Any] = []
    for raw in given:
        index = raw.get("index") if isinstance(raw, Mapping) else None
        if not isinstance(index, int) or isinstance(index, bool) or index not in wanted:
            strange.append(index)
        elif found.setdefault(index, raw) != raw:
            doubled.add(index)
    return found, doubled, strange


def _page(plan: Plan, raw: Any, number: int, is_doubled: bool) -> OcrPage | PageFailure:
    if raw is None:
        return PageFailure(number, "the platform's reply leaves this page out")
    if is_doubled:
        return PageFailure(number, "the platform's reply holds two different pages of this number")
    target = annotation_class(plan.options.bbox_annotation)
    try:
        return read_page(raw, plan.locator(number), doubtful_below=plan.options.doubtful_below, annotation=target)
    except BadPageError as error:
        return PageFailure(number, str(error))


def _bad_reply(reply: ApiResponse, what: str) -> ResponseError:
    return ResponseError(f"The platform's reply holds {what}.", request_id=request_id(reply.headers), body=reply.data)


def _usage(given: Any) -> OcrUsage:
    told = given if isinstance(given, Mapping) else {}
    counts = {name: told.get(name) for name in OcrUsage.model_fields}
    return OcrUsage(**{name: n for name, n in counts.items() if isinstance(n, int) and n >= 0})
