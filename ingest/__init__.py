"""Build time: folders of documents become an index.

`build` makes a `Build`, one run of `ingest build`; it yields a `Progress` after each step and leaves a `BuildReport`.
`estimate` says what a build would do and cost. The names are loaded when first used, so that `ingest --help` costs next
to nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from typing import Any

    from ingest._from_python import build
    from ingest._pipeline import Build
    from ingest._planning.estimate import Estimate, estimate
    from ingest._planning.redo import Redo
    from ingest._report import BuildReport, FileReport, PageRead, Progress, VectorsAdded
    from ingest.sources._places import LookSettings

DISTRIBUTION = "mistral-rag"
"""Tells this package from another one named `ingest` that may hide it."""

__all__ = [
    "DISTRIBUTION",
    "Build",
    "BuildReport",
    "Estimate",
    "FileReport",
    "LookSettings",
    "PageRead",
    "Progress",
    "Redo",
    "VectorsAdded",
    "build",
    "estimate",
]

_HOME = {
    "Build": "_pipeline",
    "BuildReport": "_report",
    "Estimate": "_planning.estimate",
    "FileReport": "_report",
    "LookSettings": "sources._places",
    "PageRead": "_report",
    "Progress": "_report",
    "Redo": "_planning.redo",
    "VectorsAdded": "_report",
    "build": "_from_python",
    "estimate": "_planning.estimate",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
