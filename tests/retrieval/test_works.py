"""Copies of one content, and versions of one work."""

from mistral_rag.retrieval import exact_copies, versions
from mistral_rag.schema import Source


def source(name: str, digest: str = "0", status: str = "") -> Source:
    metadata = {"status": status} if status else {}
    return Source(
        uri=f"file:///{name}",
        digest=(digest * 64)[:64],
        name=name,
        title=name,
        media_type="text/plain",
        metadata=metadata,
    )


def test_files_of_one_content_are_copies() -> None:
    found = exact_copies([source("b.md", "1"), source("a.md", "1"), source("c.md", "2")])
    assert [[one.name for one in group] for group in found] == [["a.md", "b.md"]]


def test_versions_of_one_work_are_ranked_and_the_newest_in_force_is_told() -> None:
    documents = [
        source("hr/Handbook 2022.md"),
        source("hr/Handbook 2024 final.md"),
        source("hr/Handbook 2025.md", status="withdrawn"),
        source("it/Handbook 2025.md"),
        source("policy v1.2.pdf"),
        source("policy v1.10.pdf"),
        source("notes.md"),
    ]
    found = [[(v.source.name, v.edition, v.newest, v.superseded) for v in work] for work in versions(documents)]
    assert found == [
        [("policy v1.10.pdf", (1, 10), True, False), ("policy v1.2.pdf", (1, 2), False, False)],
        [
            ("hr/Handbook 2025.md", (2025,), False, True),
            ("hr/Handbook 2024 final.md", (2024,), True, False),
            ("hr/Handbook 2022.md", (2022,), False, False),
        ],
    ]
