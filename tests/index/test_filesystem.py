"""An index is refused where locks don't hold; a frozen copy is the way out."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mistral_rag.errors import StoreError
from mistral_rag.index import IndexReader, IndexWriter
from mistral_rag.index._folder import filesystem
from mistral_rag.index._folder.filesystem import file_system, locks_hold

SHIM = Path(__file__).parents[1] / "crash" / "shim.c"
MOUNTS = """\
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard
31 27 0:44 / /srv/share rw - nfs4 server:/export rw,vers=4.2
32 27 0:45 / /srv/share/cache rw - tmpfs tmpfs rw
33 27 0:46 / /mnt/two\\040words rw shared:1 - fuse.sshfs user@host: rw
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/home/index", "ext4"),
        ("/srv/share", "nfs4"),
        ("/srv/share/index", "nfs4"),
        ("/srv/shared", "ext4"),
        ("/srv/share/cache/index", "tmpfs"),
        ("/mnt/two words/index", "fuse.sshfs"),
    ],
)
def test_the_file_system_is_that_of_the_longest_mount_point(tmp_path: Path, folder: str, kind: str) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS)
    assert file_system(Path(folder), mounts) == kind


def test_where_nobody_says_it_is_unknown(tmp_path: Path) -> None:
    assert file_system(tmp_path, tmp_path / "missing") == ""


@pytest.mark.skipif(sys.platform != "linux", reason="reads Linux's list of mounts")
@pytest.mark.parametrize("kind", ["nfs4", "cifs", "fuse.sshfs", "smb3"])
def test_an_index_is_not_written_on_a_network_file_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    with IndexWriter.open(tmp_path / "local") as writer:
        writer.set_extra("a", 1)
        writer.commit()
        shutil.copytree(tmp_path / "local", tmp_path / "with-log")
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"27 1 254:0 / / rw - ext4 /dev/vda rw\n31 27 0:44 / {tmp_path} rw - {kind} server:/export rw\n")
    monkeypatch.setattr(filesystem, "MOUNTS", mounts)
    with pytest.raises(StoreError, match=r"network file system .*ingest export --frozen"):
        IndexWriter.open(tmp_path / "new")
    with pytest.raises(StoreError, match="network file system"):
        IndexWriter.open(tmp_path / "local")
    with pytest.raises(StoreError, match="network file system"):
        IndexReader.open(tmp_path / "with-log")
    IndexReader.open(tmp_path / "local").close()


def test_of_an_unknown_file_system_two_processes_find_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert locks_hold(tmp_path)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(filesystem, "MOUNTS", tmp_path / "missing")
    IndexWriter.open(tmp_path / "index").close()


def test_the_second_process_sees_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MISTRAL_API_KEY", "secret")
    monkeypatch.setenv("TZ", "UTC")
    seen: list[dict[str, str]] = []
    run = subprocess.run

    def watched(command: list[str], *, env: dict[str, str], **rest: Any) -> Any:
        seen.append(env)
        return run(command, env=env, **rest)

    monkeypatch.setattr(subprocess, "run", watched)
    assert locks_hold(tmp_path)
    assert [("MISTRAL_API_KEY" in env, env["TZ"]) for env in seen] == [(False, "UTC")]


@pytest.mark.skipif(sys.platform != "linux" or shutil.which("cc") is None, reason="needs Linux and a C compiler")
@pytest.mark.parametrize("void", ["fcntl", "flock"])
def test_locks_that_do_nothing_are_found_out(tmp_path: Path, void: str) -> None:
    library = tmp_path / "shim.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, SHIM, "-ldl"], check=True)
    place = tmp_path / "place"
    place.mkdir()
    code = "import pathlib, sys\nfrom mistral_rag.index._folder.filesystem import locks_hold\n"
    code += "print(locks_hold(pathlib.Path(sys.argv[1])))"
    environment = {**os.environ, "LD_PRELOAD": str(library), "SHIM_FOLDER": str(place), "SHIM_VOID": void}
    run = subprocess.run(
        [sys.executable, "-c", code, place], env=environment, capture_output=True, text=True, check=True
    )
    assert run.stdout == "False\n"
