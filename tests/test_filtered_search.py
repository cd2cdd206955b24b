"""A filter holds before the search, whatever it leaves: `FaissStore`, `HybridRetriever` and `mistral-rag search`."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from langchain_core.embeddings import Embeddings

from mistral_rag import FaissStore, HybridRetriever
from mistral_rag.cli import _program as program

TEXTS = 2_000
START = datetime(2024, 1, 1, tzinfo=UTC)
Metadata = dict[str, Any]
Passes = Callable[[Metadata], bool]


class Points(Embeddings):
    """Text "n" is a point on a circle: the neighbours of n are n - 1 and n + 1."""

    model = "points"

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        angle = int(text.split()[-1]) / TEXTS * np.pi
        return [float(np.cos(angle)), float(np.sin(angle))]


def metadata_of(number: int) -> Metadata:
    found: Metadata = {
        "n": number,
        "share": number / TEXTS,
        "team": f"team-{number % 7}",
        "code": f"{'AB'[number % 2]}-{number:04}",
        "day": (START + timedelta(days=number)).date(),
        "at": START + timedelta(hours=number),
        "tags": [f"t{number % 3}", f"t{number % 5}"],
        "deep": {"er": number % 4},
        "open": number % 2 == 0,
    }
    return found if number % 10 else {**found, "note": None}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("filtered") / "index"
    numbers = range(TEXTS)
    store = FaissStore(Points(), folder)
    store.add_texts([f"text {n}" for n in numbers], [metadata_of(n) for n in numbers], ids=[str(n) for n in numbers])
    store.close()
    return folder


CASES: list[tuple[Metadata, Passes]] = [
    ({"n": 1_234}, lambda m: m["n"] == 1_234),
    ({"n": {"$in": [5, 1_995, 7_000]}}, lambda m: m["n"] in {5, 1_995}),
    ({"n": {"$gte": 400, "$lt": 420}}, lambda m: 400 <= m["n"] < 420),
    ({"share": {"$gt": 0.5}}, lambda m: m["share"] > 0.5),
    ({"team": {"$ne": "team-3"}}, lambda m: m["team"] != "team-3"),
    ({"team": {"$nin": ["team-1", "team-2"]}}, lambda m: m["team"] not in {"team-1", "team-2"}),
    ({"code": {"$prefix": "A-19"}}, lambda m: m["code"].startswith("A-19")),
    ({"code": {"$gte": "B-1", "$lt": "B-11"}}, lambda m: "B-1" <= m["code"] < "B-11"),
    ({"day": date(2025, 3, 1)}, lambda m: m["day"] == date(2025, 3, 1)),
    ({"day": {"$gte": "2026-01-01", "$lte": date(2026, 1, 31)}}, lambda m: str(m["day"])[:7] == "2026-01"),
    ({"at": {"$lt": START + timedelta(hours=3)}}, lambda m: m["n"] < 3),
    ({"tags": "t4"}, lambda m: "t4" in m["tags"]),
    ({"deep.er": 2, "open": True}, lambda m: m["deep"]["er"] == 2 and m["open"]),
    ({"note": {"$exists": True}}, lambda m: "note" in m),
    ({"note": {"$exists": False}, "n": {"$lt": 50}}, lambda m: "note" not in m and m["n"] < 50),
    (
        {"$or": [{"n": {"$lt": 3}}, {"$and": [{"team": "team-6"}, {"open": False}]}]},
        lambda m: m["n"] < 3 or (m["team"] == "team-6" and not m["open"]),
    ),
    ({"$not": {"$or": [{"open": True}, {"n": {"$gt": 11}}]}}, lambda m: not m["open"] and m["n"] <= 11),
    ({"n": -1}, lambda m: False),
    ({}, lambda m: True),
]


def shown(case: Any) -> str | None:
    """A filter as JSON; a function's name would be its address, another one in each process."""
    return None if callable(case) else json.dumps(case, default=str)[:40]


@pytest.mark.parametrize(("wanted", "passes"), CASES, ids=shown)
@pytest.mark.parametrize("asked", [3, 1_000, 1_999])
def test_the_nearest_that_pass_are_found_exactly(folder: Path, wanted: Metadata, passes: Passes, asked: int) -> None:
    query = np.array(Points().embed_query(f"text {asked}"))
    left = [n for n in range(TEXTS) if passes(metadata_of(n))]
    nearest = sorted(left, key=lambda n: -float(query @ Points().embed_query(f"text {n}")))[:10]
    found = FaissStore(Points(), folder).similarity_search_with_score(f"text {asked}", k=10, filter=wanted)
    assert len(found) == len(nearest)
    # as 16-bit floats some neighbours are equally near
    expected = [float(query @ Points().embed_query(f"text {n}")) for n in nearest]
    assert [score for _, score in found] == pytest.approx(expected, abs=1e-3)
    assert all(passes(metadata_of(int(str(document.id)))) for document, _ in found)


@pytest.mark.parametrize(("wanted", "passes"), CASES, ids=shown)
def test_words_and_vectors_keep_to_the_filter(folder: Path, wanted: Metadata, passes: Passes) -> None:
    retriever = HybridRetriever.from_index(folder, embeddings=Points(), filter=wanted, k=TEXTS)
    found = retriever.explain("text 1000")
    left = {str(n) for n in range(TEXTS) if passes(metadata_of(n))}
    assert {hit.chunk.id for hit in found.hits} == left
    assert (found.searched, found.readable) == (len(left), TEXTS)


def test_the_command_line_keeps_to_the_filter(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in (("a.md", "Leave is granted."), ("b.md", "Leave lapses."), ("c.txt", "No leave at all.")):
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    program.ingest(["build", ".", "--index", "index", "--embeddings", "none"])
    for wanted, names in (
        ({"source": {"$prefix": "a"}}, ["a.md"]),
        ({"$or": [{"source": "b.md"}, {"source": "c.txt"}]}, ["b.md", "c.txt"]),
        ({"page_number": {"$gt": 1}}, []),
    ):
        capsys.readouterr()
        command = ["search", "leave", "--index", "index", "--json", "--explain", "--filter", json.dumps(wanted)]
        assert program.main(command) == 0
        shown = json.loads(capsys.readouterr().out)
        assert sorted(result["metadata"]["source"] for result in shown["results"]) == names
        assert shown["explanation"]["filter"] == wanted
        assert shown["explanation"]["searched"] == len(names)


@pytest.mark.parametrize("wanted", ["{", "[1]", '{"$what": 1}', '{"n": {"$gt": [1]}}'])
def test_what_is_no_filter_is_said_to_be_none(folder: Path, wanted: str, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        code: object = program.main(["search", "leave", "--index", str(folder), "--filter", wanted])
    except SystemExit as ended:
        code = ended.code
    assert code == 2
    assert capsys.readouterr().err
