"""PDF files with a password: opened with one of those given, which leaves no trace."""

import json
import zipfile
from pathlib import Path

import pytest
from pypdf import PdfWriter

from ingest import Build, build, estimate
from ingest.__main__ import main
from mistral_rag.errors import ParseError
from mistral_rag.index import UnrestrictedReader
from mistral_rag.pdf import PdfFile, unlock
from tests.ingest.test_ocr import Clerk
from tests.printed import line, pdf

SECRET = "sésame-ouvre-toi"
OTHER = "swordfish"
LOCKED = "the PDF is encrypted and needs a password"


def locked(path: Path, text: str, password: str, algorithm: str = "AES-256") -> Path:
    path.write_bytes(pdf(line(60, 700, text)))
    writer = PdfWriter(clone_from=str(path))
    writer.encrypt(password, owner_password="nobody's", algorithm=algorithm)
    writer.write(str(path))
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    locked(folder / "lease.pdf", "The rent is 1200 euros a month.", SECRET)
    locked(folder / "salary.pdf", "The bonus is paid in March.", OTHER, "RC4-128")
    (folder / "open.txt").write_text("The tower is 90 metres high.")
    return folder


def outcomes(work: Build) -> dict[str, tuple[str, str | None]]:
    list(work)
    return {file.source: (file.status, file.reason) for file in work.report.files}


def texts(index: Path) -> dict[str, list[str]]:
    with UnrestrictedReader.open(index) as reader, reader.view() as view:
        return {source.name: list(view.page_texts(source.uri)) for source in view.sources() if source.digest}


@pytest.mark.parametrize("algorithm", ["RC4-40", "RC4-128", "AES-128", "AES-256"])
@pytest.mark.parametrize("password", ["plain", SECRET, "p w #?%"])
def test_a_copy_without_protection_is_written(algorithm: str, password: str, tmp_path: Path) -> None:
    file = locked(tmp_path / "lease.pdf", "The rent is 1200 euros.", password, algorithm)
    before = file.read_bytes()
    assert unlock(file, ["wrong", password], tmp_path / "copy.pdf")
    with PdfFile(tmp_path / "copy.pdf") as opened:
        assert opened.sheet(1).text == "The rent is 1200 euros."
    assert file.read_bytes() == before
    assert (tmp_path / "copy.pdf").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("passwords", "said"),
    [
        ([], LOCKED),
        (["wrong"], f"{LOCKED}: the password that was given does not open it"),
        (["wrong", "Plain", "plain "], f"{LOCKED}: none of the 3 passwords that were given opens it"),
    ],
)
def test_a_wrong_password_writes_nothing(passwords: list[str], said: str, tmp_path: Path) -> None:
    file = locked(tmp_path / "lease.pdf", "The rent is 1200 euros.", "plain")
    with pytest.raises(ParseError) as raised:
        unlock(file, passwords, tmp_path / "copy.pdf")
    assert raised.value.reason == said
    assert not (tmp_path / "copy.pdf").exists()


def test_a_file_that_opens_without_a_password_is_left_alone(tmp_path: Path) -> None:
    file = locked(tmp_path / "lease.pdf", "The rent is 1200 euros.", "")
    assert not unlock(file, ["plain"], tmp_path / "copy.pdf")
    (tmp_path / "none.pdf").write_bytes(b"%PDF-1.7 and nothing more")
    assert not unlock(tmp_path / "none.pdf", ["plain"], tmp_path / "copy.pdf")
    assert not (tmp_path / "copy.pdf").exists()


def test_each_password_is_tried_and_wrong_ones_are_said_by_name(folder: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    work = build(folder, index, embeddings="none", ocr="never", workers=1)
    assert outcomes(work) == {
        "lease.pdf": ("failed", LOCKED),
        "open.txt": ("added", None),
        "salary.pdf": ("failed", LOCKED),
    }
    assert work.report.warnings == ["files are locked by a password: name a file of passwords with --password-file"]
    work = build(folder, index, embeddings="none", ocr="never", workers=1, passwords=["wrong", SECRET])
    assert outcomes(work) == {
        "lease.pdf": ("changed", None),
        "open.txt": ("unchanged", None),
        "salary.pdf": ("failed", f"{LOCKED}: none of the 2 passwords that were given opens it"),
    }
    work = build(folder, index, embeddings="none", ocr="never", workers=1, passwords=[OTHER])
    assert {name: status for name, (status, _) in outcomes(work).items()} == {
        "lease.pdf": "unchanged",
        "open.txt": "unchanged",
        "salary.pdf": "changed",
    }
    assert texts(index) == {
        "lease.pdf": ["The rent is 1200 euros a month."],
        "open.txt": ["The tower is 90 metres high."],
        "salary.pdf": ["The bonus is paid in March."],
    }


def test_a_password_is_kept_nowhere(folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    index, secrets = tmp_path / "index", tmp_path / "secrets"
    secrets.write_text(f"{SECRET}\r\n\n{OTHER}\n", encoding="utf-8")
    command = ["build", str(folder), "--index", str(index), "--embeddings", "none", "--password-file", str(secrets)]
    assert main([*command, "--json"]) == 0
    printed = capfd.readouterr()
    kept = b"".join(file.read_bytes() for file in index.rglob("*") if file.is_file())
    for password in (SECRET, OTHER):
        assert password not in printed.out + printed.err
        assert password.encode() not in kept
        assert password.encode("latin-1") not in kept
    assert json.loads(printed.out)["added"] == 3


def test_pages_without_text_of_a_locked_file_are_read_from_their_pictures(tmp_path: Path) -> None:
    file = tmp_path / "scan.pdf"
    file.write_bytes(pdf("0 g 60 60 400 300 re f"))
    writer = PdfWriter(clone_from=str(file))
    writer.encrypt(SECRET)
    writer.write(str(file))
    clerk = Clerk("The lease ends in May.")
    work = build(file, tmp_path / "index", embeddings="none", ocr_with=clerk, workers=1, passwords=[SECRET])
    assert outcomes(work) == {"scan.pdf": ("added", None)}
    assert texts(tmp_path / "index") == {"scan.pdf": ["The lease ends in May."]}


def test_a_locked_file_inside_of_an_archive_is_read(folder: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "papers.zip", "w") as archive:
        archive.write(folder / "lease.pdf", "lease.pdf")
    index = tmp_path / "index"
    assert outcomes(build(tmp_path / "papers.zip", index, embeddings="none", workers=1))["papers.zip > lease.pdf"] == (
        "failed",
        LOCKED,
    )
    outcomes(build(tmp_path / "papers.zip", index, embeddings="none", workers=1, passwords=[SECRET]))
    assert texts(index)["papers.zip > lease.pdf"] == ["The rent is 1200 euros a month."]


def test_a_plan_counts_what_passwords_open(folder: Path) -> None:
    assert estimate(folder, embeddings="none", ocr="never", workers=1).pages == 1
    assert estimate(folder, embeddings="none", ocr="never", workers=1, passwords=[SECRET, OTHER]).pages == 3


def test_a_terminal_is_asked_until_nothing_is_given(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = iter([SECRET, "wrong", ""])
    monkeypatch.setattr("ingest._commands.passwords.can_ask", lambda: True)
    monkeypatch.setattr("getpass.getpass", lambda _: next(typed))
    assert main(["build", str(folder), "--index", str(tmp_path / "index"), "--embeddings", "none"]) == 1
    said = capsys.readouterr()
    assert "2 files locked by a password: lease.pdf, salary.pdf" in said.err
    assert "1 file locked by a password: salary.pdf" in said.err
    assert SECRET not in said.out + said.err
    assert list(texts(tmp_path / "index")["lease.pdf"]) == ["The rent is 1200 euros a month."]
    assert next(typed, None) is None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "the file of passwords can't be read: No such file or directory"),
        (b"\n\r\n", "the file of passwords is empty"),
        (b"caf\xe9\n", "the file of passwords is not UTF-8"),
        (b"x\n" * 70_000, "the file of passwords has more than 100 lines or 64 KiB"),
        (b"\n".join(b"%d" % number for number in range(101)), "has more than 100 lines or 64 KiB"),
    ],
)
def test_a_file_that_holds_no_passwords_is_refused(
    content: bytes | None, said: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secrets = tmp_path / "secrets"
    if content is not None:
        secrets.write_bytes(content)
    command = ["build", str(folder), "--index", str(tmp_path / "index"), "--password-file", str(secrets)]
    assert main(command) == 2
    assert said in capsys.readouterr().err


def test_passwords_are_a_collection(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="collections of texts"):
        build(folder, tmp_path / "index", passwords=SECRET)
