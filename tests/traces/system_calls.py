"""Follows a command and all that it starts by strace, and says what of it left the places it was given."""

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

WRITING = (
    "creat", "unlink", "unlinkat", "rename", "renameat", "renameat2", "mkdir", "mkdirat", "rmdir", "link", "linkat",
    "symlink", "symlinkat", "mknod", "mknodat", "truncate", "chmod", "fchmodat", "chown", "fchownat", "utimensat",
)  # fmt: skip
OPENING = ("open", "openat", "openat2")
NETWORK = ("connect", "bind", "listen", "sendto", "sendmsg", "sendmmsg")
RESOLVING = {"/etc/resolv.conf", "/etc/hosts", "/etc/gai.conf"}
"""Files that only who looks up a name reads."""

STRACE = ("strace", "-f", "--seccomp-bpf")
"""strace with children, that stops at the calls asked for alone: else everything takes ten times as long."""

CALL = re.compile(r"^(?:\d+ +)?(?:\[pid +\d+\] )?(\w+)\((.*)$")
FOR_WRITING = re.compile(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_TMPFILE")
PLACE = re.compile(r'(?:(?:AT_FDCWD|\d+)<([^>]*)>, )?"((?:[^"\\]|\\.)*)"')
HARMLESS = ("/dev/null", "/dev/tty", "/dev/pts/", "/dev/shm/", "/proc/")
"""Devices, shared memory of semaphores, and what the kernel shows of processes."""


@dataclass(frozen=True, slots=True)
class Traced:
    """A command that has ended: its exit code, what it printed, and the calls that left its places."""

    code: int
    output: str
    left: list[str]


def can_trace() -> bool:
    """True when strace is here and may follow a process."""
    if shutil.which("strace") is None:
        return False
    tried = subprocess.run([*STRACE, "-o", os.devnull, "true"], capture_output=True, check=False)
    return tried.returncode == 0


def traced(
    command: Sequence[str],
    places: Sequence[Path],
    *,
    cwd: Path,
    environment: Mapping[str, str],
    log: Path,
    interrupt: Path | None = None,
) -> Traced:
    """Run a command; it may write below `places` alone. `interrupt`: it gets a Ctrl-C when this file is there."""
    calls = ",".join((*WRITING, *OPENING, *NETWORK))
    # names that this machine's kernel has not are marked by "?"
    expression = "trace=" + ",".join(f"?{name}" for name in calls.split(","))
    process = subprocess.Popen(
        [*STRACE, "-y", "-s", "4096", "-e", expression, "-e", "signal=none", "-o", str(log), *command],
        cwd=cwd,
        env=dict(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # what a shell starts in the background ignores a Ctrl-C
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL) and None,
    )
    if interrupt is not None:
        while not interrupt.exists() and process.poll() is None:
            time.sleep(0.05)
        for child in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split():
            os.kill(int(child), signal.SIGINT)
    output, _ = process.communicate()
    with log.open(encoding="utf-8", errors="replace") as lines:
        left = list(dict.fromkeys(leaving(lines, places, cwd)))
    return Traced(process.returncode, output, left)


def leaving(lines: Iterator[str], places: Sequence[Path], cwd: Path) -> Iterator[str]:
    """The calls among lines of strace that reach for a network, or write elsewhere than below `places`."""
    allowed = [str(place.resolve()) for place in places]
    for line in lines:
        found = CALL.match(line)
        if found is None:
            continue
        name, rest = found[1], found[2]
        if name in NETWORK:
            if not is_local(name, rest):
                yield f"{name}({rest.strip()[:200]}"
            continue
        for path in paths(name, rest, cwd):
            if (path in RESOLVING and name in OPENING) or (changes(name, rest) and not is_below(path, allowed)):
                yield f"{name} {path}"


def is_local(name: str, rest: str) -> bool:
    """True for a call on a socket between a parent and its child, or one without an address of a network.

    An unused port of this machine may be bound: urllib3, which langchain-core imports, looks that way for IPv6.
    """
    if name == "bind" and re.search(r'htons\(0\).*(?:"::1"|"127\.0\.0\.1")', rest):
        return True
    return not re.search(r"AF_INET|AF_NETLINK|AF_PACKET|<(?:TCP|UDP|NETLINK|RAW)", rest)


def changes(name: str, rest: str) -> bool:
    """True when the call changed something: a failed one did not, and opening for reading does not."""
    if re.search(r"\) += -1 E", rest):
        return False
    return name in WRITING or bool(FOR_WRITING.search(rest))


def paths(name: str, rest: str, cwd: Path) -> Iterator[str]:
    """The places that a call names, made absolute."""
    for folder, path in PLACE.findall(rest):
        # the target of a symbolic link is only a text
        if not name.startswith("symlink") or path != PLACE.findall(rest)[0][1]:
            yield os.path.normpath(os.path.join(folder or cwd, path))  # noqa: PTH118 (texts of another process)


def is_below(path: str, allowed: Sequence[str]) -> bool:
    """True for a path in one of the folders, or of a harmless kind."""
    real = os.path.realpath(path)
    return path.startswith(HARMLESS) or any(real == place or real.startswith(f"{place}/") for place in allowed)
