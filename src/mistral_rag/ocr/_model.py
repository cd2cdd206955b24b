"""MistralOCR: documents of any size through the platform's OCR, and single pages for a build."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterable, Iterator, Sequence
from contextlib import aclosing, closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Unpack

from mistral_rag._logger import logger_of
from mistral_rag.api._concurrency import in_tasks, in_threads
from mistral_rag.api._errors import ApiError
from mistral_rag.ocr._assembly import ResultAssembly
from mistral_rag.ocr._reader import PageFailure
from mistral_rag.ocr._replies import Job, RequestResult, failed, is_too_large, jobs_of, read_reply
from mistral_rag.ocr._requests.documents import DocumentInput, document
from mistral_rag.ocr._requests.keywords import ReadingOptions
from mistral_rag.ocr._requests.options import OcrOptions, chosen_pages
from mistral_rag.ocr._requests.page_request import PageRequest
from mistral_rag.ocr._requests.pdf_split import DocumentPart
from mistral_rag.ocr._requests.plan import RequestPlan
from mistral_rag.ocr._requests.uploads import PATH, uploaded_id
from mistral_rag.ocr._result import OcrPage, OcrResult
from mistral_rag.schema import Page

logger = logger_of(__name__)

PageSelection = int | str | Iterable[int] | None
"""Page numbers from 1, or a string such as "1-5,7"; None for all pages."""


class MistralOCR(OcrOptions):
    """Client of the platform's OCR.

    A document is a path, bytes, an https or data URL, the UUID of a file at the platform, or a dict such as
    ``{"image_url": …}``. PDFs beyond the platform's limits are split; their pages keep their numbers.
    Pages are counted from 1. Every method takes the options of `OcrOptions` by name, for this call only.
    """

    def read(
        self,
        source: DocumentInput,
        *,
        pages: PageSelection = None,
        name: str | None = None,
        **options: Unpack[ReadingOptions],
    ) -> OcrResult:
        """Read the whole document.

        Raises:
            SourceNotFoundError: there is no such file.
            ParseError: it can't be read: empty, encrypted, of a type the platform does not take.
            ConfigurationError: a wrong option, or a page that does not exist.
            ApiError: the platform refused, or left a page out; `partial` is the `OcrResult` of the other pages.
        """
        reader = self.changed(options)
        plan = reader._plan(source, pages, name)
        assembly = ResultAssembly(plan)
        with closing(reader._results(plan)) as results, assembly:
            for result in results:
                assembly.add(result)
        return assembly.result()

    async def aread(
        self,
        source: DocumentInput,
        *,
        pages: PageSelection = None,
        name: str | None = None,
        **options: Unpack[ReadingOptions],
    ) -> OcrResult:
        """`read` for coroutines."""
        reader = self.changed(options)
        plan = await asyncio.to_thread(reader._plan, source, pages, name)
        assembly = ResultAssembly(plan)
        async with aclosing(reader._aresults(plan)) as results:
            with assembly:
                async for result in results:
                    assembly.add(result)
        return assembly.result()

    def iter_pages(
        self,
        source: DocumentInput,
        *,
        pages: PageSelection = None,
        name: str | None = None,
        **options: Unpack[ReadingOptions],
    ) -> Generator[OcrPage | PageFailure]:
        """Yield the pages in order, as they are read; a page that can't be read is a failure, and the rest goes on.

        Stop iterating and nothing more is sent. Raises as `read`, but for failures of single pages.
        """
        reader = self.changed(options)
        with closing(reader._results(reader._plan(source, pages, name))) as results:
            for result in results:
                yield from result.pages

    async def aiter_pages(
        self,
        source: DocumentInput,
        *,
        pages: PageSelection = None,
        name: str | None = None,
        **options: Unpack[ReadingOptions],
    ) -> AsyncGenerator[OcrPage | PageFailure]:
        """`iter_pages` for coroutines."""
        reader = self.changed(options)
        plan = await asyncio.to_thread(reader._plan, source, pages, name)
        async with aclosing(reader._aresults(plan)) as results:
            async for result in results:
                for page in result.pages:
                    yield page

    def page_reader(self) -> "MistralPageReader":
        """A `PageReader` with these options: only the pages asked for are sent, and no text layer is compared."""
        return MistralPageReader(self.changed({"compare_text_layer": False}))

    def _plan(
        self, source: DocumentInput, pages: PageSelection, name: str | None = None, *, only_these: bool = False
    ) -> RequestPlan:
        return RequestPlan.of(document(source, name=name), self, chosen_pages(pages), only_these=only_these)

    def _results(self, plan: RequestPlan) -> Generator[RequestResult]:
        uploads: list[str] = []
        jobs, run = self._jobs(plan, uploads), partial(self._run, plan, uploads)
        try:
            results = in_threads(run, jobs, workers=self.max_concurrent_requests, ordered=True)
            with plan.layers() as layers, closing(results) as finished:
                for result in finished:
                    yield replace(result, pages=layers.compared(result.pages)) if layers else result
        finally:
            plan.close()
            for file in uploads:
                self._delete(file)

    async def _aresults(self, plan: RequestPlan) -> AsyncGenerator[RequestResult]:
        uploads: list[str] = []
        jobs, run = self._ajobs(plan, uploads), partial(self._arun, plan, uploads)
        try:
            with plan.layers() as layers:
                results = in_tasks(run, jobs, workers=self.max_concurrent_requests, ordered=True)
                async with aclosing(results) as finished:
                    async for result in finished:
                        pages = await asyncio.to_thread(layers.compared, result.pages) if layers else result.pages
                        yield replace(result, pages=pages)
        finally:
            plan.close()
            for file in uploads:
                await self._adelete(file)

    def _jobs(self, plan: RequestPlan, uploads: list[str]) -> Iterator[Job]:
        for part in plan.parts():
            yield from self._requests(plan, part, uploads)

    async def _ajobs(self, plan: RequestPlan, uploads: list[str]) -> AsyncIterator[Job]:
        parts = plan.parts()
        while (part := await asyncio.to_thread(next, parts, None)) is not None:
            for job in await self._arequests(plan, part, uploads):
                yield job

    def _requests(
        self,
        plan: RequestPlan,
        part: DocumentPart | PageFailure,
        uploads: list[str],
        *,
        replaced: PageRequest | None = None,
    ) -> Sequence[Job]:
        """Requests for a part, which is uploaded first where that is needed; `replaced` was too large."""
        form = plan.upload_form(part, replaced)
        return jobs_of(plan, part, replaced, None if form is None else self._upload(form, uploads))

    async def _arequests(
        self,
        plan: RequestPlan,
        part: DocumentPart | PageFailure,
        uploads: list[str],
        *,
        replaced: PageRequest | None = None,
    ) -> Sequence[Job]:
        form = plan.upload_form(part, replaced)
        return jobs_of(plan, part, replaced, None if form is None else await self._aupload(form, uploads))

    def _upload(self, form: tuple[str, bytes], uploads: list[str]) -> str | ApiError:
        kind, content = form
        try:
            uploads.append(uploaded_id(self.client.send("POST", PATH, content=content, kind=kind)))
        except ApiError as error:
            return error
        return uploads[-1]

    async def _aupload(self, form: tuple[str, bytes], uploads: list[str]) -> str | ApiError:
        kind, content = form
        try:
            uploads.append(uploaded_id(await self.client.asend("POST", PATH, content=content, kind=kind)))
        except ApiError as error:
            return error
        return uploads[-1]

    def _run(self, plan: RequestPlan, uploads: list[str], job: Job) -> RequestResult:
        if isinstance(job, RequestResult):
            return job
        try:
            return read_reply(
                plan,
                job,
                self.client.send(
                    "POST", "ocr", content=plan.body(job), expects="pages", asked=self.model, pages=job.count
                ),
            )
        except ApiError as error:
            parts = plan.smaller_parts(job) if is_too_large(error) else []
            if not parts:
                return failed(job, error)
        smaller = [one for part in parts for one in self._requests(plan, part, uploads, replaced=job)]
        return sum((self._run(plan, uploads, one) for one in smaller), RequestResult())

    async def _arun(self, plan: RequestPlan, uploads: list[str], job: Job) -> RequestResult:
        if isinstance(job, RequestResult):
            return job
        try:
            body = await asyncio.to_thread(plan.body, job)
            reply = await self.client.asend(
                "POST", "ocr", content=body, expects="pages", asked=self.model, pages=job.count
            )
            return await asyncio.to_thread(read_reply, plan, job, reply)
        except ApiError as error:
            parts = await asyncio.to_thread(plan.smaller_parts, job) if is_too_large(error) else []
            if not parts:
                return failed(job, error)
        smaller = [one for part in parts for one in await self._arequests(plan, part, uploads, replaced=job)]
        return sum([await self._arun(plan, uploads, one) for one in smaller], RequestResult())

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


class MistralPageReader:
    """Reads single pages through the platform's OCR; a `PageReader`."""

    def __init__(self, ocr: MistralOCR) -> None:
        self._ocr = ocr

    @property
    def name(self) -> str:
        """Model and settings."""
        return self._ocr.name

    def read(self, path: Path, numbers: Sequence[int]) -> Iterator[Page | PageFailure]:
        """Read the pages of these numbers (from 1), in the order of the document."""
        plan = self._ocr._plan(path, tuple(numbers), only_these=True)
        with closing(self._ocr._results(plan)) as results:
            for result in results:
                for page in result.pages:
                    yield page.plain() if isinstance(page, OcrPage) else page
