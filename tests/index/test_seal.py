"""The seal knows the last commit, whatever moment its writer was stopped at."""

from pathlib import Path

from mistral_rag.index._folder.seal import SLOT, Seal, read_seal, write_seal


def test_the_newer_of_two_slots_counts(tmp_path: Path) -> None:
    path = tmp_path / "index.seal"
    assert read_seal(path) is None
    for sequence in range(5):
        write_seal(path, Seal(sequence, bytes([sequence]) * 32))
        assert read_seal(path) == Seal(sequence, bytes([sequence]) * 32)
    assert path.stat().st_size == 2 * SLOT


def test_a_slot_torn_anywhere_leaves_the_older_seal(tmp_path: Path) -> None:
    path = tmp_path / "index.seal"
    write_seal(path, Seal(6, b"\x06" * 32))
    write_seal(path, Seal(7, b"\x07" * 32))
    before = path.read_bytes()
    write_seal(path, Seal(8, b"\x08" * 32))
    after = path.read_bytes()
    seen = set()
    for torn in range(0, SLOT + 1, 8):
        path.write_bytes(after[:torn] + before[torn:])
        seal = read_seal(path)
        assert seal is not None
        seen.add(seal.sequence)
    assert seen == {7, 8}


def test_what_is_no_seal_is_none(tmp_path: Path) -> None:
    path = tmp_path / "index.seal"
    for content in (b"", b"\x00" * 1024, b"mistral-rag seal 1 00 00000000\n", "mistral-rag seal ü".encode()):
        path.write_bytes(content)
        assert read_seal(path) is None
