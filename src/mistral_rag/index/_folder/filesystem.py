"""Check that an index can be written in a folder: SQLite needs locks that hold and memory that is shared.

On a network file system neither can be trusted, and no test on one machine tells what another one sees: such places are
refused by their type. Local ones are known by theirs. Of the rest two processes find out whether a lock of one keeps
the other out, and whether one sees what the other writes to shared memory.
"""

import os
import re
import sys
from functools import cache
from pathlib import Path
from typing import Final

from mistral_rag.errors import StoreError
from mistral_rag.index._folder.commands import frozen_command
from mistral_rag.workers._environment import environment

MOUNTS: Final = Path("/proc/self/mountinfo")
LOCAL: Final = frozenset(
    {
        *("apfs", "bcachefs", "btrfs", "exfat", "ext2", "ext3", "ext4", "f2fs", "hfs", "jfs", "ntfs", "ntfs3"),
        *("overlay", "ramfs", "reiserfs", "tmpfs", "ufs", "vfat", "xfs", "zfs"),
    }
)
NETWORK: Final = frozenset(
    {
        *("afs", "beegfs", "ceph", "cifs", "coda", "gfs2", "glusterfs", "gpfs", "lustre", "ncpfs", "nfs"),
        *("nfs4", "ocfs2", "orangefs", "smb3", "smbfs"),
    }
)
REMOTE_FUSE: Final = frozenset(
    {"cephfs", "curlftpfs", "davfs", "gcsfuse", "glusterfs", "goofys", "juicefs", "rclone", "s3fs", "sshfs"}
)
ESCAPED: Final = re.compile(r"\\([0-7]{3})")


def refuse_network(folder: Path, *, writing: bool = True) -> None:
    """Raise StoreError where an index can't be written, or read while its log is there."""
    kind = file_system(folder, MOUNTS)
    if kind in LOCAL:
        return
    if kind in NETWORK or kind.removeprefix("fuse.") in REMOTE_FUSE:
        raise StoreError(_advice(folder, f"a network file system ({kind})"))
    if writing and not _locks_hold(folder, folder.stat().st_dev):
        raise StoreError(_advice(folder, f"a file system ({kind or 'unknown'}) whose locks don't hold"))


def _advice(folder: Path, what: str) -> str:
    return (
        f"{folder} lies on {what}, where an index can't be kept safe. Keep it on a local disk, and put a copy "
        f"there that is only read: {frozen_command(folder)}"
    )


def file_system(folder: Path, mounts: Path) -> str:
    """The type of the file system that a folder lies on, as Linux names it; empty where it is not known."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return ""
    real = os.path.realpath(folder)
    best, kind = "", ""
    for line in lines:
        place, _, rest = line.partition(" - ")
        point = ESCAPED.sub(lambda found: chr(int(found[1], 8)), place.split(" ")[4])
        # of two on one place the later one hides the earlier
        if len(point) >= len(best) and (real == point or real.startswith(point.rstrip("/") + "/")):
            best, kind = point, rest.split(" ")[0]
    return kind


@cache
def _locks_hold(folder: Path, device: int) -> bool:
    """As `locks_hold`, asked once, and again where another `device` has come to the same place."""
    return locks_hold(folder)


def locks_hold(folder: Path) -> bool:
    """True when this process's locks keep a second one out and both see one memory; a second one is asked."""
    import subprocess

    from mistral_rag.index._folder import filesystem_probe

    with filesystem_probe.held(folder) as (path, memory):
        command = [sys.executable, "-I", "-S", filesystem_probe.__file__, path]
        answer = subprocess.run(  # noqa: S603
            command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, env=environment()
        )
        return answer.stdout.strip() == filesystem_probe.FINE and memory[:1] == filesystem_probe.REPLY
