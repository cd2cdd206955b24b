"""Asks of each function of a text whether four times the text is four times the work.

    python growth.py                        every function: about 20 minutes
    python growth.py "sentences" "numbers"  these

The processor's time on a hostile text and on one four times as long, the least of three runs each: linear work takes
four times as long, quadratic work sixteen times. More than `LIMIT` is a failure. Prints one line of JSON.
"""
# ruff: noqa: T201, E501

import json
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

sys.path.insert(0, str(Path(__file__).parent))

from text_functions import FUNCTIONS  # type: ignore[import-not-found]

RUNS = (
    *".,-–([{ \n\t1aA'\"“*_|$&`~#><\\…!é。漢=+])}•/@%½²\r\f\0",
    *("\n\n\n", "Aa ", "| ", "$$", "$a", "& ", "# a\n", "> ", "\\(", "\\[", "a\u0301", "\u200d", "\u00a0", "\u2028", "\ufeff"),
    *("E1 ", "[1", "[E1-", "(E1-", "[[9]", "and ", "of ", "19", "q1", "fy", "v1", "page ", "(\"", "(“", "“A” (", "NYSE: A"),
    *("<table>", "</table>", "<table", "<td>", "<tr><td>a", "<a ", "<!--", "<title>", "<title", "<?xml ", "<meta charset="),
    *("A. ", "a.a.", "A.A.", "1. ", "1.", "1,", "1,1,1,", "no. ", "e.g. ", "a'", "a_", "a-", "a-\n", "A&", "A.B", "S.A"),
    *("](", "[a](", "![", "[^", "~~a", "}{", "^{", "\\frac{", "\\frac{a}{b", "\\begin{", "_{", "• a\n", "- a\n", "1. a\n"),
    *("~~", "&#", "&a", "http://a.b/c-d_e?f=g&", "---\n", "a: b\n", "```\n", "```\na\n", "**a", "***", "__a", " *a", "*a*"),
    *("(in ", "if a ", "use a ", "x x", "A B ", "Ab, ", "(NYSE: A", "Inc. ", "in Acme ", "the question ", "announces "),
    *("1 1 ", "12 ", "(5) ", "- 5 ", "€5", "1.234,", "$1 ", "10-K ", "2023", "2023-", "2023 to ", "Q1 2023 ", "quarter "),
    *("December 31, ", "fiscal ", "year ended ", '{"a":', "[1,", '"a",', "data: \n", "data:a\n\n", '\\"', "\\u", "\x1b$"),
)  # fmt: skip
"""Pieces that a text repeats."""

LENGTH = 5_000
LIMIT = 9
"""Times the work of a quarter: between linear, 4, with noise and quadratic, 16."""
MIN_SECONDS = 0.03
"""Shorter runs are noise."""
MAX_SECONDS = 10


class TooLongError(BaseException):
    """A run took more than `MAX_SECONDS`; no Exception, so that nothing on the way catches it."""


def main() -> int:
    """Measure functions; the exit code says whether all are linear."""
    signal.signal(signal.SIGVTALRM, _stop)
    names = sys.argv[1:] or list(FUNCTIONS)
    steep: dict[str, str] = {}
    for name in names:
        for piece in RUNS:
            times = growth(FUNCTIONS[name], piece)
            if times is not None and times > LIMIT:
                steep[f"{name} of {piece!r}"] = f"{times:.1f}"
        if sys.stderr.isatty():
            print(f"{name}: {len(steep)}", file=sys.stderr)
    print(json.dumps({"functions": len(names), "texts": len(RUNS), "steep": steep}))
    return 1 if steep else 0


def growth(function: Callable[[str], object], piece: str) -> float | None:
    """How many times the work of a text one of four times its length is; None when both are too fast to tell."""
    long = (piece * LENGTH * 4)[: 4 * LENGTH]
    slow = seconds(function, long)
    if slow < MIN_SECONDS:
        return None
    if slow >= MAX_SECONDS:
        return float("inf")
    fast = min(seconds(function, long[:LENGTH]) for _ in range(3))
    if slow <= LIMIT * fast:
        return slow / fast
    return min(slow, *(seconds(function, long) for _ in range(2))) / fast


def seconds(function: Callable[[str], object], text: str) -> float:
    """The processor's time of a call."""
    signal.setitimer(signal.ITIMER_VIRTUAL, MAX_SECONDS)
    started = time.process_time()
    try:
        function(text)
    except TooLongError:
        return MAX_SECONDS
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return time.process_time() - started


def _stop(number: int, frame: FrameType | None) -> None:
    raise TooLongError


if __name__ == "__main__":
    sys.exit(main())
