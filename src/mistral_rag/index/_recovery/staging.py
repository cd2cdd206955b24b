"""The folder `repaired`, in which a new index is made, and how it takes the place of the damaged one."""

import json
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from mistral_rag.errors import IndexDamagedError, MistralRagError
from mistral_rag.index._database.connection import MAX_VALUE_BYTES
from mistral_rag.index._database.rows import plain_json, unreadable
from mistral_rag.index._folder.layout import CACHES, DATABASE, FOLDER_MODE, JOURNAL, LOG, QUARANTINE, SEAL, STAGED
from mistral_rag.index._folder.regular_file import delete, open_regular
from mistral_rag.index._folder.seal import read_seal, sync_folder
from mistral_rag.index._recovery.check import IndexProblem, verify
from mistral_rag.index._recovery.salvage import Loss, salvage

REPORT: Final = "report.json"
"""Says that the staged index is complete; it ends beside what was set aside."""

ASIDE: Final = (LOG, f"{DATABASE}-shm", JOURNAL, SEAL, DATABASE)
"""In this order, so that no log is ever beside a database that it does not belong to."""


@dataclass(frozen=True, slots=True)
class StagedReport:
    """Problems and losses of a repair, and the name of the folder for what it sets aside."""

    problems: tuple[IndexProblem, ...]
    losses: tuple[Loss, ...]
    quarantine: str

    @classmethod
    def from_json(cls, body: Any) -> "StagedReport":
        """The report of what `asdict` gave; raises ValueError, TypeError or LookupError for anything else."""
        problems = tuple(IndexProblem(**problem) for problem in body["problems"])
        losses = tuple(Loss(**loss) for loss in body["losses"])
        texts = [body["quarantine"], *(text for problem in problems for text in (problem.where, problem.what))]
        texts += [text for loss in losses for text in (loss.source, loss.what)]
        if not all(isinstance(text, str) for text in texts):
            raise TypeError("not all are texts")
        if not re.fullmatch(f"{QUARANTINE}[1-9][0-9]{{0,8}}", texts[0]):
            raise ValueError("no folder for what is set aside")
        return cls(problems, losses, texts[0])


def stage(folder: Path, problems: tuple[IndexProblem, ...], nothing: Loss) -> StagedReport:
    """Make a new index of what is whole in `folder`; `nothing` is the loss where that is no row.

    Raises:
        IndexDamagedError: the new index is no better; `folder` is as it was.
    """
    staged = folder / STAGED
    delete(staged)
    staged.mkdir(mode=FOLDER_MODE)
    lost_commits = any("lost its last" in problem.what for problem in problems)
    salvaged = salvage(folder, staged, lenient=lost_commits)
    if wrong := verify(staged):
        raise IndexDamagedError(f"{folder} can't be repaired: {wrong[0]}. It is as it was")
    losses = salvaged.losses or (() if salvaged.sources else (nothing,))
    report = StagedReport(problems, losses, next_quarantine(folder).name)
    sync_folder(staged)
    part = staged / f"{REPORT}.part"
    with part.open("x", encoding="utf-8") as file:
        json.dump(asdict(report), file, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())
    part.rename(staged / REPORT)
    sync_folder(staged)
    return report


def interrupted(folder: Path) -> StagedReport | None:
    """The report of a repair that was interrupted after it had made its index; None where there is none."""
    staged = folder / STAGED
    return None if staged.is_symlink() else _read_report(staged / REPORT)


def clear_unusable(folder: Path) -> Iterator[IndexProblem]:
    """Delete what a repair left that made no whole index, and set aside what none has left: a repair begins anew."""
    staged = folder / STAGED
    if not os.path.lexists(staged):
        return
    if staged.is_dir() and not staged.is_symlink() and not os.path.lexists(staged / REPORT):
        delete(staged)
    elif interrupted(folder) is None or not _is_whole(staged):
        set_aside([staged], next_quarantine(folder))
        yield IndexProblem(STAGED, "is not the state of an interrupted repair")


def _read_report(path: Path) -> StagedReport | None:
    try:
        with unreadable("report"), open_regular(path, max_bytes=MAX_VALUE_BYTES) as file:
            return StagedReport.from_json(plain_json(file.read()))
    except (OSError, IndexDamagedError):
        return None


def _is_whole(staged: Path) -> bool:
    """True when the index that was made is sound, or has taken its place but for its seal."""
    if not os.path.lexists(staged / DATABASE):
        return not os.path.lexists(staged / SEAL) or read_seal(staged / SEAL) is not None
    try:
        return not verify(staged)
    except MistralRagError:
        return False


def swap(folder: Path, report: StagedReport) -> Path:
    """Set the damaged files aside and put the staged index in their place; goes on where it was stopped.

    Gives the folder of what was set aside.
    """
    staged, quarantine = folder / STAGED, folder / report.quarantine
    if quarantine.is_symlink() or (os.path.lexists(quarantine) and not quarantine.is_dir()):
        quarantine = next_quarantine(folder)
    quarantine.mkdir(mode=FOLDER_MODE, exist_ok=True)
    if (staged / DATABASE).exists():
        set_aside([*caches_of(folder), *(folder / name for name in ASIDE)], quarantine)
        sync_folder(quarantine)
        sync_folder(folder)
        (staged / DATABASE).rename(folder / DATABASE)
    if (staged / SEAL).exists():
        (staged / SEAL).rename(folder / SEAL)
    sync_folder(folder)
    set_aside([staged / REPORT], quarantine)
    shutil.rmtree(staged, ignore_errors=True)
    return quarantine


def caches_of(folder: Path) -> list[Path]:
    """Everything by the name of a cache."""
    return sorted(Path(entry.path) for entry in os.scandir(folder) if entry.name.startswith(CACHES))


def next_quarantine(folder: Path) -> Path:
    """A name for a new folder of what is set aside."""
    number = 1
    while os.path.lexists(folder / f"{QUARANTINE}{number}"):
        number += 1
    return folder / f"{QUARANTINE}{number}"


def last_quarantine(folder: Path) -> Path:
    """The folder of what was set aside last."""
    number = 1
    while os.path.lexists(folder / f"{QUARANTINE}{number + 1}"):
        number += 1
    return folder / f"{QUARANTINE}{number}"


def set_aside(paths: list[Path], quarantine: Path) -> None:
    """Move what there is of these into a folder, in this order; what lies there already keeps its name."""
    for path in paths:
        if os.path.lexists(path):
            quarantine.mkdir(mode=FOLDER_MODE, exist_ok=True)
            path.rename(_free(quarantine / path.name))


def _free(path: Path) -> Path:
    """The path, or one with a number behind it, where nothing is yet."""
    number, free = 1, path
    while os.path.lexists(free):
        number, free = number + 1, path.with_name(f"{path.name}.{number}")
    return free
