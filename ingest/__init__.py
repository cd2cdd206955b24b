"""Build time: folders of documents become an index.

`Build` is one run of `ingest build`; it yields a `Progress` after each step and leaves a `BuildReport`. `estimate` says
what a build would do and cost. Parsers give `Parsed`, files as pages, with each `PageProblem` they met.
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from typing import Any

    from ingest._estimate import Estimate, estimate
    from ingest._pipeline import Build
    from ingest._report import BuildReport, FileReport, PageRead, Progress
    from ingest.parsing._pool import parse_files
    from ingest.parsing._result import PageProblem, Parsed, ParsedFile, ParseJob

__all__ = [
    "DISTRIBUTION",
    "Build",
    "BuildReport",
    "Estimate",
    "FileReport",
    "PageProblem",
    "PageRead",
    "ParseJob",
    "Parsed",
    "ParsedFile",
    "Progress",
    "estimate",
    "parse_files",
]

DISTRIBUTION = "mistral-rag"
"""Tells this package from another one named `ingest` that may hide it."""

_HOMES = {
    "Build": "_pipeline",
    "BuildReport": "_report",
    "Estimate": "_estimate",
    "FileReport": "_report",
    "PageRead": "_report",
    "ParseJob": "parsing._result",
    "Parsed": "parsing._result",
    "ParsedFile": "parsing._result",
    "PageProblem": "parsing._result",
    "Progress": "_report",
    "estimate": "_estimate",
    "parse_files": "parsing._pool",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
