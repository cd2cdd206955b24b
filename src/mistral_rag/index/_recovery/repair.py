"""Make a damaged index whole again from what is still there. What was there before is set aside, never deleted."""

import json
import os
import re
import shutil
import stat
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from mistral_rag.errors import (
    IndexDamagedError,
    IndexNotFoundError,
    IndexVersionError,
    IndexWriteError,
    NotAnIndexError,
)
from mistral_rag.index._database.format import TABLES, statements
from mistral_rag.index._folder.layout import CACHES, DATABASE, FOLDER_MODE, LOCK, QUARANTINE, SEAL, STAGED
from mistral_rag.index._folder.lock import Lock
from mistral_rag.index._folder.seal import read_seal, sync_folder
from mistral_rag.index._reader import UnrestrictedReader
from mistral_rag.index._recovery.carving import DatabasePages
from mistral_rag.index._recovery.check import IndexProblem, verify
from mistral_rag.index._recovery.salvage import Loss, salvage

REPORT: Final = "report.json"
"""Says that the staged index is complete; it ends beside what was set aside."""

ASIDE: Final = (f"{DATABASE}-wal", f"{DATABASE}-shm", f"{DATABASE}-journal", SEAL, DATABASE)
"""In this order, so that no log is ever beside a database that it does not belong to."""


@dataclass(frozen=True, slots=True)
class RepairReport:
    """Problems of an index, losses, and the folder of its old files; no problems: nothing was done.

    `documents` is how many the index holds now, the ones that lost something among them.
    """

    problems: tuple[IndexProblem, ...]
    losses: tuple[Loss, ...]
    documents: int
    quarantine: Path | None

    def to_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "ok": not self.losses,
            "problems": [str(problem) for problem in self.problems],
            "losses": [asdict(loss) for loss in self.losses],
            "documents": self.documents,
            "quarantine": None if self.quarantine is None else str(self.quarantine),
        }


def repair(path: str | os.PathLike[str]) -> RepairReport:
    """Repair the index at `path` so that it passes `verify`; a sound one is left alone.

    Every row that is what was written is kept. The damaged files move to a folder `quarantine-1` (2, 3, …) inside
    the index. Caches and what filters look up are made again. Documents that lost a part are read again by the next
    build, which pays for nothing that is still there. Needs as much free space as the index takes. Interrupted, it
    goes on when called again. No reader of the same process may be at work.

    Raises:
        IndexNotFoundError: there is no index.
        NotAnIndexError: the folder holds something else.
        IndexVersionError: it has a format this release does not read.
        IndexLockedError: a writer is at work.
        IndexDamagedError: nothing in it can be saved; nothing was changed.
        IndexWriteError: the disk refused.
    """
    folder = Path(path).absolute()
    _require_some(folder)
    try:
        _refuse_link(folder / STAGED)
        _set_odd_ones_aside(folder)
        lock = Lock(folder)
        try:
            if not (folder / STAGED / REPORT).exists():
                problems = _problems(folder)
                if not problems:
                    return RepairReport((), (), _documents(folder), None)
                _stage(folder, problems)
            return _swap(folder)
        finally:
            lock.release()
    except OSError as error:
        raise IndexWriteError(f"can't repair {folder}: {error.strerror or error}") from error


def _require_some(folder: Path) -> None:
    try:
        names = {entry.name for entry in os.scandir(folder)}
    except FileNotFoundError:
        raise IndexNotFoundError(f"there is no index at {folder}") from None
    except NotADirectoryError:
        raise NotAnIndexError(f"{folder} is a file, not an index folder") from None
    if not names & {*ASIDE, STAGED}:
        raise NotAnIndexError(f"{folder} is not an index: it has no {DATABASE}")


def _set_odd_ones_aside(folder: Path) -> None:
    """Links and folders by the names of our files are nothing that can be repaired."""
    for name in (*ASIDE, LOCK):
        try:
            mode = os.lstat(folder / name).st_mode
        except FileNotFoundError:
            continue
        if not stat.S_ISREG(mode):
            _move(folder / name, _next_quarantine(folder))


def _refuse_link(path: Path) -> None:
    if path.is_symlink():
        raise IndexDamagedError(f"{path} is a link; an index is never followed elsewhere")


def _next_quarantine(folder: Path) -> Path:
    number = 1
    while os.path.lexists(folder / f"{QUARANTINE}{number}"):
        number += 1
    return folder / f"{QUARANTINE}{number}"


def _move(path: Path, place: Path) -> None:
    place.mkdir(mode=FOLDER_MODE, exist_ok=True)
    path.rename(place / path.name)


def _problems(folder: Path) -> list[IndexProblem]:
    """The problems that `verify` finds; a database that only calls itself something else is damage, too."""
    try:
        return verify(folder)
    except IndexVersionError as error:
        with DatabasePages(folder) as pages:
            if not pages.definitions() >= set(statements(TABLES)):
                raise
        return [IndexProblem(DATABASE, str(error))]
    except (NotAnIndexError, IndexNotFoundError) as error:
        if read_seal(folder / SEAL) is None:
            raise
        return [IndexProblem(DATABASE, str(error))]


def _stage(folder: Path, problems: list[IndexProblem]) -> None:
    staged = folder / STAGED
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir(mode=FOLDER_MODE)
    lost_commits = any("lost its last" in problem.what for problem in problems)
    losses = salvage(folder, staged, lenient=lost_commits)
    if wrong := verify(staged):
        raise IndexDamagedError(f"{folder} can't be repaired: {wrong[0]}. It is as it was")
    if not _documents(staged) and not losses:
        losses = [Loss("", "everything: no row of it is whole")]
    body = {
        "problems": [asdict(problem) for problem in problems],
        "losses": [asdict(loss) for loss in losses],
        "quarantine": _next_quarantine(folder).name,
    }
    sync_folder(staged)
    part = staged / f"{REPORT}.part"
    with part.open("w", encoding="utf-8") as file:
        json.dump(body, file, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())
    part.rename(staged / REPORT)
    sync_folder(staged)


def _swap(folder: Path) -> RepairReport:
    """Set the damaged files aside and put the staged index in their place; goes on where it was stopped."""
    staged = folder / STAGED
    body = json.loads((staged / REPORT).read_bytes())
    if not re.fullmatch(f"{QUARANTINE}[0-9]+", body["quarantine"]):
        raise IndexDamagedError(f"{staged} was not made by a repair; move it away")
    quarantine = folder / body["quarantine"]
    _refuse_link(quarantine)
    quarantine.mkdir(mode=FOLDER_MODE, exist_ok=True)
    if (staged / DATABASE).exists():
        caches = sorted(entry.name for entry in os.scandir(folder) if entry.name.startswith(CACHES))
        for name in (*caches, *ASIDE):
            if os.path.lexists(folder / name):
                _move(folder / name, quarantine)
        sync_folder(quarantine)
        sync_folder(folder)
        (staged / DATABASE).rename(folder / DATABASE)
    if (staged / SEAL).exists():
        (staged / SEAL).rename(folder / SEAL)
    sync_folder(folder)
    (staged / REPORT).rename(quarantine / REPORT)
    shutil.rmtree(staged, ignore_errors=True)
    return RepairReport(
        problems=tuple(IndexProblem(**problem) for problem in body["problems"]),
        losses=tuple(Loss(**loss) for loss in body["losses"]),
        documents=_documents(folder),
        quarantine=quarantine,
    )


def _documents(folder: Path) -> int:
    with UnrestrictedReader.open(folder) as reader:
        return int(reader.status()["documents"])
