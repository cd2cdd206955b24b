"""Downloads: bodies as bytes, in pieces, retried until the first piece."""

from collections.abc import AsyncGenerator, Generator
from contextlib import aclosing, closing
from typing import Any

from mistral_rag.api._client import Client
from mistral_rag.api._errors import error_from_response
from mistral_rag.api._retry import aretrying, retrying


def download(client: Client, path: str) -> Generator[bytes]:
    """The pieces of the body at `path`; the first is here when this returns. Close the generator to stop.

    Raises:
        ApiError: The platform refused, failed, or the connection broke; nothing is asked for twice after a piece.
    """
    settings, request = client.settings, client.request("GET", path)

    def opened() -> tuple[bytes, Generator[Any]]:
        received = client.receive(request)
        response, headers = next(received)
        if response.status_code >= 300:
            with closing(received):
                raise error_from_response(response.status_code, headers, b"".join(received), settings.redactor)
        return next(received, b""), received

    return _whole(*retrying(settings.retry, opened))


async def adownload(client: Client, path: str) -> AsyncGenerator[bytes]:
    """`download` for coroutines."""
    settings, request = client.settings, client.request("GET", path)

    async def opened() -> tuple[bytes, AsyncGenerator[Any]]:
        received = client.areceive(request)
        response, headers = await anext(received)
        if response.status_code >= 300:
            async with aclosing(received):
                raise error_from_response(
                    response.status_code, headers, b"".join([chunk async for chunk in received]), settings.redactor
                )
        return await anext(received, b""), received

    return _awhole(*await aretrying(settings.retry, opened))


def _whole(first: bytes, rest: Generator[Any]) -> Generator[bytes]:
    with closing(rest):
        yield first
        yield from rest


async def _awhole(first: bytes, rest: AsyncGenerator[Any]) -> AsyncGenerator[bytes]:
    async with aclosing(rest):
        yield first
        async for piece in rest:
            yield piece
