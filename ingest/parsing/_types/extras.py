"""Media types that need an optional package."""

import importlib.util
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ingest.parsing._types.signatures import HEIF_TYPE
from mistral_rag.errors import MissingExtraError

_EXTRAS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType({HEIF_TYPE: ("pillow_heif", "heif")})
"""The module that reads a type, and the extra that installs it."""


def lacking(media_type: str) -> str | None:
    """The reason why files of a type are not read on this machine, with the command that changes it; None if they are.

    The package is looked for, not imported: what a file holds is read in children alone.
    """
    module, extra = _EXTRAS.get(media_type, ("", ""))
    if not module or importlib.util.find_spec(module) is not None:
        return None
    return f"type {media_type}: {MissingExtraError('it', extra)}"
