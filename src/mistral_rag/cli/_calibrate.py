"""`mistral-rag calibrate`: when to abstain, fitted to one's own questions."""

from __future__ import annotations

import argparse

from mistral_rag.terminal import (
    DONE,
    EXIT_CODES,
    UsageError,
    add_common,
    index_folder,
    note,
    say,
    say_json,
    text_argument,
)

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

    from mistral_rag.grounding._asked.calibration import CurvePoint

MAX_QUESTIONS = 10_000
"""Lines of a file that are read: more answers than anybody waits for."""


def add_calibrate(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the program."""
    sub = commands.add_parser(
        "calibrate",
        help="fit to your own questions when answers without a model are given, and when not",
        description="Fit to questions whose answers are known to be in the documents or not when an answer without a "
        'model is given. A line of the file is a JSON object: {"question": "…", "answerable": true}, and where it is '
        'known {"source": "name of the document"}: each such question is then asked once more without that document, '
        "as one that can't be answered. The index keeps what is fitted; a rebuild forgets it.",
        epilog=EXIT_CODES,
    )
    sub.add_argument("questions", type=text_argument, metavar="QUESTIONS.jsonl", help="the file of questions")
    add_common(sub)
    sub.add_argument(
        "--lost",
        type=_share,
        default=0.1,
        metavar="SHARE",
        help="share of answerable ones that may be lost (default .1)",
    )
    sub.add_argument("--dry-run", action="store_true", help="show the curve and change nothing")
    sub.add_argument("--reset", action="store_true", help="forget what was fitted before, and fit nothing")
    sub.set_defaults(command=calibrate)


def calibrate(arguments: argparse.Namespace) -> int:
    """`mistral-rag calibrate`."""
    from pathlib import Path

    from mistral_rag.grounding._asked.calibration import to_json
    from mistral_rag.grounding._evidence.calibrated import calibrated
    from mistral_rag.retrieval import CALIBRATION

    folder = index_folder(arguments)
    if arguments.reset:
        _keep(folder, CALIBRATION, None)
        say("the shipped calibration holds again")
        return DONE
    asked = list(_questions(Path(arguments.questions)))
    found = calibrated(folder, asked, lost=arguments.lost)
    if not arguments.dry_run:
        _keep(folder, CALIBRATION, to_json(found.calibration, found.scale))
    points = {"before": found.before, "fitted": found.fitted}
    if arguments.json:
        rows = {name: _row(point) for name, point in points.items()}
        curve = [_row(point) for point in found.curve]
        kept = to_json(found.calibration, found.scale)
        say_json(
            {**rows, "curve": curve, "questions": found.counts, "kept": not arguments.dry_run, "calibration": kept}
        )
        return DONE
    say(f"answerable {found.counts['answerable']}, unanswerable {found.counts['unanswerable']}")
    say("threshold  answerable lost  unanswerable abstained")
    for point in found.curve:
        say(_line(point))
    say(f"{_line(found.before)}  before")
    say(f"{_line(found.fitted)}  fitted, each half judged by the other")
    note("nothing was changed (--dry-run)" if arguments.dry_run else f"kept in {folder}")
    return DONE


def _line(point: CurvePoint) -> str:
    return f"{point.threshold:9.2f}  {point.lost:15.2f}  {point.abstained:22.2f}"


def _row(point: CurvePoint) -> dict[str, float]:
    return {"threshold": point.threshold, "lost": round(point.lost, 4), "abstained": round(point.abstained, 4)}


def _keep(folder: Path, name: str, value: dict[str, Any] | None) -> None:
    from mistral_rag.index import IndexWriter

    with IndexWriter.open(folder, create=False) as writer:
        writer.set_extra(name, value)
        writer.commit()


def _questions(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of a file of questions. Raises UsageError for one that is none, with its number."""
    import json

    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} can't be read: {error}") from error
    for number, line in enumerate(lines[:MAX_QUESTIONS], 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        if not isinstance(row, dict) or not _is_question(row):
            raise UsageError(
                f'{path}, line {number}: must be a JSON object with a "question" that is not blank and "answerable", '
                "true or false"
            )
        yield row


def _is_question(row: dict[str, Any]) -> bool:
    question, source = row.get("question"), row.get("source")
    is_text = isinstance(question, str) and bool(question.strip())
    return is_text and isinstance(row.get("answerable"), bool) and (source is None or isinstance(source, str))


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1:
        raise argparse.ArgumentTypeError("must be a share from 0 to below 1")
    return value
