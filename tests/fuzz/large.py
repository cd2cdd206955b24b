"""Calls one function of a text on a large text: `python large.py NAME PIECE`, in a process with a limit of its own."""

import resource
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from text_functions import FUNCTIONS  # type: ignore[import-not-found]

LENGTH = 200_000
SECONDS = 10
"""Of a processor; what is linear takes .2 s, what is quadratic minutes."""

for given in sys.argv[1:]:
    name, _, piece = given.partition("=")
    used = int(resource.getrusage(resource.RUSAGE_SELF).ru_utime) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (used + SECONDS, resource.RLIM_INFINITY))
    sys.stdout.write(f"{given!r}\n")
    sys.stdout.flush()
    FUNCTIONS[name]((piece * LENGTH)[:LENGTH])
