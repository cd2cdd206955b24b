"""Decision records keep one form, and the lists of records and of measurements are complete.

`--refresh-docs` writes the list of records from their titles, statuses and dates.
"""

import re
from pathlib import Path
from typing import NamedTuple

import pytest

CHECKOUT = Path(__file__).parents[1]
ADR = CHECKOUT / "docs/adr"
RECORDS = sorted(ADR.glob("[0-9]*.md"))
MEASUREMENTS = sorted((CHECKOUT / "docs/measurements").glob("[!R]*.md"))

HEAD = re.compile(r"# (\d+)\. (\S.*)\n\nStatus: (\S.*)\nDate: (\d{4}-\d{2}-\d{2})\n\n")
LINK = r"\[(\d+)\]\((\d{4}-[a-z0-9-]+\.md)\)"
STATUS = re.compile(rf"proposed|accepted(?:; amended by {LINK})?|superseded by {LINK}")
LIST_HEAD = "| | decision | status | date |\n|---|---|---|---|\n"


class Head(NamedTuple):
    """The first lines of a record."""

    number: int
    title: str
    status: str
    date: str


def head(text: str) -> Head | None:
    """The head of a record; None when it has another form."""
    found = HEAD.match(text)
    if found is None or STATUS.fullmatch(found[3]) is None:
        return None
    return Head(int(found[1]), found[2], found[3], found[4])


def row(path: Path) -> str:
    """The line of the list for a record."""
    known = head(path.read_text("utf-8"))
    assert known is not None, f"{path.name} does not begin as docs/adr/0001-decision-records.md says"
    return f"| [{known.number}]({path.name}) | {known.title} | {known.status} | {known.date} |\n"


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.name)
def test_a_record_begins_with_its_number_title_status_and_date(path: Path) -> None:
    known = head(path.read_text("utf-8"))
    assert known is not None
    assert path.name.startswith(f"{known.number:04}-")


def test_no_two_records_share_a_number() -> None:
    numbers = [path.name[:4] for path in RECORDS]
    assert sorted(set(numbers)) == numbers


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.name)
def test_a_status_names_a_later_record(path: Path) -> None:
    known = head(path.read_text("utf-8"))
    assert known is not None
    for number, target in re.findall(LINK, known.status):
        assert target.startswith(f"{int(number):04}-")
        assert (ADR / target).exists()
        assert int(number) > known.number


def test_the_list_of_records_is_complete(request: pytest.FixtureRequest) -> None:
    page = ADR / "README.md"
    before, _, _ = page.read_text("utf-8").partition(LIST_HEAD)
    wanted = before + LIST_HEAD + "".join(map(row, RECORDS))
    if request.config.getoption("--refresh-docs"):
        page.write_text(wanted, "utf-8")
    assert page.read_text("utf-8") == wanted


def test_every_measurement_is_listed() -> None:
    page = (ADR.parent / "measurements/README.md").read_text("utf-8")
    listed = re.findall(r"^\| \[[^\]]+\]\(([a-z0-9-]+\.md)\)", page, re.MULTILINE)
    assert sorted(listed) == [path.name for path in MEASUREMENTS]


@pytest.mark.parametrize("path", MEASUREMENTS, ids=lambda path: path.name)
def test_a_measurement_says_when_where_and_how(path: Path) -> None:
    text = path.read_text("utf-8")
    assert re.match(r"# \S.*\n\n- Date: \d{4}-\d{2}-\d{2}\n- Machine: \S.*\n- Commands?: \S.*\n\n", text)
    assert "\n|---" in text


@pytest.mark.parametrize(
    "text",
    [
        "# 7. A title\n\nStatus: accepted\n\n## Context\n",
        "# 7. A title\n\nDate: 2026-11-21\nStatus: accepted\n\n",
        "# A title\n\nStatus: accepted\nDate: 2026-11-21\n\n",
        "# 7. A title\n\nStatus: superseded\nDate: 2026-11-21\n\n",
        "# 7. A title\n\nStatus: accepted\nDate: November 2026\n\n",
    ],
)
def test_a_head_of_another_form_is_noticed(text: str) -> None:
    assert head(text) is None


def test_a_head_is_read() -> None:
    text = "# 7. A title\n\nStatus: superseded by [9](0009-other.md)\nDate: 2026-11-21\n\n## Context\n"
    assert head(text) == Head(7, "A title", "superseded by [9](0009-other.md)", "2026-11-21")
