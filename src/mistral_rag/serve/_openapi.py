"""The API's description by OpenAPI 3.1, made from the routes and the types."""

import inspect
import re
from functools import cache
from importlib.metadata import version
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from starlette.routing import Route

from mistral_rag.schema import Answer
from mistral_rag.serve._routes.asking import AskBody
from mistral_rag.serve._routes.exporting import ExportBody
from mistral_rag.serve._routes.feedback import FeedbackBody
from mistral_rag.serve._routes.uploads import TextBody

BODIES: Final[dict[tuple[str, str], type[BaseModel]]] = {
    ("POST", "/api/ask"): AskBody,
    ("POST", "/api/documents"): TextBody,
    ("PUT", "/api/documents/{id}"): TextBody,
    ("POST", "/api/feedback"): FeedbackBody,
    ("POST", "/api/export"): ExportBody,
}
QUERIES: Final[dict[str, dict[str, str]]] = {
    "/api/search": {
        "q": "string",
        "limit": "integer",
        "offset": "integer",
        "type": "string",
        "source": "string",
        "group": "string",
        "year": "string",
        "date_from": "string",
        "date_to": "string",
        "explain": "string",
    },
    "/api/documents": {"q": "string", "state": "string", "type": "string", "limit": "integer", "offset": "integer"},
    "/api/pages/{id}/{number}.png": {"width": "integer"},
    "/api/cite/{address}": {"page": "integer"},
    "/api/costs": {"days": "integer"},
}
"""Parameters in the query string, with their types."""
EVENTS: Final = frozenset({"/api/ask", "/api/jobs/{id}"})
"""Routes that answer with server-sent events."""
_ERROR: Final = {
    "type": "object",
    "properties": {name: {"type": "string"} for name in ("code", "message", "advice")},
    "required": ["code", "message", "advice"],
}
_REFERENCES: Final = "#/components/schemas/{model}"


def described(routes: list[Route]) -> dict[str, Any]:
    """The description of those routes that are the API."""
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        path = route.path
        if path.startswith("/api/") and path != "/api/openapi.json":
            for method in sorted((route.methods or set()) - {"HEAD"}):
                paths.setdefault(path, {})[method.lower()] = _operation(route, method, path)
    return {
        "openapi": "3.1.0",
        "info": {"title": "mistral-rag", "version": version("mistral-rag")},
        "paths": paths,
        "components": {
            "schemas": {**_schemas(), "Error": _ERROR},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{}, {"token": []}],
    }


def _operation(route: Route, method: str, path: str) -> dict[str, Any]:
    text = " ".join((inspect.getdoc(route.endpoint) or "").split()).partition(": ")[2]
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "integer" if name == "number" else "string"}}
        for name in re.findall(r"\{(\w+)\}", path)
    ]
    if method == "GET":
        queries = QUERIES.get(path, {})
        parameters += [{"name": name, "in": "query", "schema": {"type": kind}} for name, kind in queries.items()]
    operation: dict[str, Any] = {
        "operationId": f"{method.lower()}_{re.sub(r'[^a-z]+', '_', path.removeprefix('/api/')).strip('_')}",
        "summary": text[:1].upper() + text[1:],
        "parameters": parameters,
        "responses": {_status(method, path): _answered(path), "default": _content("Error", "What went wrong.")},
    }
    if (body := BODIES.get((method, path))) is not None:
        operation["requestBody"] = {"required": True, "content": _body(body)}
    return operation


def _status(method: str, path: str) -> str:
    if path.startswith("/api/documents") and method != "GET":
        return "202"
    return "201" if path == "/api/feedback" else "200"


def _answered(path: str) -> dict[str, Any]:
    if path in EVENTS:
        told = "Events; the data of `answer` holds an Answer under `answer`." if path == "/api/ask" else "Events."
        return {"description": told, "content": {"text/event-stream": {"schema": {"type": "string"}}}}
    if path.endswith(".png"):
        return {"description": "The picture.", "content": {"image/png": {}}}
    if path.endswith(("/original", ".jsonl", "/export")):
        return {"description": "The file.", "content": {"*/*": {}}}
    return {"description": "Done.", "content": {"application/json": {"schema": {"type": "object"}}}}


def _content(name: str, text: str) -> dict[str, Any]:
    schema = {"$ref": _REFERENCES.format(model=name)}
    return {"description": text, "content": {"application/json": {"schema": schema}}}


def _body(body: type[BaseModel]) -> dict[str, Any]:
    content: dict[str, Any] = {"application/json": {"schema": {"$ref": _REFERENCES.format(model=body.__name__)}}}
    if body is TextBody:
        names = {"metadata": {"type": "string"}, "groups": {"type": "string"}}
        file = {"file": {"type": "string", "contentMediaType": "application/octet-stream"}}
        form = {"type": "object", "properties": {**file, **names}, "required": ["file"]}
        content["multipart/form-data"] = {"schema": form}
    return content


@cache
def _schemas() -> dict[str, Any]:
    """The schemas of the bodies and of answers, with all that they hold."""
    kinds = [(kind, "validation") for kind in dict.fromkeys(BODIES.values())]
    _, found = models_json_schema([*kinds, (Answer, "serialization")], ref_template=_REFERENCES)  # type: ignore[list-item]
    definitions: dict[str, Any] = found["$defs"]
    return definitions
