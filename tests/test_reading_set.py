"""The labelled set of `python -m benchmarks.reading` is whole: what its truth says stands on its pages."""

import html
import json
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

CHECKOUT = Path(__file__).parents[1]
SET = CHECKOUT / "benchmarks" / "reading_set"
NAMES = sorted(path.stem for path in SET.glob("*.json"))
TRUTHS: dict[str, Any] = {name: json.loads((SET / f"{name}.json").read_text("utf-8")) for name in NAMES}
OWN = [name for name in NAMES if not TRUTHS[name].get("shared")]


@cache
def page_letters(name: str) -> list[Counter[str]]:
    """Letters and digits of each page, form fields included: scripts differ in order, so order is left out."""
    if TRUTHS[name]["file"].endswith(".html"):
        markup = (SET / TRUTHS[name]["file"]).read_text("utf-8")
        return [letters(html.unescape(re.sub("<[^>]*>", "", markup)))]
    with pypdfium2.PdfDocument(SET / TRUTHS[name]["file"]) as pdf:
        if TRUTHS[name]["kind"] == "forms":
            pdf.init_forms()
            for page in pdf:
                page.flatten()
                page.close()
        return [letters(page.get_textpage().get_text_range()) for page in pdf]


def letters(text: str) -> Counter[str]:
    return Counter(re.sub(r"[\W_]", "", text.casefold()))


def pages(name: str) -> list[Any]:
    found: list[Any] = TRUTHS[name]["pages"]
    return found


def test_there_are_at_least_eighty_pages_of_known_truth() -> None:
    assert sum(len(pages(name)) for name in OWN) >= 80


def test_kinds_are_those_of_the_benchmark() -> None:
    assert {TRUTHS[name]["kind"] for name in OWN} >= {
        "characters", "columns", "figures", "forms", "hidden", "line-numbers", "notes", "running", "scripts", "tables",
    }  # fmt: skip


def test_the_files_are_small() -> None:
    assert sum(path.stat().st_size for path in SET.rglob("*.pdf")) < 2_500_000


@pytest.mark.parametrize("name", OWN)
def test_the_text_of_each_region_is_on_its_page(name: str) -> None:
    for page in pages(name):
        drawn = page_letters(name)[page["number"] - 1]
        wanted = letters(" ".join(region["text"] for region in page["regions"]))
        missing = wanted - drawn
        # fonts show some letters of Arabic and Thai by shapes of another code
        assert missing.total() <= wanted.total() * (0.12 if TRUTHS[name]["kind"] == "scripts" else 0.005)


@pytest.mark.parametrize("name", OWN)
def test_cells_stand_apart_and_their_words_in_their_region(name: str) -> None:
    for page in pages(name):
        for table in page.get("tables", ()):
            region = letters(page["regions"][table.get("region", 0)]["text"])
            places = [
                (cell.get("row", 0) + down, cell.get("column", 0) + right)
                for cell in table["cells"]
                for down in range(cell.get("row_span", 1))
                for right in range(cell.get("column_span", 1))
            ]
            assert len(places) == len(set(places))
            assert letters(" ".join(cell["text"] for cell in table["cells"])) == region


@pytest.mark.parametrize("name", [name for name in OWN if TRUTHS[name]["kind"] == "hidden"])
def test_hidden_strings_are_in_the_file_and_in_no_region(name: str) -> None:
    for page in pages(name):
        seen = " ".join(region["text"] for region in page["regions"])
        assert page["hidden"]
        assert not [secret for secret in page["hidden"] if secret in seen]
