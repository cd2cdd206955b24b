"""The `mistral-rag` program, and the entry point of `ingest`."""

from __future__ import annotations

import argparse
import gc

from mistral_rag.cli._ask import add_ask
from mistral_rag.cli._calibrate import add_calibrate
from mistral_rag.cli._chat import add_chat
from mistral_rag.cli._costs import add_costs
from mistral_rag.cli._mcp import add_mcp
from mistral_rag.cli._models import add_models
from mistral_rag.cli._search import add_search
from mistral_rag.cli._serve import add_serve
from mistral_rag.cli._show import add_show
from mistral_rag.cli._verify import add_verify
from mistral_rag.terminal import DONE, EXIT_CODES, UNDONE, UNUSABLE, CommandParser, add_common, note, run, say, say_json

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run `mistral-rag`; returns the exit code."""
    arguments = _parser().parse_args(argv)
    gc.disable()  # a command answers once and ends; looking for garbage meanwhile takes a tenth of its time
    try:
        return run(arguments.command, arguments)
    finally:
        gc.enable()


def ingest(argv: Sequence[str] | None = None) -> int:
    """Run `ingest`, unless another package of that name hides ours."""
    import importlib

    package = importlib.import_module("ingest")
    if getattr(package, "DISTRIBUTION", None) != "mistral-rag":
        where = getattr(package, "__file__", None) or next(iter(getattr(package, "__path__", ["?"])))
        note(f"error: another package named `ingest` at {where} hides the one of mistral-rag; rename it or move away")
        return UNUSABLE
    from ingest.__main__ import main as run_ingest

    return run_ingest(argv)


def _parser() -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = CommandParser(
        prog="mistral-rag",
        description="Ask questions of an index of documents; every statement of the answer is cited and checked.",
        epilog=f"Build an index first: ingest build FOLDER --index DIR\n\n{EXIT_CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    add_ask(commands)
    add_chat(commands)
    add_search(commands)
    add_show(commands)
    add_serve(commands)
    add_calibrate(commands)
    add_verify(commands)
    add_models(commands)
    add_costs(commands)
    add_mcp(commands)
    sub = commands.add_parser(
        "doctor",
        help="what is installed, which models are used, whether key and host work",
        description="Check the installation, the key and, where one is named, an index. A key is never printed.",
    )
    add_common(sub)
    sub.set_defaults(command=doctor)
    return parser


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *rest: object) -> None:
        from importlib.metadata import version

        parser.exit(message=f"mistral-rag {version('mistral-rag')}\n")


def doctor(arguments: argparse.Namespace) -> int:
    """`mistral-rag doctor`."""
    from pathlib import Path

    from mistral_rag.cli._doctor import examine

    checks = []
    for check in examine(Path(arguments.index) if arguments.index else None):
        checks.append(check)
        if not arguments.json:
            say(f"{'ok  ' if check.ok else 'FAIL'} {check.name:12} {check.detail}")
    ok = all(check.ok for check in checks)
    if arguments.json:
        rows = [{"name": check.name, "ok": check.ok, "detail": check.detail} for check in checks]
        say_json({"ok": ok, "checks": rows})
    return DONE if ok else UNDONE
