"""Members follow what is said of their container: rules, patterns, groups, a second store, redo."""

from email.message import EmailMessage
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import fsspec
import pytest
from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_core.vectorstores import InMemoryVectorStore

from ingest import Build, BuildReport, LookSettings, Redo
from mistral_rag.index import UnrestrictedReader
from mistral_rag.schema import Source

LEAVE = "# Leave\n\nThirty days of holiday are granted.\n"
PAY = "# Pay\n\nThe bonus is paid in March.\n"
TRAVEL = "# Travel\n\nTrains are booked by the office.\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "root" / "hr").mkdir(parents=True)
    return tmp_path / "root"


@pytest.fixture
def store() -> InMemoryVectorStore:
    return InMemoryVectorStore(DeterministicFakeEmbedding(size=8))


def pack(path: Path, **texts: str) -> None:
    with ZipFile(path, "w") as archive:
        for name, text in texts.items():
            archive.writestr(f"{name}.md", text)


def built(root: Path, **settings: Any) -> BuildReport:
    build = Build([root], root.parent / "index", embeddings="none", workers=1, ocr="never", prune=True, **settings)
    for _ in build:
        pass
    return build.report


def sources(root: Path) -> dict[str, Source]:
    with UnrestrictedReader.open(root.parent / "index") as reader, reader.view() as view:
        return {source.name: source for source in view.sources()}


def outcomes(report: BuildReport) -> dict[str, str]:
    return {file.source: file.status for file in report.files}


def stored(store: InMemoryVectorStore) -> list[str]:
    return sorted(held["metadata"]["source"] for held in store.store.values())


def test_rules_hold_for_members_by_the_name_of_the_container(root: Path, tmp_path: Path) -> None:
    pack(root / "hr" / "staff.zip", leave=LEAVE)
    rules = tmp_path / "rules.toml"
    rules.write_text('[[rules]]\npath = "hr/**"\nmetadata = { department = "HR", title = "Staff" }\ngroups = ["hr"]\n')
    built(root, look=LookSettings(rules=rules))
    found = {name: (one.title, dict(one.metadata), one.groups) for name, one in sources(root).items()}
    assert found == {
        "hr/staff.zip": ("Staff", {"department": "HR"}, ("hr",)),
        "hr/staff.zip > leave.md": ("Leave", {"department": "HR"}, ("hr",)),
    }
    assert set(outcomes(built(root, look=LookSettings(rules=rules))).values()) == {"unchanged"}


def test_changed_rules_reach_members(root: Path, tmp_path: Path) -> None:
    pack(root / "staff.zip", leave=LEAVE)
    built(root)
    rules = tmp_path / "rules.toml"
    rules.write_text('[[rules]]\npath = "*.zip"\nmetadata = { status = "superseded" }\n')
    both = ("staff.zip", "staff.zip > leave.md")
    assert outcomes(built(root, look=LookSettings(rules=rules))) == dict.fromkeys(both, "changed")
    assert dict(sources(root)["staff.zip > leave.md"].metadata) == {"status": "superseded"}
    rules.write_text('[[rules]]\npath = "*.zip"\ngroups = ["staff"]\n')
    assert outcomes(built(root, look=LookSettings(rules=rules))) == dict.fromkeys(both, "regrouped")
    assert sources(root)["staff.zip > leave.md"].groups == ("staff",)


def test_a_member_that_stays_in_a_changed_container_gets_its_groups(root: Path) -> None:
    pack(root / "staff.zip", leave=LEAVE)
    built(root, groups=["*"])
    pack(root / "staff.zip", leave=LEAVE, pay=PAY)
    assert outcomes(built(root, groups=["hr"])) == {
        "staff.zip": "changed",
        "staff.zip > leave.md": "regrouped",
        "staff.zip > pay.md": "added",
    }
    assert {one.groups for one in sources(root).values()} == {("hr",)}


def test_members_of_a_container_that_is_not_selected_stay(root: Path) -> None:
    pack(root / "staff.zip", leave=LEAVE)
    (root / "travel.md").write_text(TRAVEL)
    built(root)
    assert outcomes(built(root, look=LookSettings(include=["*.md"]))) == {"travel.md": "unchanged"}
    assert sorted(sources(root)) == ["staff.zip", "staff.zip > leave.md", "travel.md"]
    assert outcomes(built(root, look=LookSettings(exclude=["*.md"]))) == {
        "staff.zip": "unchanged",
        "staff.zip > leave.md": "unchanged",
    }


def test_a_second_store_follows_members(root: Path, store: InMemoryVectorStore) -> None:
    archive = root / "staff.zip"
    pack(archive, leave=LEAVE, pay=PAY)
    built(root, sink=store)
    assert stored(store) == ["staff.zip > leave.md", "staff.zip > pay.md"]
    pack(archive, leave=LEAVE)
    built(root, sink=store)
    assert stored(store) == ["staff.zip > leave.md"]
    archive.rename(root / "hr" / "staff.zip")
    assert outcomes(built(root, sink=store)) == {"hr/staff.zip": "moved"}
    assert stored(store) == ["hr/staff.zip > leave.md"]
    (root / "hr" / "staff.zip").write_bytes(b"PK\x03\x04 not one any more")
    built(root, sink=store)
    assert stored(store) == []


def test_a_second_store_loses_the_members_of_a_container_that_is_gone(root: Path, store: InMemoryVectorStore) -> None:
    pack(root / "staff.zip", leave=LEAVE)
    (root / "travel.md").write_text(TRAVEL)
    built(root, sink=store)
    (root / "staff.zip").unlink()
    built(root, sink=store)
    assert stored(store) == ["travel.md"]


def test_redo_of_a_member_reads_it_alone(root: Path) -> None:
    pack(root / "staff.zip", leave=LEAVE, pay=PAY)
    built(root)
    redo = Redo(frozenset({sources(root)["staff.zip > pay.md"].uri}))
    assert outcomes(built(root, redo=redo)) == {
        "staff.zip": "changed",
        "staff.zip > leave.md": "unchanged",
        "staff.zip > pay.md": "changed",
    }


def test_an_answer_loses_what_it_repeats_in_a_second_store_too(root: Path, store: InMemoryVectorStore) -> None:
    first, answer = EmailMessage(), EmailMessage()
    first["From"], first["Message-ID"], first["Subject"] = "anna@example.org", "<1@example.org>", "Hours"
    answer["From"], answer["Message-ID"], answer["Subject"] = "ben@example.org", "<2@example.org>", "Re: Hours"
    answer["In-Reply-To"] = "<1@example.org>"
    first.set_content("We open at nine.\n")
    answer.set_content("Agreed.\n\nOn Fri, Nov 1, 2024 at 9:12 AM Anna <anna@example.org> wrote:\n> We open at nine.\n")
    (root / "answer.eml").write_bytes(answer.as_bytes())
    built(root, sink=store)
    assert stored(store) == ["answer.eml", "answer.eml"]
    (root / "first.eml").write_bytes(first.as_bytes())
    built(root, sink=store)
    assert stored(store) == ["answer.eml", "first.eml"]


def test_members_of_an_archive_in_a_store_whose_name_has_a_hash(root: Path) -> None:
    files = fsspec.filesystem("memory")
    pack(root / "staff.zip", leave=LEAVE)
    files.pipe("/archives/no #1.zip", (root / "staff.zip").read_bytes())
    try:
        for expected in ("added", "unchanged"):
            build = Build("memory://archives", root.parent / "index", embeddings="none", workers=1)
            for _ in build:
                pass
            both = ("no #1.zip", "no #1.zip > leave.md")
            assert outcomes(build.report) == dict.fromkeys(both, expected)
    finally:
        files.rm("/archives", recursive=True)
    assert sources(root)["no #1.zip > leave.md"].uri == "memory://archives/no %231.zip#leave.md"
