"""Which handler answers which method and path, and how a handler reads its JSON body."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from pydantic import ValidationError

from mistral_rag.testing._rules import refusals
from mistral_rag.testing._rules.bodies import Body
from mistral_rag.testing._server.exchange import Request, Response

Handler = Callable[..., Response]
AnyBody = TypeVar("AnyBody", bound=Body)
Item = TypeVar("Item")


class Router:
    """Routes such as `GET /files/{id}`; what stands in braces is handed to the handler after the request."""

    def __init__(self, routes: Mapping[str, Handler]) -> None:
        self._routes = [
            (method, path.split("/"), handler)
            for (method, _, path), handler in ((pattern.partition(" "), handler) for pattern, handler in routes.items())
        ]

    def answer(self, request: Request, path: str) -> Response:
        """The right handler's response. Refuses an unknown path with 404 and a wrong method with 405."""
        parts = path.split("/")
        found = [(method, pattern, handler) for method, pattern, handler in self._routes if _fits(pattern, parts)]
        if not found:
            raise refusals.not_found()
        for method, pattern, handler in found:
            if method == request.method:
                return handler(request, *(part for name, part in zip(pattern, parts, strict=True) if _is_open(name)))
        raise refusals.method_not_allowed()


def _is_open(name: str) -> bool:
    return name.startswith("{")


def _fits(pattern: list[str], parts: list[str]) -> bool:
    return len(pattern) == len(parts) and all(
        part if _is_open(name) else name == part for name, part in zip(pattern, parts, strict=True)
    )


def parsed(model: type[AnyBody], request: Request) -> AnyBody:
    """The request's JSON as this model; refuses with 422 what does not fit."""
    if not request.headers.get("content-type", "").startswith("application/json"):
        message = "Input should be a valid dictionary or object to extract fields from"
        given = request.body[:100].decode("utf-8", "replace")
        raise refusals.invalid("model_attributes_type", message, loc=(), given=given)
    try:
        return model.model_validate_json(request.body)
    except ValidationError as error:
        raise refusals.invalid_body(error) from error


def numbers(request: Request, **defaults: int) -> dict[str, int]:
    """Whole numbers from the query, by name with their defaults; refuses with 422 what is none."""
    found = {name: request.query.get(name, str(default)) for name, default in defaults.items()}
    for name, text in found.items():
        if not text.isdecimal():
            message = "Input should be a valid integer, unable to parse string as an integer"
            raise refusals.invalid("int_parsing", message, loc=(name,), given=text, part="query")
    return {name: int(text) for name, text in found.items()}


def paged(request: Request, items: Sequence[Item]) -> Sequence[Item]:
    """The page of a list that the query asks for."""
    asked = numbers(request, page=0, page_size=100)
    start = asked["page"] * asked["page_size"]
    return items[start : start + asked["page_size"]]
