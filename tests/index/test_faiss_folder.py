"""Folders of LangChain's FAISS store: real ones are read, hostile ones are refused and run nothing."""

import os
import pickle  # noqa: TID251 (to make what must be refused)
import shutil
import struct
import sys
import types
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from langchain_core.documents import Document

from mistral_rag.errors import NotAnIndexError
from mistral_rag.index import read_faiss_folder

SAVED = Path(__file__).parent / "saved_by_langchain"
"""Saved by langchain_community 0.4.2: "go north" {n, day}, "go east" {tags}, "go up", with vectors of 4 numbers."""
AS_SAVED = np.array([[1, 0, 0, 0.08], [0, 1, 0, 0.07], [0, 0, 1, 0.05]])


class Docstore:
    """Pickles as `InMemoryDocstore` does."""

    def __init__(self, held: Any) -> None:
        self._dict = held


Docstore.__module__, Docstore.__qualname__ = "langchain_community.docstore.in_memory", "InMemoryDocstore"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for file in SAVED.iterdir():
        shutil.copy(file, tmp_path)
    return tmp_path


def pickled(monkeypatch: pytest.MonkeyPatch, value: Any, protocol: int = 4) -> bytes:
    module = types.ModuleType(Docstore.__module__)
    module.InMemoryDocstore = Docstore  # type: ignore[attr-defined]
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "langchain_community", types.ModuleType("langchain_community"))
        patch.setitem(sys.modules, "langchain_community.docstore", types.ModuleType("langchain_community.docstore"))
        patch.setitem(sys.modules, Docstore.__module__, module)
        return pickle.dumps(value, protocol)


def flat(vectors: np.ndarray, *, mark: bytes = b"IxFI", metric: int = 0) -> bytes:
    head = struct.pack("<4siqqq?i", mark, vectors.shape[1], len(vectors), 1 << 20, 1 << 20, True, metric)
    return head + struct.pack("<Q", vectors.size) + vectors.astype("<f4").tobytes()


def test_what_langchain_saved_is_read(folder: Path) -> None:
    saved = read_faiss_folder(folder)
    assert saved.ids == ["1", "2", "3"]
    assert saved.texts == ["go north", "go east", "go up"]
    assert saved.metadatas == [{"n": 1, "day": "2024-05-06"}, {"tags": ["a", "b"]}, {}]
    assert saved.vectors.round(2).tolist() == AS_SAVED.astype(np.float32).tolist()


@pytest.mark.parametrize("protocol", [3, 4, 5])
def test_metadata_of_many_kinds_is_read(folder: Path, monkeypatch: pytest.MonkeyPatch, protocol: int) -> None:
    metadata = {
        "when": datetime(2024, 5, 6, 7, 8),
        "there": datetime(2024, 5, 6, tzinfo=UTC),
        "day": date(2024, 5, 6),
        "uuid": UUID(int=5),
        "pair": (1, 2.5),
        "four": (1, 2, 3, 4),
        "big": 10**30,
        "none": None,
        "yes": [True, False],
        "set": {"x"},
        7: {"deep": {"er": "ü"}},
    }
    store = Docstore({"a": Document("text", metadata=metadata), "b": Document("", metadata={})})
    (folder / "index.pkl").write_bytes(pickled(monkeypatch, (store, {0: "b", 1: "a"}), protocol))
    (folder / "index.faiss").write_bytes(flat(np.eye(2)))
    saved = read_faiss_folder(folder)
    assert (saved.ids, saved.texts) == (["b", "a"], ["", "text"])
    assert saved.metadatas[1] == {
        "when": "2024-05-06T07:08:00",
        "there": "2024-05-06T00:00:00+00:00",
        "day": "2024-05-06",
        "uuid": "00000000-0000-0000-0000-000000000005",
        "pair": [1, 2.5],
        "four": [1, 2, 3, 4],
        "big": 10**30,
        "none": None,
        "yes": [True, False],
        "set": ["x"],
        "7": {"deep": {"er": "ü"}},
    }


class Hostile:
    def __init__(self, *call: Any) -> None:
        self.call = call

    def __reduce__(self) -> Any:
        return self.call[0], self.call[1:]


def test_a_pickle_that_runs_something_is_refused_and_runs_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    victim = tmp_path / "victim"
    for call in ((Path.touch, victim), (open, str(victim), "w"), (eval, f"open({str(victim)!r}, 'w')")):
        for value in (Hostile(*call), (Docstore({"a": Document("x", metadata={"m": Hostile(*call)})}), {0: "a"})):
            (folder / "index.pkl").write_bytes(pickled(monkeypatch, value))
            with pytest.raises(NotAnIndexError, match=r"refused: the pickle (?:names|calls)"):
                read_faiss_folder(folder)
    assert not victim.exists()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x80\x04.",
        b"\x80\x04K\x01.",
        b"cos\nsystem\n(S'true'\ntR.",
        b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x04true\x85R.",
        b"\x80\x04\x8c\x08datetime\x8c\x04date\x93)R.",
        b"\x80\x04\x8c\x08builtins\x8c\x03set\x93)\x81K\x01b.",
        b"\x80\x04}(K\x01u.",
        b"\x80\x04e.",
        b"\x80\x04h\x07.",
        b"\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\x7f.",
        b"\x80\x04" + b"]" * 100_000 + b"a" * 99_999 + b".",
        b"\x80\x04\x82\x01.",
        b"\x80\x04K\x01Q.",
    ],
    ids=lambda data: data[:12].hex(),
)
def test_broken_pickles_are_refused(folder: Path, data: bytes) -> None:
    (folder / "index.pkl").write_bytes(data)
    with pytest.raises(NotAnIndexError, match="refused"):
        read_faiss_folder(folder)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (flat(np.eye(3))[:-1], "damaged"),
        (flat(np.eye(3)) + b"\0", "damaged"),
        (flat(np.eye(3), metric=1), "damaged"),
        (flat(np.eye(3), mark=b"IHNf"), "no flat FAISS index .IHNf."),
        (b"", "no flat FAISS index"),
        (struct.pack("<4siqqq?iQ", b"IxFI", 4, 1 << 60, 0, 0, True, 0, 1 << 62), "damaged"),
        (struct.pack("<4siqqq?iQ", b"IxFI", -4, -3, 0, 0, True, 0, 12), "damaged"),
        (flat(np.full((3, 4), np.nan)), "not finite"),
        (flat(np.eye(2)), "3 texts, but 2 vectors"),
        (flat(np.eye(1)), "3 texts, but 1 vector$"),
    ],
)
def test_broken_vectors_are_refused(folder: Path, content: bytes, reason: str) -> None:
    (folder / "index.faiss").write_bytes(content)
    with pytest.raises(NotAnIndexError, match=reason):
        read_faiss_folder(folder)


def test_a_folder_without_one_of_the_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotAnIndexError, match=r"has no index\.faiss"):
        read_faiss_folder(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="links, pipes and holes of POSIX")
@pytest.mark.parametrize("name", ["index.faiss", "index.pkl"])
@pytest.mark.parametrize("trap", ["pipe", "folder", "link to a device", "link outside", "loop", "hole", "longer"])
def test_what_is_no_file_of_a_store_is_refused(folder: Path, tmp_path_factory: Any, name: str, trap: str) -> None:
    path, outside = folder / name, tmp_path_factory.mktemp("outside") / name
    path.rename(outside)
    if trap == "pipe":
        os.mkfifo(path)
    elif trap == "folder":
        path.mkdir()
    elif trap in {"hole", "longer"}:
        shutil.copy(SAVED / name, path)
        os.truncate(path, 100 << 30 if trap == "hole" else (2 << 30) + 1)
    else:
        path.symlink_to({"loop": path, "link outside": outside}.get(trap, Path("/dev/zero")))
    with pytest.raises(NotAnIndexError):
        read_faiss_folder(folder)


def test_a_small_file_of_enormous_values_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    laugh: list[Any] = ["ha"]
    for _ in range(12):
        laugh = [laugh] * 20
    store = Docstore({"a": Document("x", metadata={"t": laugh})})
    (folder / "index.pkl").write_bytes(pickled(monkeypatch, (store, {0: "a"})))
    with pytest.raises(NotAnIndexError, match="the metadata of a document is too large"):
        read_faiss_folder(folder)


def test_what_has_no_plain_form_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Docstore({"a": Document("x", metadata={"t": timedelta(1)})})
    (folder / "index.pkl").write_bytes(pickled(monkeypatch, (store, {0: "a"})))
    with pytest.raises(NotAnIndexError, match="the metadata holds a timedelta"):
        read_faiss_folder(folder)
