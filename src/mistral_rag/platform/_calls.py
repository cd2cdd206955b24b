"""Calls as values: what is sent and what comes back, the same for sync and async methods."""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any, Generic, Protocol, TypeVar
from urllib.parse import quote, urlencode

from pydantic import BaseModel, ConfigDict, ValidationError

from mistral_rag.api._client import Client
from mistral_rag.api._errors import ResponseError, request_id
from mistral_rag.api._http.uploads import UploadForm
from mistral_rag.api._responses import ApiResponse, encode
from mistral_rag.errors import ConfigurationError


class PlatformObject(BaseModel):
    """An answer of the platform, typed. Fields that it adds later are kept, as attributes and in `model_extra`."""

    model_config = ConfigDict(extra="allow", protected_namespaces=(), hide_input_in_errors=True)


class Deleted(PlatformObject):
    """The reply to a deletion; empty where the platform answers without a body."""

    id: str | None = None
    deleted: bool = True


T = TypeVar("T", bound=PlatformObject)
Item = TypeVar("Item", bound=PlatformObject)


@dataclass(frozen=True, slots=True)
class PlatformCall(Generic[T]):
    """One request and the type of its reply. `once`: it makes something new, and is not sent again when in doubt."""

    method: str
    path: str
    result: type[T]
    body: dict[str, Any] | None = None
    form: UploadForm | None = None
    once: bool = False

    @property
    def content(self) -> bytes | UploadForm:
        """The body of the request."""
        return self.form or (b"" if self.body is None else encode(self.body))

    def read(self, reply: ApiResponse) -> T:
        """The typed reply.

        Raises:
            ResponseError: It has not the form of one.
        """
        try:
            return self.result.model_validate(reply.data)
        except ValidationError as problem:
            found = problem.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, found["loc"]))
        raise ResponseError(
            f"The platform's reply has not the form of {self.result.__name__}: {place}: {found['msg']}.",
            request_id=request_id(reply.headers),
            body=reply.data,
        )


class HasClient(Protocol):
    """An object that resources are made for: a `Connection`, or anything else with a client."""

    @property
    def client(self) -> Client:
        """The client that sends."""


class Resource:
    """Base of the resources: sends calls through the client of a connection."""

    def __init__(self, connection: HasClient) -> None:
        self._connection = connection

    def _send(self, call: PlatformCall[T]) -> T:
        client = self._connection.client
        return call.read(client.send(call.method, call.path, content=call.content, once=call.once))

    async def _asend(self, call: PlatformCall[T]) -> T:
        client = self._connection.client
        return call.read(await client.asend(call.method, call.path, content=call.content, once=call.once))

    def _items(self, page: "Callable[[int], PlatformCall[Listing[Item]]]") -> Iterator[Item]:
        """Every item of a list, page after page, until one brings nothing new: some hosts ignore `page`."""
        seen: set[str] = set()
        for number in count():
            items = new_items(self._send(page(number)).data, seen)
            yield from items
            if not items:
                return

    async def _aitems(self, page: "Callable[[int], PlatformCall[Listing[Item]]]") -> AsyncIterator[Item]:
        seen: set[str] = set()
        for number in count():
            items = new_items((await self._asend(page(number))).data, seen)
            for item in items:
                yield item
            if not items:
                return


class Listing(PlatformObject, Generic[Item]):
    """One page of a list; `total` counts the items of all pages, where the platform says it."""

    data: list[Item]
    total: int | None = None


def new_items(items: list[Item], seen: set[str]) -> list[Item]:
    """The items whose ids were not seen, which are added to `seen`."""
    new = [item for item in items if getattr(item, "id", None) not in seen]
    seen.update(str(getattr(item, "id", "")) for item in new)
    return new


def path(*segments: str | int, **query: Any) -> str:
    """The path of segments, each quoted, with a query; a list repeats its name, None is left out.

    Raises:
        ConfigurationError: A segment is empty, or would lead to another resource.
    """
    for segment in segments:
        if not str(segment).strip() or str(segment) in {".", ".."}:
            raise ConfigurationError(f"An id or name is wanted, and this is {segment!r}.")
    joined = "/".join(quote(str(segment), safe="") for segment in segments)
    asked = {name: _plain(value) for name, value in query.items() if value is not None}
    return f"{joined}?{urlencode(asked, doseq=True)}" if asked else joined


def given(**fields: Any) -> dict[str, Any]:
    """The fields that are not None: only what was set is sent."""
    return {name: value for name, value in fields.items() if value is not None}


def _plain(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value
