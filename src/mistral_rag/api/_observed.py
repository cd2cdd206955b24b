"""Calls in progress, watched for the ledgers that are open around them, to the end of their streams."""

import time
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Mapping
from types import TracebackType
from typing import Any, Self

from mistral_rag.api._errors import ApiError, ContextOverflowError, context_told, request_id
from mistral_rag.api._ledger import KINDS, FinishedCall, Json, PlannedCall, open_labels, open_ledgers


class ObservedCall:
    """One call in progress, as a context manager around it: learns from its error, and tells the ledgers of its end.

    `contexts` is where the context of a model is noted once the host has told it. With `is_paid` no limit is asked: the
    call was sent earlier, as a row of a batch may have been.
    """

    __slots__ = (
        "_asked",
        "_batch",
        "_began",
        "_contexts",
        "_done",
        "_first",
        "_host",
        "_kind",
        "_labels",
        "_last",
        "_ledgers",
        "_path",
        "_started",
        "_tokens",
    )

    def __init__(
        self,
        host: str,
        contexts: dict[str, int],
        path: str,
        body: Json | None,
        *,
        asked: str = "",
        pages: int = 0,
        batch: bool = False,
        is_paid: bool = False,
    ) -> None:
        self._contexts = contexts
        self._asked = asked if body is None else str(body.get("model") or asked)
        self._ledgers = open_ledgers()
        if not self._ledgers:
            return
        self._host = host
        self._path = path
        self._kind = KINDS.get(path.partition("?")[0]) or path.partition("?")[0].partition("/")[0]
        self._labels = open_labels()
        self._began = time.time()
        self._started = time.perf_counter()
        self._first: float | None = None
        self._last: Json = {}
        self._done = False
        self._batch = batch
        self._tokens: list[object] = [None] * len(self._ledgers)
        if not is_paid:
            self._tokens = self._admit(PlannedCall(self._kind, self._asked, host, body, pages, batch))

    def _admit(self, planned: PlannedCall) -> list[object]:
        """A token of each ledger; None of those without a limit."""
        tokens: list[object] = []
        try:
            for ledger in self._ledgers:
                admit = getattr(ledger, "admit", None)  # a tenth of the time of isinstance with a protocol
                tokens.append(None if admit is None else admit(planned))
        except BaseException:
            self._release(tokens)
            raise
        return tokens

    def _release(self, tokens: list[object]) -> None:
        for ledger, token in zip(self._ledgers, tokens, strict=False):
            if token is not None:
                ledger.release(token)  # type: ignore[attr-defined]  # only a limit gives a token

    def withdrawn(self) -> None:
        """End a call that was not sent after all: no ledger is told of it."""
        if self._ledgers and not self._done:
            self._done = True
            self._release(self._tokens)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if error is not None:
            self.failed(error)

    def answered(self, data: Json, headers: Mapping[str, str]) -> None:
        """End with a whole reply."""
        if self._ledgers:
            self._end(data, headers)

    def failed(self, error: BaseException, *, begun: bool = False) -> None:
        """End with an error; `begun` when a part of the answer has come."""
        if isinstance(error, ContextOverflowError) and (told := context_told(error)):
            self._contexts[self._asked] = told
        if not self._ledgers:
            return
        known = isinstance(error, ApiError)
        self._end(
            self._last,
            {},
            status=(getattr(error, "status", None) or 0) if known else 0,
            error=type(error).__name__,
            request=getattr(error, "request_id", None) if known else None,
            billed=begun,
        )

    def streamed(self, head: list[Json], rest: Generator[Any], headers: Mapping[str, str]) -> "Generator[Any]":
        """The rest of a stream, watched to its end where a ledger is open."""
        if not self._ledgers:
            return rest
        self._begin(head)
        return WatchedEvents(self, rest, headers)  # type: ignore[return-value]  # all that is used of a generator

    def astreamed(
        self, head: list[Json], rest: AsyncGenerator[Any], headers: Mapping[str, str]
    ) -> "AsyncGenerator[Any]":
        """`streamed` for coroutines."""
        if not self._ledgers:
            return rest
        self._begin(head)
        return AsyncWatchedEvents(self, rest, headers)  # type: ignore[return-value]

    def _begin(self, head: list[Json]) -> None:
        self._first = time.perf_counter() - self._started
        for event in head:
            self.seen(event)

    def seen(self, event: Json) -> None:
        """Note an event of a stream: the last one with usage counts."""
        if event.get("usage") or not self._last:
            self._last = {**self._last, **{name: event[name] for name in ("id", "model", "usage") if event.get(name)}}

    def ended(self, headers: Mapping[str, str]) -> None:
        """End with what has come of the stream; only the first end counts."""
        self._end(self._last, headers)

    def _end(
        self,
        data: Json,
        headers: Mapping[str, str],
        *,
        status: int = 200,
        error: str = "",
        request: str | None = None,
        billed: bool = True,
    ) -> None:
        if self._done:
            return
        self._done = True
        call = FinishedCall(
            kind=self._kind,
            model=str(data.get("model") or self._asked),
            asked=self._asked,
            host=self._host,
            began=self._began,
            seconds=time.perf_counter() - self._started,
            first_seconds=self._first,
            status=status,
            error=error,
            request_id=request or request_id(headers),
            reply_id=data["id"] if isinstance(data.get("id"), str) else None,
            usage=_usage(data),
            annotated=_is_annotated(data) if self._kind == "ocr" else False,
            billed=billed,
            batch=self._batch,
            labels=self._labels,
        )
        for ledger, token in zip(self._ledgers, self._tokens, strict=True):
            if token is None:
                ledger.record(call)
            else:
                ledger.settle(token, call)  # type: ignore[attr-defined]  # only a limit gives a token


class WatchedEvents:
    """The events of a stream, noted as they pass; closing it, or its end, ends the call."""

    __slots__ = ("_call", "_headers", "_rest")

    def __init__(self, call: ObservedCall, rest: Generator[Any], headers: Mapping[str, str]) -> None:
        self._call = call
        self._rest = rest
        self._headers = headers

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        try:
            event = next(self._rest)
        except StopIteration:
            self._call.ended(self._headers)
            raise
        except BaseException as error:
            self._call.failed(error, begun=True)
            raise
        if "usage" in event:
            self._call.seen(event)
        return event

    def close(self) -> None:
        """Close the stream."""
        self._rest.close()
        self._call.ended(self._headers)


class AsyncWatchedEvents:
    """`WatchedEvents` for coroutines."""

    __slots__ = ("_call", "_headers", "_rest")

    def __init__(self, call: ObservedCall, rest: AsyncGenerator[Any], headers: Mapping[str, str]) -> None:
        self._call = call
        self._rest = rest
        self._headers = headers

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        try:
            event = await anext(self._rest)
        except StopAsyncIteration:
            self._call.ended(self._headers)
            raise
        except BaseException as error:
            self._call.failed(error, begun=True)
            raise
        if "usage" in event:
            self._call.seen(event)
        return event

    async def aclose(self) -> None:
        """Close the stream."""
        await self._rest.aclose()
        self._call.ended(self._headers)


def _usage(data: Mapping[str, Any]) -> Mapping[str, Any]:
    found = data.get("usage") or data.get("usage_info")
    return found if isinstance(found, dict) else {}


def _is_annotated(data: Mapping[str, Any]) -> bool:
    """True when the reply of the OCR holds annotations, which cost more."""
    if data.get("document_annotation"):
        return True
    pages = data.get("pages")
    images = (page.get("images") or () for page in pages or () if isinstance(page, dict))
    return any(image.get("image_annotation") for several in images for image in several if isinstance(image, dict))
