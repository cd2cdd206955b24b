"""The page: one HTML file for all its paths, and what it loads."""

import hashlib
import mimetypes
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from mistral_rag.serve._http.responses import not_found

TYPES: Final = {".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css", ".html": "text/html"}
"""Types that a machine's own list of types may get wrong; modules run only as JavaScript."""
INDEX: Final = "index.html"
MAX_DEPTH: Final = 4


@dataclass(frozen=True, slots=True)
class PageFile:
    """A file of the page, with its type and its ETag."""

    data: bytes
    media_type: str
    tag: str


@cache
def page_files() -> dict[str, PageFile]:
    """All files of the page by their path below its folder."""
    return dict(_files(resources.files("mistral_rag.serve") / "page", "", MAX_DEPTH))


def _files(folder: Traversable, prefix: str, depth: int) -> Iterator[tuple[str, PageFile]]:
    for entry in folder.iterdir() if folder.is_dir() else ():
        if entry.is_dir() and depth:
            yield from _files(entry, f"{prefix}{entry.name}/", depth - 1)
        elif entry.is_file():
            data = entry.read_bytes()
            suffix = "." + entry.name.rpartition(".")[2].lower()
            guessed = TYPES.get(suffix) or mimetypes.guess_type(entry.name)[0] or "application/octet-stream"
            yield f"{prefix}{entry.name}", PageFile(data, guessed, f'"{hashlib.sha256(data).hexdigest()[:20]}"')


async def index(request: Request) -> Response:
    """`GET /` and `GET /cite/{address}`: the page."""
    return _served(request, INDEX)


async def static(request: Request) -> Response:
    """`GET /static/{path}`: a file of the page."""
    return _served(request, request.path_params["path"])


def _served(request: Request, path: str) -> Response:
    # the names are those of a list made at the start: a path of a request opens no file
    file = page_files().get(path)
    if file is None:
        raise not_found()
    headers = {"ETag": file.tag, "Cache-Control": "no-cache"}
    if request.headers.get("if-none-match") == file.tag:
        return Response(status_code=304, headers=headers)
    return Response(file.data, media_type=file.media_type, headers=headers)
