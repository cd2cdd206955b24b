"""Names of files and folders that people do not see where they work."""

from typing import Final

_OF_SYSTEMS: Final = frozenset({"__macosx", "$recycle.bin", "system volume information", "desktop.ini", "thumbs.db"})
"""What macOS and Windows make for themselves; Windows hides its own by an attribute that other systems do not see."""
_LOCK: Final = "~$"
"""Begins the file by which Word, Excel and PowerPoint say who has a document open."""


def is_hidden(name: str) -> bool:
    """True when a file or folder of this name is hidden, on the system that made it."""
    return name.startswith((".", _LOCK)) or name.casefold() in _OF_SYSTEMS
