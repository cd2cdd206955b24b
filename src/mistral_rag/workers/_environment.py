"""The environment of a worker: what Python needs to start, and no key."""

import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

PASSED_ON: Final = (
    "APPDATA", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "PATH", "PYTHONDONTWRITEBYTECODE", "PYTHONPATH",
    "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "TZ", "USERPROFILE",
)  # fmt: skip
"""Variables that a worker sees of its parent's: places, language, time zone."""

ADDED: Final[Mapping[str, str]] = MappingProxyType(
    {
        # there is a worker for each core already
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        # onnxruntime reports its use over the network
        "ORT_DISABLE_TELEMETRY": "1",
    }
)


def environment() -> dict[str, str]:
    """The environment in which every worker is started."""
    return {**{name: os.environ[name] for name in PASSED_ON if name in os.environ}, **ADDED}
