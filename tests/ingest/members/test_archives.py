"""Files in archives are documents of their own: found, cited, moved, dropped and hidden with their archive."""

import gzip
import io
import os
import tarfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from ingest import Build, BuildReport, Redo
from ingest.__main__ import main as ingest
from ingest.parsing import media_type_of, parse
from mistral_rag import HybridRetriever
from mistral_rag.cli import main as mistral_rag
from mistral_rag.index import IndexWriter, UnrestrictedReader, member_uri, outermost_uri, verify

LEAVE = "# Leave\n\nThirty days of holiday are granted.\n"
PAY = "# Pay\n\nThe bonus is paid in March.\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "documents").mkdir()
    return tmp_path / "documents"


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return tmp_path / "index"


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def tarred(files: Mapping[str, str], *, mode: str = "w", links: Mapping[str, str] | None = None) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content.encode())
            archive.addfile(entry, io.BytesIO(content.encode()))
        for name, target in (links or {}).items():
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            archive.addfile(entry)
    return buffer.getvalue()


def build(folder: Path, index: Path, groups: Sequence[str] | None = None, *, redo: Redo | None = None) -> BuildReport:
    work = Build([folder], index, embeddings="none", workers=1, groups=groups, ocr="never", redo=redo, prune=True)
    for _ in work:
        pass
    assert verify(index) == []
    return work.report


def outcomes(report: BuildReport) -> dict[str, str]:
    return {file.source: file.status for file in report.files}


def reasons(report: BuildReport) -> dict[str, str]:
    return {file.source: file.reason for file in report.files if file.reason}


def found(index: Path, question: str, groups: Sequence[str] | None = None) -> list[str]:
    return sorted(hit.source.name for hit in HybridRetriever.from_index(index, groups=groups).search(question))


def test_a_member_is_found_and_names_its_archive(folder: Path, index: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "staff.zip").write_bytes(zipped({"2024/leave.md": LEAVE, "pay.md": PAY}))
    assert outcomes(build(folder, index)) == {
        "staff.zip": "added",
        "staff.zip > 2024/leave.md": "added",
        "staff.zip > pay.md": "added",
    }
    (hit,) = HybridRetriever.from_index(index).search("holiday")
    archive = (folder / "staff.zip").as_uri()
    assert (hit.source.uri, hit.source.parent) == (f"{archive}#2024/leave.md", archive)
    assert hit.source.member == "2024/leave.md"
    assert mistral_rag(["ask", "How many days of holiday are granted?", "--index", str(index), "--extractive"]) == 0
    shown = capsys.readouterr().out
    assert '[1] staff.zip > 2024/leave.md, section 1: "Thirty days of holiday are granted."' in shown


def test_archives_in_archives(folder: Path, index: Path) -> None:
    inner = zipped({"leave.md": LEAVE})
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        entry = tarfile.TarInfo("inner.zip")
        entry.size = len(inner)
        archive.addfile(entry, io.BytesIO(inner))
    (folder / "outer.tar.gz").write_bytes(buffer.getvalue())
    build(folder, index)
    assert found(index, "holiday") == ["outer.tar.gz > inner.zip > leave.md"]
    with UnrestrictedReader.open(index) as reader, reader.view() as view:
        uris = [source.uri for source in view.sources()]
    outer = (folder / "outer.tar.gz").as_uri()
    assert sorted(uris) == [outer, f"{outer}#inner.zip", f"{outer}#inner.zip!/leave.md"]
    assert set(outcomes(build(folder, index)).values()) == {"unchanged"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.tar", tarred({"leave.md": LEAVE})),
        ("a.tar.bz2", tarred({"leave.md": LEAVE}, mode="w:bz2")),
        ("a.txz", tarred({"leave.md": LEAVE}, mode="w:xz")),
        ("leave.md.gz", gzip.compress(LEAVE.encode(), mtime=0)),
        ("zip-without-suffix", zipped({"leave.md": LEAVE})),
        ("misnamed.txt", zipped({"leave.md": LEAVE})),
    ],
)
def test_members_of_each_kind_of_archive(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    media_type = media_type_of(path)
    assert media_type is not None
    contents = {}
    for member in parse(path, media_type).members:
        assert member.open is not None
        with member.open() as stream:
            contents[member.name] = stream.read()
    assert contents == {"leave.md": LEAVE.encode()}


@pytest.mark.parametrize("name", ["program.jar", "drawing.vsdx", "map.kmz"])
def test_other_formats_that_are_archives_are_no_archives(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(zipped({"leave.md": LEAVE}))
    assert media_type_of(path) is None


def test_a_changed_archive_has_only_its_changes_read(folder: Path, index: Path) -> None:
    (folder / "staff.zip").write_bytes(zipped({"leave.md": LEAVE, "pay.md": PAY, "old.md": "# Old\n\nGone soon.\n"}))
    build(folder, index)
    (folder / "staff.zip").write_bytes(zipped({"leave.md": LEAVE, "pay.md": PAY.replace("March", "April")}))
    report = build(folder, index)
    assert outcomes(report) == {
        "staff.zip": "changed",
        "staff.zip > leave.md": "unchanged",
        "staff.zip > pay.md": "changed",
        "staff.zip > old.md": "removed",
    }
    assert report.pages == 1
    assert found(index, "gone") == []


def test_members_go_with_their_archive(folder: Path, index: Path) -> None:
    (folder / "staff.zip").write_bytes(zipped({"inner.zip": zipped({"leave.md": LEAVE})}))
    (folder / "pay.md").write_text(PAY)
    build(folder, index)
    (folder / "staff.zip").rename(folder / "people.zip")
    assert outcomes(build(folder, index))["people.zip"] == "moved"
    assert found(index, "holiday") == ["people.zip > inner.zip > leave.md"]
    (folder / "people.zip").unlink()
    assert outcomes(build(folder, index))["people.zip"] == "removed"
    assert found(index, "holiday") == []
    with UnrestrictedReader.open(index) as reader, reader.view() as view:
        assert [source.name for source in view.sources()] == ["pay.md"]


def test_an_archive_and_a_member_can_be_taken_out_and_purged(folder: Path, index: Path) -> None:
    (folder / "staff.zip").write_bytes(zipped({"leave.md": LEAVE, "pay.md": PAY}))
    build(folder, index)
    assert ingest(["remove", "staff.zip > pay.md", "--index", str(index)]) == 0
    (folder / "staff.zip").write_bytes(zipped({"leave.md": LEAVE, "pay.md": PAY, "more.md": "# More\n\nMore.\n"}))
    assert outcomes(build(folder, index))["staff.zip > pay.md"] == "skipped"
    assert found(index, "bonus") == []
    assert ingest(["purge", "staff.zip", "--index", str(index), "--yes"]) == 0
    assert found(index, "holiday") == []
    data = b"".join(path.read_bytes() for path in index.rglob("*") if path.is_file())
    assert b"leave.md" not in data
    assert b"pay.md" not in data


def test_groups_of_an_archive_hold_for_its_members(folder: Path, index: Path, tmp_path: Path) -> None:
    (folder / "north.zip").write_bytes(zipped({"leave.md": LEAVE, "inner.zip": zipped({"pay.md": PAY})}))
    build(folder, index, ["north"])
    other = tmp_path / "other"
    other.mkdir()
    (other / "south.zip").write_bytes(zipped({"leave.md": LEAVE}))
    build(other, index, ["south"])
    assert found(index, "holiday", ["north"]) == ["north.zip > leave.md"]
    assert found(index, "holiday", ["south"]) == ["south.zip > leave.md"]
    assert found(index, "bonus", ["south"]) == []
    # what comes later into the archive is for its readers, too
    (folder / "north.zip").write_bytes(zipped({"new.md": "# New\n\nThe canteen is new.\n"}))
    build(folder, index)
    assert found(index, "canteen", ["north"]) == ["north.zip > new.md"]
    assert found(index, "canteen", ["south"]) == []
    build(folder, index, ["south"])
    assert found(index, "canteen", ["north"]) == []
    assert found(index, "canteen", ["south"]) == ["north.zip > new.md"]


def test_other_groups_set_by_hand_hold_for_members(folder: Path, index: Path) -> None:
    (folder / "staff.zip").write_bytes(zipped({"leave.md": LEAVE}))
    build(folder, index, ["north"])
    with IndexWriter.open(index) as writer:
        writer.set_groups((folder / "staff.zip").as_uri(), ["south"])
        writer.commit()
    assert found(index, "holiday", ["north"]) == []
    assert found(index, "holiday", ["south"]) == ["staff.zip > leave.md"]


def test_a_build_that_was_broken_off_reads_the_rest_of_an_archive(folder: Path, index: Path) -> None:
    (folder / "staff.zip").write_bytes(zipped({"leave.md": LEAVE, "inner.zip": zipped({"pay.md": PAY})}))
    for progress in Build([folder], index, embeddings="none", workers=1):
        if progress.event.source == "staff.zip > inner.zip":
            break
    build(folder, index)
    assert found(index, "bonus") == ["staff.zip > inner.zip > pay.md"]
    assert found(index, "holiday") == ["staff.zip > leave.md"]


def test_one_member_is_read_anew(folder: Path, index: Path) -> None:
    (folder / "staff.zip").write_bytes(zipped({"leave.md": LEAVE, "pay.md": PAY}))
    build(folder, index)
    uri = member_uri((folder / "staff.zip").as_uri(), "pay.md")
    report = build(folder, index, redo=Redo(frozenset({uri})))
    assert outcomes(report)["staff.zip > leave.md"] == "unchanged"
    assert report.pages == 1


def test_the_plan_counts_members(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "staff.zip").write_bytes(zipped({"leave.md": LEAVE, "pay.md": PAY}))
    assert ingest(["plan", str(folder), "--embeddings", "none", "--ocr", "never"]) == 0
    assert capsys.readouterr().out.startswith("3 files to read, 2 pages, 0 of them by OCR")


def test_a_fragment_of_a_web_page_is_no_member(index: Path) -> None:
    assert member_uri("file:///a.zip", "b/c d.zip") == "file:///a.zip#b/c%20d.zip"
    assert member_uri("file:///a.zip#b.zip", "odd!/name#.md") == "file:///a.zip#b.zip!/odd%21/name%23.md"
    assert outermost_uri("file:///a.zip#b.zip!/c.md") == "file:///a.zip"


def test_what_leads_out_of_an_archive_is_named_and_not_read(folder: Path, index: Path) -> None:
    (folder / "evil.zip").write_bytes(zipped({"../leave.md": LEAVE, "C:\\pay.md": PAY, "good.md": "# Good\n\nYes.\n"}))
    (folder / "links.tar").write_bytes(
        tarred({"/etc/passwd.txt": PAY, "fine.md": LEAVE}, links={"secret.txt": "/etc/passwd"})
    )
    report = build(folder, index)
    assert reasons(report) == {
        "evil.zip": "not read: ../leave.md, C:\\pay.md: its path leads out of the file that it is in",
        "links.tar": "not read: /etc/passwd.txt: its path leads out of the file that it is in; "
        "not read: secret.txt: is a link",
    }
    assert found(index, "bonus holiday") == ["links.tar > fine.md"]
    assert not (folder.parent / "leave.md").exists()


def test_an_archive_of_what_nobody_reads_fails_with_the_types(folder: Path, index: Path) -> None:
    (folder / "programs.zip").write_bytes(zipped({"a.exe": b"MZ\x00\x01", "b.exe": b"MZ\x00\x02", ".hidden": "x"}))
    assert reasons(build(folder, index)) == {"programs.zip": "not read: a.exe, b.exe: type .exe"}


def test_two_members_of_one_name(folder: Path, index: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("note.md", LEAVE)
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("note.md", PAY)
    (folder / "twice.zip").write_bytes(buffer.getvalue())
    build(folder, index)
    assert found(index, "bonus holiday") == ["twice.zip > note (2).md", "twice.zip > note.md"]


def test_a_protected_member_is_named(folder: Path, index: Path) -> None:
    data = bytearray(zipped({"secret.md": LEAVE}))
    central = data.index(b"PK\x01\x02")
    data[6] |= 1
    data[central + 8] |= 1
    (folder / "locked.zip").write_bytes(bytes(data))
    assert reasons(build(folder, index)) == {
        "locked.zip": "not read: secret.md: is protected by a password; save it without one"
    }


def test_damage_is_one_line_and_costs_one_member(folder: Path, index: Path) -> None:
    data = bytearray(zipped({"a.md": os.urandom(4000).hex(), "b.md": LEAVE}))
    data[60:70] = b"\xff" * 10
    (folder / "broken.zip").write_bytes(bytes(data))
    (folder / "cut.tar.gz").write_bytes(tarred({"c.md": PAY * 500}, mode="w:gz")[:60])
    report = build(folder, index)
    assert reasons(report)["broken.zip"].startswith("not read: a.md: is damaged or can't be unpacked: ")
    assert "is damaged" in reasons(report)["cut.tar.gz"]
    assert found(index, "holiday") == ["broken.zip > b.md"]


@pytest.mark.parametrize(
    ("charset", "names"),
    [
        ("gb18030", ["测试文件/报告2021年度.txt", "合同.txt"]),
        ("cp949", ["계약서 2024.txt"]),
        ("cp866", ["Отчёт за 2024 год.txt", "Договор.txt"]),
        ("utf-8", ["Übersicht/Größe.txt"]),
        ("cp437", ["Übersicht/Größe.txt", "Año.txt", "résumé naïf.txt"]),
        ("cp850", ["Verträge.txt", "Öl und Änderung.txt"]),
        ("cp932", ["請求書.txt"]),
        ("cp932", ["議事録.txt", "資料/見積書2024.txt"]),
        ("cp932", ["カタログ（最新版）.pdf.txt", "第3回 打ち合わせ.txt"]),
        ("big5", ["報價單.txt", "第一季預算.txt"]),
        ("big5", ["會議記錄.txt", "合約/採購合約2024.txt"]),
        ("big5", ["附件一.txt", "人事規章.txt"]),
        ("gb18030", ["会议纪要.txt", "采购/报价单.txt"]),
        ("gb18030", ["项目计划书.txt"]),
        ("cp949", ["회의록.txt"]),
        ("cp437", ["Köln.txt"]),
        ("cp437", ["für Jörg.txt", "Prüfung.txt"]),
        ("cp437", ["été à Évian.txt"]),
        ("cp866", ["Акт.txt", "Счёт.txt"]),
    ],
)
def test_names_of_members_are_told_by_their_letters(tmp_path: Path, charset: str, names: list[str]) -> None:
    # the standard library writes such names as UTF-8 and says so: ASCII ones of as many bytes stand in for them
    raw = {f"{number}".encode().rjust(len(name.encode(charset)), b"x"): name for number, name in enumerate(names)}
    data = zipped({stand_in.decode(): "x" for stand_in in raw})
    for stand_in, name in raw.items():
        data = data.replace(stand_in, name.encode(charset))
    (tmp_path / "a.zip").write_bytes(data)
    assert [member.name for member in parse(tmp_path / "a.zip", "application/zip").members] == names
