"""Progress in words: what is counted, how much time is left, and names cut before counts."""

import pytest

from ingest import FileReport, PageRead, Progress, VectorsAdded
from ingest._commands.progress import BuildPace, fitted

FILE = FileReport("a.pdf", "added")


def reading(done: int, read_bytes: int, pages: int = 0, pending: int = 0) -> Progress:
    return Progress(FILE, done, 10, 5, pages=pages, pending=pending, read_bytes=read_bytes, total_bytes=1000)


def embedding(vectors: int, pending: int) -> Progress:
    event = VectorsAdded(vectors)
    return Progress(event, 10, 10, 5, vectors=vectors, pending=pending, read_bytes=1000, total_bytes=1000)


def test_the_time_left_is_known_from_the_first_file_on() -> None:
    pace = BuildPace(100.0)
    assert pace.describe(reading(1, 100, pages=20), 102.0) == "1/10 files, 20 pages, 10 pages/s, 0:18 left"
    assert pace.describe(reading(5, 500, pages=90), 190.0) == "5/10 files, 90 pages, 1 pages/s, 1:30 left"


def test_before_anything_is_read_no_time_is_made_up() -> None:
    assert BuildPace(0.0).describe(reading(0, 0), 5.0) == "0/10 files, 0 pages"


def test_while_words_come_in_vectors_are_announced_and_not_reckoned() -> None:
    said = BuildPace(0.0).describe(reading(5, 500, pages=50, pending=70), 10.0)
    assert said == "5/10 files, 50 pages, 5 pages/s, 0:10 left, then vectors"


def scanning(scanned: int, scans: int, read_bytes: int = 600, pending: int = 0) -> Progress:
    return Progress(
        FILE,
        6,
        10,
        5,
        pages=50,
        pending=pending,
        read_bytes=read_bytes,
        total_bytes=1000,
        scanned=scanned,
        scans=scans,
        scan_bytes=400,
    )


def test_scans_that_wait_are_announced_and_not_reckoned() -> None:
    pace = BuildPace(0.0)
    assert pace.describe(scanning(0, 64, 300), 10.0) == (
        "6/10 files, 50 pages, 5 pages/s, 0:10 left, then 64 pages by OCR"
    )
    assert pace.describe(scanning(0, 1, 300, pending=9), 10.0) == (
        "6/10 files, 50 pages, 5 pages/s, 0:10 left, then 1 page by OCR, then vectors"
    )


def test_scans_have_a_pace_of_their_own() -> None:
    pace = BuildPace(0.0)
    pace.describe(scanning(0, 64, 300), 10.0)
    assert pace.describe(scanning(0, 64), 20.0) == "6/10 files, 0 of 64 pages by OCR"
    assert pace.describe(scanning(4, 60), 40.0) == "6/10 files, 4 of 64 pages by OCR, 5:00 left"
    assert (
        pace.describe(scanning(8, 56, pending=9), 60.0) == "6/10 files, 8 of 64 pages by OCR, 4:40 left, then vectors"
    )


def test_vectors_have_a_pace_of_their_own() -> None:
    pace = BuildPace(0.0)
    pace.describe(reading(10, 900), 100.0)
    assert pace.describe(embedding(100, 900), 120.0) == "vectors for 10 %"
    assert pace.describe(embedding(150, 850), 130.0) == "vectors for 15 %, 5 a second, 2:50 left"
    assert pace.describe(embedding(151, 999_849), 130.2) == "vectors for 0 %, 5 a second, 55:32:50 left"
    assert pace.describe(embedding(1000, 0), 300.0) == "vectors for 100 %, 5 a second"


@pytest.mark.parametrize(
    ("name", "width", "expected"),
    [
        ("short.pdf", 40, "1/10 files, 20 pages  short.pdf"),
        ("a very long name of a report of 2023.pdf", 40, "1/10 files, 20 pages  a very long name …"),
        ("a very long name of a report of 2023.pdf", 30, "1/10 files, 20 pages"),
        ("a very long name of a report of 2023.pdf", 10, "1/10 files"),
    ],
)
def test_names_are_cut_before_counts(name: str, width: int, expected: str) -> None:
    assert fitted("1/10 files, 20 pages", name, width) == expected
    assert len(expected) <= width


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (67, "641/969 files, 1722 pages, 13 pages/s, 5:03 left"),
        (84, "641/969 files, 1722 pages, 13 pages/s, 5:03 left, then 64 pages by OCR, then vectors"),
        (70, "641/969 files, 1722 pages, 13 pages/s, 5:03 left, then 64 pages by OCR"),
        (40, "641/969 files, 1722 pages, 13 pages/s"),
        (8, "641/969 "),
    ],
)
def test_what_does_not_fit_is_left_out_whole(width: int, expected: str) -> None:
    counts = "641/969 files, 1722 pages, 13 pages/s, 5:03 left, then 64 pages by OCR, then vectors"
    assert fitted(counts, "a.pdf", width) == expected


def test_a_page_of_a_scan_moves_nothing_but_the_name() -> None:
    event = PageRead("scan.pdf", 3, 9)
    progress = Progress(event, 1, 10, 5, pages=20, read_bytes=100, total_bytes=1000)
    assert BuildPace(0.0).describe(progress, 2.0) == "1/10 files, 20 pages, 10 pages/s, 0:18 left"
    assert event.remark == "  page 3 of 9 by OCR"
