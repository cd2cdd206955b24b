"""`mistral-rag costs`: what calls cost, by day, model, kind or document, with error rates and latencies."""

from __future__ import annotations

import argparse
from pathlib import Path

from mistral_rag.terminal import DONE, EXIT_CODES, add_common, index_folder, note, say, say_json, write_output

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mistral_rag.usage import CostRow, LedgerEntry

BAR = 40
"""Width of the longest bar in characters: with a name and an amount it fits into a line of 80."""


def add_costs(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the program."""
    sub = commands.add_parser(
        "costs",
        help="what the platform's calls cost, by day, model, kind or document",
        description="Add up a ledger: that of an index, which builds and questions write, or a file of JSON lines "
        "that `mistral_rag.usage.costs(ledger=...)` wrote.",
        epilog=EXIT_CODES,
    )
    add_common(sub)
    sub.add_argument("--ledger", metavar="FILE", type=Path, help="a file of JSON lines in place of an index")
    sub.add_argument(
        "--by",
        default="day",
        choices=("day", "model", "kind", "document", "run", "question", "host"),
        help="what to add up by (default: day)",
    )
    sub.add_argument("--since", metavar="DATE", type=_day, help="only calls from this day on (2026-11-30)")
    sub.add_argument(
        "--plot", metavar="FILE.svg", nargs="?", const="", help="bars of the costs: on the terminal, or as an SVG file"
    )
    sub.set_defaults(command=costs)


def _day(text: str) -> str:
    from datetime import date

    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date such as 2026-11-30") from None


def costs(arguments: argparse.Namespace) -> int:
    """`mistral-rag costs`."""
    from mistral_rag.usage import cost_rows, total_row

    entries = [entry for entry in _entries(arguments) if entry.time >= (arguments.since or "")]
    rows, total = cost_rows(entries, by=arguments.by), total_row(entries)
    if arguments.plot:
        from mistral_rag.cli._cost_plot import svg

        write_output(Path(arguments.plot), svg(rows, by=arguments.by).encode())
    if arguments.json:
        say_json({"by": arguments.by, "rows": [row.to_json() for row in rows], "total": total.to_json()})
        return DONE
    for row in rows if arguments.plot is None or arguments.plot else []:
        say(_line(row))
    for line in _bars(rows) if arguments.plot == "" else ():
        say(line)
    say(_line(total))
    if total.totals.unpriced:
        note(f"warning: the price of {total.totals.unpriced} calls is not known; they are not in the sums")
    return DONE


def _entries(arguments: argparse.Namespace) -> Iterator[LedgerEntry]:
    from mistral_rag.usage import LedgerFile, index_ledger

    if arguments.ledger is not None:
        return LedgerFile(arguments.ledger).entries()
    folder = index_folder(arguments)
    ledger = index_ledger(folder)
    return ledger.entries() if ledger.path.exists() else iter(())


def _line(row: CostRow) -> str:
    totals, counts = row.totals, row.totals.counts
    parts = [f"${totals.cost:.4f}", f"{totals.calls:,} calls"]
    if counts.input_tokens or counts.output_tokens:
        cached = f" ({counts.cached_tokens:,} cached)" if counts.cached_tokens else ""
        parts.append(f"{counts.input_tokens:,}{cached} tokens in, {counts.output_tokens:,} out")
    if counts.pages:
        parts.append(f"{counts.pages:,} pages")
    if counts.audio_seconds:
        parts.append(f"{counts.audio_seconds:,.0f} s of audio")
    if totals.failed:
        parts.append(f"{row.error_rate:.1%} failed")
    if row.latencies:
        half, most = row.latency(50), row.latency(90)
        parts.append(f"half within {half:.2f} s, 90% within {most:.2f} s")
    return f"{row.name}: {', '.join(parts)}"


def _bars(rows: Sequence[CostRow]) -> Iterator[str]:
    highest = max((row.totals.cost for row in rows), default=0.0) or 1.0
    width = max((len(row.name) for row in rows), default=0)
    for row in rows:
        bar = "#" * round(BAR * row.totals.cost / highest)
        yield f"{row.name:{width}} {bar:{BAR}} ${row.totals.cost:.4f}"
