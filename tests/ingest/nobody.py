"""A user who may not read everything."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NOBODY = 65534


@contextmanager
def as_nobody(owned: Path) -> Iterator[None]:
    """Somebody who may not read everything, where the tests run as root."""
    if os.geteuid() != 0:
        yield
        return
    for parent in (owned, *owned.parents):
        if "pytest-" in str(parent):
            parent.chmod(0o755)
    for path in (owned, *owned.rglob("*")):
        shutil.chown(path, NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
