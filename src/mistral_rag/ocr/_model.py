"""MistralOCR: documents of any size through the platform's OCR, page by page."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterable, Iterator, Sequence
from contextlib import aclosing, closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Unpack

from mistral_rag.api._errors import ApiError, ResponseError
from mistral_rag.errors import ParseError
from mistral_rag.ocr._concurrency import ain_order, in_order
from mistral_rag.ocr._pages.pages import parsed_annotation
from mistral_rag.ocr._reader import PageFailure
from mistral_rag.ocr._replies import Outcome, failed, is_too_large, read_reply, unsent
from mistral_rag.ocr._requests.documents import Local, Source, document
from mistral_rag.ocr._requests.keywords import ReadingOptions
from mistral_rag.ocr._requests.options import OcrOptions, annotation_class, chosen_pages, ranges
from mistral_rag.ocr._requests.pdf_split import Piece
from mistral_rag.ocr._requests.plan import Part, Plan
from mistral_rag.ocr._requests.uploads import PATH, form, uploaded_id
from mistral_rag.ocr._result import OcrPage, OcrResult
from mistral_rag.schema import Page

logger = logging.getLogger(__name__)

Pages = int | str | Iterable[int] | None
Job = Part | Outcome
"""A request to be made, or what came of pages that could not even be sent."""


class MistralOCR(OcrOptions):
    """The platform's OCR.

    A document is a path, bytes, an https or data URL, the UUID of a file at the platform, or a dict such as
    ``{"image_url": …}``. PDFs of any size are cut into what the platform takes, and numbered as if they had not been.
    Pages are counted from 1. Every method takes the options of `OcrOptions` by name, for this call only.
    """

    def read(
        self, source: Source, *, pages: Pages = None, name: str | None = None, **options: Unpack[ReadingOptions]
    ) -> OcrResult:
        """The document whole.

        Raises:
            SourceNotFoundError: there is no such file.
            ParseError: it can't be read: empty, encrypted, of a kind the platform does not take.
            ConfigurationError: an option, or a page that is not there.
            ApiError: the platform refused, or left a page out; `partial` is the `OcrResult` of what was read.
        """
        reader = self.changed(options)
        plan = reader._plan(source, pages, name)
        gathered = _Gathered(plan)
        with closing(reader._outcomes(plan)) as outcomes, gathered:
            for outcome in outcomes:
                gathered.add(outcome)
        return gathered.result()

    async def aread(
        self, source: Source, *, pages: Pages = None, name: str | None = None, **options: Unpack[ReadingOptions]
    ) -> OcrResult:
        """`read` for coroutines."""
        reader = self.changed(options)
        plan = await asyncio.to_thread(reader._plan, source, pages, name)
        gathered = _Gathered(plan)
        async with aclosing(reader._aoutcomes(plan)) as outcomes:
            with gathered:
                async for outcome in outcomes:
                    gathered.add(outcome)
        return gathered.result()

    def iter_pages(
        self, source: Source, *, pages: Pages = None, name: str | None = None, **options: Unpack[ReadingOptions]
    ) -> Generator[OcrPage | PageFailure]:
        """The pages in order, as they are read; those that can't be are failures and the rest goes on.

        Stop iterating and nothing more is sent. Raises as `read`, but for failures of single pages.
        """
        reader = self.changed(options)
        with closing(reader._outcomes(reader._plan(source, pages, name))) as outcomes:
            for outcome in outcomes:
                yield from outcome.pages

    async def aiter_pages(
        self, source: Source, *, pages: Pages = None, name: str | None = None, **options: Unpack[ReadingOptions]
    ) -> AsyncGenerator[OcrPage | PageFailure]:
        """`iter_pages` for coroutines."""
        reader = self.changed(options)
        plan = await asyncio.to_thread(reader._plan, source, pages, name)
        async with aclosing(reader._aoutcomes(plan)) as outcomes:
            async for outcome in outcomes:
                for page in outcome.pages:
                    yield page

    def page_reader(self) -> "MistralPageReader":
        """This as what reads single pages of files: only the pages asked for are sent."""
        return MistralPageReader(self.changed({"compare_text_layer": False}))

    def _plan(self, source: Source, pages: Pages, name: str | None = None, *, only_these: bool = False) -> Plan:
        return Plan.of(document(source, name=name), self, chosen_pages(pages), only_these=only_these)

    def _outcomes(self, plan: Plan) -> Generator[Outcome]:
        uploads: list[str] = []
        jobs, run = self._jobs(plan, uploads), partial(self._run, plan, uploads)
        try:
            with plan.layers() as layers, closing(in_order(jobs, run, self.max_concurrent_requests)) as done:
                for outcome in done:
                    yield replace(outcome, pages=layers.compared(outcome.pages)) if layers else outcome
        finally:
            plan.close()
            for file in uploads:
                self._delete(file)

    async def _aoutcomes(self, plan: Plan) -> AsyncGenerator[Outcome]:
        uploads: list[str] = []
        jobs, run = self._ajobs(plan, uploads), partial(self._arun, plan, uploads)
        try:
            with plan.layers() as layers:
                async with aclosing(ain_order(jobs, run, self.max_concurrent_requests)) as done:
                    async for outcome in done:
                        pages = await asyncio.to_thread(layers.compared, outcome.pages) if layers else outcome.pages
                        yield replace(outcome, pages=pages)
        finally:
            plan.close()
            for file in uploads:
                await self._adelete(file)

    def _jobs(self, plan: Plan, uploads: list[str]) -> Iterator[Job]:
        for piece in plan.pieces():
            yield from self._sent(plan, piece, uploads)

    async def _ajobs(self, plan: Plan, uploads: list[str]) -> AsyncIterator[Job]:
        pieces = plan.pieces()
        while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
            for job in await self._asent(plan, piece, uploads):
                yield job

    def _sent(
        self, plan: Plan, piece: Piece | PageFailure, uploads: list[str], *, part: Part | None = None
    ) -> Iterable[Job]:
        """The requests for a piece, uploaded where that is needed; `part` is what it replaces."""
        if isinstance(piece, PageFailure):
            return [unsent(piece)]
        if not plan.is_uploaded(piece, part):
            return plan.parts(piece, part)
        kind, content = form(plan.document.name, piece.content, plan.media_type)
        try:
            uploads.append(uploaded_id(self.client.send("POST", PATH, content=content, kind=kind)))
        except ApiError as error:
            return [failed(job, error) for job in plan.parts(piece, part)]
        return plan.parts(piece, part, file=uploads[-1])

    async def _asent(
        self, plan: Plan, piece: Piece | PageFailure, uploads: list[str], *, part: Part | None = None
    ) -> Iterable[Job]:
        if isinstance(piece, PageFailure):
            return [unsent(piece)]
        if not plan.is_uploaded(piece, part):
            return plan.parts(piece, part)
        kind, content = form(plan.document.name, piece.content, plan.media_type)
        try:
            uploads.append(uploaded_id(await self.client.asend("POST", PATH, content=content, kind=kind)))
        except ApiError as error:
            return [failed(job, error) for job in plan.parts(piece, part)]
        return plan.parts(piece, part, file=uploads[-1])

    def _run(self, plan: Plan, uploads: list[str], job: Job) -> Outcome:
        if isinstance(job, Outcome):
            return job
        try:
            return read_reply(plan, job, self.client.send("POST", "ocr", content=plan.body(job)))
        except ApiError as error:
            pieces = plan.otherwise(job) if is_too_large(error) else []
            if not pieces:
                return failed(job, error)
        smaller = [one for piece in pieces for one in self._sent(plan, piece, uploads, part=job)]
        return sum((self._run(plan, uploads, one) for one in smaller), Outcome())

    async def _arun(self, plan: Plan, uploads: list[str], job: Job) -> Outcome:
        if isinstance(job, Outcome):
            return job
        try:
            reply = await self.client.asend("POST", "ocr", content=await asyncio.to_thread(plan.body, job))
            return await asyncio.to_thread(read_reply, plan, job, reply)
        except ApiError as error:
            pieces = await asyncio.to_thread(plan.otherwise, job) if is_too_large(error) else []
            if not pieces:
                return failed(job, error)
        smaller = [one for piece in pieces for one in await self._asent(plan, piece, uploads, part=job)]
        return sum([await self._arun(plan, uploads, one) for one in smaller], Outcome())

    def _delete(self, file: str) -> None:
        try:
            self.client.send("DELETE", f"{PATH}/{file}")
        except ApiError as error:
            logger.warning("The uploaded file %s could not be deleted (%s); it expires within the hour.", file, error)

    async def _adelete(self, file: str) -> None:
        try:
            await self.client.asend("DELETE", f"{PATH}/{file}")
        except ApiError as error:
            logger.warning("The uploaded file %s could not be deleted (%s); it expires within the hour.", file, error)


class _Gathered:
    """Adds up what came; an error that leaves it takes what was read with it."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._pages: list[OcrPage | PageFailure] = []
        self._rest = Outcome()

    def add(self, outcome: Outcome) -> None:
        self._pages += outcome.pages
        self._rest += Outcome((), outcome.usage, outcome.model, outcome.annotation, outcome.error)

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, ApiError | ParseError):
            error.partial = self._so_far()

    def _so_far(self) -> OcrResult:
        document = self._plan.document
        return OcrResult(
            source=document.name,
            digest=document.digest if isinstance(document, Local) else None,
            media_type=self._plan.media_type,
            pages=tuple(page for page in self._pages if isinstance(page, OcrPage)),
            failures=tuple(page for page in self._pages if isinstance(page, PageFailure)),
            model=self._rest.model,
            usage=self._rest.usage,
        )

    def result(self) -> OcrResult:
        """The whole result, or the error that made it partial."""
        result = self._so_far()
        error = self._rest.error
        if error is not None:
            error.partial = result
            error.args = (f"{error} Not read: pages {ranges(f.number for f in result.failures)}; see `partial`.",)
            raise error
        schema = self._plan.options.document_annotation
        if schema is None:
            return result
        try:
            value = parsed_annotation(self._rest.annotation, annotation_class(schema))
        except ValueError as problem:
            error = ResponseError(f"The document annotation can't be used: {problem}", body=self._rest.annotation)
            error.partial = result
            raise error from problem
        return result.model_copy(update={"annotation": value})


class MistralPageReader:
    """Single pages through the platform's OCR; a `PageReader`."""

    def __init__(self, ocr: MistralOCR) -> None:
        self._ocr = ocr

    @property
    def name(self) -> str:
        """Model and settings."""
        return self._ocr.name

    def read(self, path: Path, numbers: Sequence[int]) -> Iterator[Page | PageFailure]:
        """The pages of these numbers, in the order of the document."""
        plan = self._ocr._plan(path, tuple(numbers), only_these=True)
        with closing(self._ocr._outcomes(plan)) as outcomes:
            for outcome in outcomes:
                for page in outcome.pages:
                    yield page.plain() if isinstance(page, OcrPage) else page
