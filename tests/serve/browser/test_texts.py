"""The page's files: the texts in three languages, libraries as they were pinned, and no more code than was agreed."""

import hashlib
import json
import re
from pathlib import Path

import ingest
import mistral_rag

PAGE = Path(mistral_rag.__file__).parent / "serve" / "page"
MODULES = sorted(PAGE.glob("*.js"))
USED = re.compile(r"""\bt\("([a-z_]+)"|\btool\("([a-z_]+)"|\bt\(\w+ \? "([a-z_]+)" : "([a-z_]+)\"""")


def texts() -> dict[str, dict[str, str]]:
    read: dict[str, dict[str, str]] = json.loads((PAGE / "texts.json").read_text("utf-8"))
    return read


def test_each_text_is_there_in_three_languages_with_the_same_values() -> None:
    for name, forms in texts().items():
        assert list(forms) == ["en", "de", "fr"], name
        assert all(text.strip() for text in forms.values()), name
        assert len({tuple(sorted(set(re.findall(r"\{\w+\}", text)))) for text in forms.values()}) == 1, name
        assert len({text.count("|") for text in forms.values()}) == 1, name


def test_each_text_that_is_asked_for_is_in_the_catalogue() -> None:
    used = {name for module in MODULES for found in USED.findall(module.read_text("utf-8")) for name in found if name}
    assert len(used) > 80
    assert used <= texts().keys()


def test_each_sentence_of_the_server_that_is_translated_is_one_that_it_says() -> None:
    """The English sentences are the keys: one that was reworded in the code would stay English on the page."""
    folders = [Path(folder) for package in (mistral_rag, ingest) for folder in package.__path__]
    code = "".join(file.read_text("utf-8") for folder in folders for file in folder.rglob("*.py"))
    said = re.sub(r'"\s*\n\s*f?"', "", code).replace('\\"', '"').replace(r"\u201c", "“").replace(r"\u201d", "”")
    for name, forms in texts().items():
        if name.startswith("said_") and name not in MADE_OF_WORDS:
            for piece in re.split(r"\{\w+\}", forms["en"]):
                assert piece.strip(" ;,.") in said, name


MADE_OF_WORDS = {f"said_{kind}" for kind in ("a_value", "an_amount", "a_date", "a_percentage", "a_span", "a_time")} | {
    "said_a_number",
    "said_in_nothing_many",
}
"""Sentences that the code puts together: an article and the name of a kind, a verb in the plural."""


def test_the_page_is_at_most_eight_modules_of_1500_lines() -> None:
    lines = [line for module in MODULES for line in module.read_text("utf-8").splitlines()]
    assert len(MODULES) <= 8
    assert len([line for line in lines if line.strip()]) <= 1500
    assert max(map(len, lines)) <= 120


def test_nothing_is_loaded_from_elsewhere() -> None:
    for file in [*MODULES, PAGE / "index.html", PAGE / "style.css"]:
        addresses = set(re.findall(r"https?://[^\s\"')]+", file.read_text("utf-8")))
        assert addresses <= {"http://www.w3.org/2000/svg"}, file.name


def test_the_libraries_are_those_that_were_pinned() -> None:
    vendor = PAGE / "vendor"
    pinned = dict(line.split("  ")[::-1] for line in (vendor / "SHA256SUMS").read_text().splitlines())
    assert pinned == {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in vendor.iterdir()
        if file.name not in {"SHA256SUMS", "vendor.json"}
    }
    for package in json.loads((vendor / "vendor.json").read_text()).values():
        assert any(name.endswith(".LICENSE") for name in package["files"])


def test_no_text_of_others_becomes_markup() -> None:
    for module in MODULES:
        found = re.findall(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|srcdoc|\beval\b", module.read_text()
        )
        assert found == [], module.name
