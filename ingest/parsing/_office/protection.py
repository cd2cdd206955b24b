"""Signs of a file with a password, and the words for it."""

from typing import Final

PROTECTED: Final = "is protected by a password; save it without one"
COMPOUND: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""First bytes of a compound file: what Office wrote before 2007, and what it wraps around a file with a password."""
