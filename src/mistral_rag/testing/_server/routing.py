"""Routes: the choice of an endpoint by method and path, and the parsing of JSON bodies and queries."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from pydantic import ValidationError

from mistral_rag.testing._rules import refusals
from mistral_rag.testing._rules.bodies import Body
from mistral_rag.testing._server.exchange import Request, Response

Endpoint = Callable[..., Response]
AnyBody = TypeVar("AnyBody", bound=Body)
Item = TypeVar("Item")


class RouteTable:
    """Routes such as `GET /files/{id}`; the endpoint gets the request and then the values of the segments in braces."""

    def __init__(self, routes: Mapping[str, Endpoint]) -> None:
        self._routes = [
            (method, path.split("/"), endpoint)
            for (method, _, path), endpoint in (
                (pattern.partition(" "), endpoint) for pattern, endpoint in routes.items()
            )
        ]

    def respond(self, request: Request, path: str) -> Response:
        """The response of the endpoint for method and path.

        Raises:
            RequestRefusedError: 404 for an unknown path, 405 for a wrong method.
        """
        segments = path.split("/")
        matches = [
            (method, pattern, endpoint) for method, pattern, endpoint in self._routes if _matches(pattern, segments)
        ]
        if not matches:
            raise refusals.not_found()
        for method, pattern, endpoint in matches:
            if method == request.method:
                return endpoint(
                    request, *(value for name, value in zip(pattern, segments, strict=True) if _is_variable(name))
                )
        raise refusals.method_not_allowed()


def _is_variable(name: str) -> bool:
    return name.startswith("{")


def _matches(pattern: list[str], segments: list[str]) -> bool:
    return len(pattern) == len(segments) and all(
        value if _is_variable(name) else name == value for name, value in zip(pattern, segments, strict=True)
    )


def parsed(model: type[AnyBody], request: Request) -> AnyBody:
    """The request's JSON as an instance of `model`.

    Raises:
        RequestRefusedError: 422, it does not fit.
    """
    if not request.headers.get("content-type", "").startswith("application/json"):
        message = "Input should be a valid dictionary or object to extract fields from"
        given = request.body[:100].decode("utf-8", "replace")
        raise refusals.invalid("model_attributes_type", message, loc=(), given=given)
    try:
        return model.model_validate_json(request.body)
    except ValidationError as error:
        raise refusals.invalid_body(error) from error


def numbers(request: Request, **defaults: int) -> dict[str, int]:
    """Integers of the query, by name with their defaults.

    Raises:
        RequestRefusedError: 422, a value is no integer.
    """
    texts = {name: request.query.get(name, str(default)) for name, default in defaults.items()}
    for name, text in texts.items():
        if not text.isdecimal():
            message = "Input should be a valid integer, unable to parse string as an integer"
            raise refusals.invalid("int_parsing", message, loc=(name,), given=text, location="query")
    return {name: int(text) for name, text in texts.items()}


def paged(request: Request, items: Sequence[Item]) -> Sequence[Item]:
    """The page of a list that `page` and `page_size` of the query select."""
    query = numbers(request, page=0, page_size=100)
    start = query["page"] * query["page_size"]
    return items[start : start + query["page_size"]]
