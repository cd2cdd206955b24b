"""pypdf kept quiet, and the errors that it raises on damaged files."""

import logging
import struct
import zlib
from typing import Final

from pypdf.errors import DependencyError, PyPdfError

logging.getLogger("pypdf").addHandler(logging.NullHandler())  # without a handler its warnings go to stderr

PYPDF_ERRORS: Final = (
    PyPdfError,
    DependencyError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)
"""Errors that pypdf raises on damaged files, most of them not its own."""
