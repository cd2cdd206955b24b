"""The exchange of one request for one response: its connection, its turn, and errors of httpx as our own."""

import asyncio
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import aclosing, closing
from typing import Any

import httpx

from mistral_rag.api._errors import ApiConnectionError, ApiError, ApiTimeoutError
from mistral_rag.api._http.pools import AsyncConnections, SyncConnections
from mistral_rag.api._http.transports import Connector, abody_chunks, body_chunks, received_headers
from mistral_rag.api._keys import Redactor
from mistral_rag.api._paces.pace import PaceTurn, pace_of
from mistral_rag.api._settings import Settings


class Exchange:
    """Connections to one host, sync and async, and the pace of calls on them."""

    def __init__(self, settings: Settings) -> None:
        self.connector = Connector(settings)
        self._sync = SyncConnections(self.connector.sync, settings.concurrency)
        self._async = AsyncConnections(self.connector.asynchronous, settings.concurrency)
        self.pool = self._sync.pool
        self._settings = settings
        self._redactor = settings.redactor
        self._pace = pace_of(settings.base_url, settings.identity)

    def _turn(self, request: httpx.Request) -> PaceTurn:
        """The turn of one attempt."""
        turn = request.extensions["turn"] = self._pace.turn(request.extensions["lane"])
        return turn

    def receive(self, request: httpx.Request) -> Generator[Any]:
        """The response and its headers first, then the chunks of its body; errors of httpx become `ApiError`."""
        turn = self._turn(request)
        try:
            with self._sync.lease(slot_wait(request)) as http:
                while wait := turn.delay():
                    time.sleep(wait)
                with closing(http.handle_request(request)) as response:
                    headers = received_headers(response, self._redactor)
                    turn.learn(response.status_code, headers)
                    yield response, headers
                    yield from body_chunks(response, headers)
                    return
        except httpx.HTTPError as cause:
            error = connection_error(cause, self._settings.host, self._redactor)
        finally:
            turn.end()
        # Raised outside of the handler: as its context the error of httpx would bring along the request, with the key.
        try:
            raise error
        finally:
            del error  # else error and frame hold each other, and the frame this client

    async def areceive(self, request: httpx.Request) -> AsyncGenerator[Any]:
        """`receive` for coroutines."""
        turn = self._turn(request)
        try:
            async with self._async.lease(slot_wait(request)) as http:
                wait = turn.delay()
                while wait:
                    await asyncio.sleep(wait)
                    wait = turn.delay()
                async with aclosing(await http.handle_async_request(request)) as response:
                    headers = received_headers(response, self._redactor)
                    turn.learn(response.status_code, headers)
                    yield response, headers
                    async for chunk in abody_chunks(response, headers):
                        yield chunk
                        chunk = b""
                    return
        except httpx.HTTPError as cause:
            error = connection_error(cause, self._settings.host, self._redactor)
        finally:
            turn.end()
        try:
            raise error
        finally:
            del error


def slot_wait(request: httpx.Request) -> float | None:
    """Seconds that a call may wait for a slot; None for no limit.

    The "pool" timeout of httpx: each call uses a connection alone, so the limit of calls is that of connections.
    """
    wait: float | None = request.extensions["timeout"]["pool"]
    return wait


def connection_error(cause: httpx.HTTPError, base_url: str, redactor: Redactor) -> ApiError:
    """The typed error for an error of httpx, without its request, which contains the key."""
    reason = redactor.text(str(cause)) or type(cause).__name__
    if isinstance(cause, httpx.TimeoutException):
        return ApiTimeoutError(
            f"{base_url} did not answer in time ({type(cause).__name__}). Raise `timeout`, or try later."
        )
    return ApiConnectionError(f"No answer from {base_url}: {reason}. Check the network and base_url.")
