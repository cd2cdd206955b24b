import pytest

from mistral_rag.retrieval._domains.identity.editions import edition_of


@pytest.mark.parametrize(
    ("name", "work", "edition"),
    [
        ("handbook/Employee-Handbook 2024.md", "handbook/employee handbook", (2024,)),
        ("handbook/employee_handbook_2024-05.md", "handbook/employee handbook", (2024, 5)),
        ("policy 2023-11-02 final.pdf", "./policy", (2023, 11, 2)),
        ("travel_v2.1.docx", "./travel", (2, 1)),
        ("travel rev 3.docx", "./travel", (3,)),
        ("travel.docx", "", ()),
        ("2024.pdf", "", ()),
        ("v2.pdf", "", ()),
        ("model 737 max.pdf", "", ()),
        ("invoice 20240501.pdf", "./invoice", (2024, 5, 1)),
        ("number 1234567.pdf", "", ()),
    ],
)
def test_a_file_name_tells_the_work_and_its_edition(name: str, work: str, edition: tuple[int, ...]) -> None:
    assert edition_of(name) == (work, edition)
