"""Open streams: events that have come already, and those that follow."""

from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator, Mapping
from typing import Any, Self

from mistral_rag.api._observed import ObservedCall
from mistral_rag.api._responses import Json


class Stream:
    """Parsed events of an open stream; the first ones have been received already. Close it when done."""

    def __init__(self, headers: Mapping[str, str], head: list[Json], rest: Generator[Any]) -> None:
        self.headers = headers
        self._head = head
        self._rest = rest

    def __iter__(self) -> Iterator[Json]:
        yield from self._head
        yield from self._rest

    def observed(self, call: ObservedCall) -> Self:
        """The same stream, of whose end the ledgers are told."""
        self._rest = call.streamed(self._head, self._rest, self.headers)
        return self

    def close(self) -> None:
        """Close the connection at once."""
        self._rest.close()


class AsyncStream:
    """`Stream` for coroutines."""

    def __init__(self, headers: Mapping[str, str], head: list[Json], rest: AsyncGenerator[Any]) -> None:
        self.headers = headers
        self._head = head
        self._rest = rest

    async def __aiter__(self) -> AsyncIterator[Json]:
        for event in self._head:
            yield event
        async for event in self._rest:
            yield event

    def observed(self, call: ObservedCall) -> Self:
        """The same stream, of whose end the ledgers are told."""
        self._rest = call.astreamed(self._head, self._rest, self.headers)
        return self

    async def aclose(self) -> None:
        """Close the connection at once."""
        await self._rest.aclose()
