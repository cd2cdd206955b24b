"""The result of a document, assembled from those of its requests."""

from mistral_rag.api._errors import ApiError, ResponseError
from mistral_rag.errors import ParseError
from mistral_rag.ocr._pages.pages import parsed_annotation
from mistral_rag.ocr._reader import PageFailure
from mistral_rag.ocr._replies import RequestResult
from mistral_rag.ocr._requests.documents import LocalDocument
from mistral_rag.ocr._requests.options import annotation_class, ranges
from mistral_rag.ocr._requests.plan import RequestPlan
from mistral_rag.ocr._result import OcrPage, OcrResult


class ResultAssembly:
    """Collects the results of requests, in order.

    A context manager: an error that leaves the block gets the pages read so far as its `partial`.
    """

    def __init__(self, plan: RequestPlan) -> None:
        self._plan = plan
        self._pages: list[OcrPage | PageFailure] = []
        self._sum = RequestResult()

    def add(self, result: RequestResult) -> None:
        """Add the result of the next request."""
        self._pages += result.pages
        self._sum += RequestResult((), result.usage, result.model, result.annotation, result.error)

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, ApiError | ParseError):
            error.partial = self._partial()

    def _partial(self) -> OcrResult:
        document = self._plan.document
        return OcrResult(
            source=document.name,
            digest=document.digest if isinstance(document, LocalDocument) else None,
            media_type=self._plan.media_type,
            pages=tuple(page for page in self._pages if isinstance(page, OcrPage)),
            failures=tuple(page for page in self._pages if isinstance(page, PageFailure)),
            model=self._sum.model,
            usage=self._sum.usage,
        )

    def result(self) -> OcrResult:
        """The complete result; raises the first error, with the incomplete result as its `partial`."""
        result = self._partial()
        error = self._sum.error
        if error is not None:
            error.partial = result
            error.args = (f"{error} Not read: pages {ranges(f.number for f in result.failures)}; see `partial`.",)
            raise error
        schema = self._plan.options.document_annotation
        if schema is None:
            return result
        try:
            value = parsed_annotation(self._sum.annotation, annotation_class(schema))
        except ValueError as problem:
            error = ResponseError(f"The document annotation can't be used: {problem}", body=self._sum.annotation)
            error.partial = result
            raise error from problem
        return result.model_copy(update={"annotation": value})
