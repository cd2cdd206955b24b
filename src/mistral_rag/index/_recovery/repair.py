"""Make a damaged index whole again from what is still there. What was there before is set aside, never deleted."""

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from mistral_rag.errors import IndexNotFoundError, IndexVersionError, IndexWriteError, NotAnIndexError
from mistral_rag.index._database.format import TABLES, statements
from mistral_rag.index._folder.layout import CACHES, DATABASE, SEAL, STAGED, odd_files
from mistral_rag.index._folder.lock import Lock
from mistral_rag.index._folder.seal import read_seal
from mistral_rag.index._reader import UnrestrictedReader
from mistral_rag.index._recovery.carving import DatabasePages
from mistral_rag.index._recovery.check import IndexProblem, verify
from mistral_rag.index._recovery.salvage import Loss
from mistral_rag.index._recovery.staging import (
    ASIDE,
    StagedReport,
    caches_of,
    clear_unusable,
    interrupted,
    last_quarantine,
    next_quarantine,
    set_aside,
    stage,
    swap,
)

EVERYTHING: Final = Loss("", "everything: no row of it is whole")


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
    the index, and so does whatever lies in their places: links, folders, pipes, the unreadable state of another
    repair. Caches and what filters look up are made again. Documents that lost a part are read again by the next
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
        odd = _set_odd_ones_aside(folder)
        lock = Lock(folder)
        try:
            return _repaired(folder, odd)
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
    except OSError as error:
        raise IndexNotFoundError(f"can't look into {folder}: {error.strerror or error}") from error
    if not names & {*ASIDE, STAGED}:
        raise NotAnIndexError(f"{folder} is not an index: it has no {DATABASE}")


def _set_odd_ones_aside(folder: Path) -> tuple[IndexProblem, ...]:
    """Move away what can't be opened in the place of a file."""
    odd = tuple(IndexProblem(name, what) for name, what in odd_files(folder))
    set_aside([folder / problem.where for problem in odd], next_quarantine(folder))
    return odd


def _repaired(folder: Path, odd: tuple[IndexProblem, ...]) -> RepairReport:
    problems, losses = [*odd, *clear_unusable(folder)], list[Loss]()
    place = last_quarantine(folder) if problems else None
    if earlier := interrupted(folder):
        place = swap(folder, earlier)
        problems, losses = [*problems, *earlier.problems], [*losses, *earlier.losses]
    found = _problems(folder, known_damage=bool(problems))
    problems += found
    if found and all(problem.where.startswith(CACHES) for problem in found):
        place = place or next_quarantine(folder)
        set_aside(caches_of(folder), place)
    elif found:
        report: StagedReport = stage(folder, tuple(problems), EVERYTHING)
        place = swap(folder, report)
        losses += report.losses
    return RepairReport(tuple(problems), tuple(losses), _documents(folder), place)


def _problems(folder: Path, *, known_damage: bool) -> list[IndexProblem]:
    """The problems that `verify` finds; a database that only calls itself something else is damage, too."""
    try:
        return verify(folder)
    except IndexVersionError as error:
        with DatabasePages(folder) as pages:
            if not pages.definitions() >= set(statements(TABLES)):
                raise
        return [IndexProblem(DATABASE, str(error))]
    except (NotAnIndexError, IndexNotFoundError) as error:
        if not known_damage and read_seal(folder / SEAL) is None:
            raise
        return [IndexProblem(DATABASE, str(error))]


def _documents(folder: Path) -> int:
    with UnrestrictedReader.open(folder) as reader:
        return int(reader.status()["documents"])
