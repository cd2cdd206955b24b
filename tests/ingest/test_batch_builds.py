"""Vectors by batch jobs: at half the price, ordered once, taken up by the next build."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ingest import BuildReport, build, estimate
from ingest.__main__ import main
from mistral_rag.index import UnrestrictedReader, verify
from mistral_rag.testing import FakeMistral

NOTES = {f"note-{number}.txt": f"Shelf {number} holds {number} boxes of paper." for number in range(5)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    for name, text in NOTES.items():
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeMistral]:
    monkeypatch.setattr("ingest._vectors.embedding.FIRST_POLL", 0.0)
    with FakeMistral() as fake:
        monkeypatch.setenv("MISTRAL_API_KEY", fake.key)
        monkeypatch.setenv("MISTRAL_BASE_URL", fake.base_url)
        yield fake


def built(folder: Path, index: Path, **settings: Any) -> BuildReport:
    settings.setdefault("batch", True)
    work = build(folder, index, workers=1, **settings)
    list(work)
    return work.report


def calls(fake: FakeMistral, method: str, path: str) -> int:
    return sum(one.method == method and one.path.endswith(path) for one in fake.requests)


def pending(index: Path) -> int:
    with UnrestrictedReader.open(index) as reader, reader.view() as view:
        return len(view.pending())


def test_passages_are_embedded_by_one_job_for_half_the_price(
    folder: Path, index: Path, platform: FakeMistral, tmp_path: Path
) -> None:
    report = built(folder, index)
    assert (report.embedded, report.pending, report.warnings) == (5, 0, [])
    assert calls(platform, "POST", "/batch/jobs") == 1
    at_once = built(folder, tmp_path / "other", batch=False)
    assert calls(platform, "POST", "/batch/jobs") == 1
    assert report.tokens == at_once.tokens > 0
    assert at_once.cost is not None
    assert report.cost == pytest.approx(at_once.cost / 2, abs=1e-6)
    assert verify(index) == []
    assert not (index / "batches").exists()


def test_vectors_are_those_of_single_calls(folder: Path, index: Path, platform: FakeMistral, tmp_path: Path) -> None:
    built(folder, index)
    built(folder, tmp_path / "other", batch=False)
    found = []
    for place in (index, tmp_path / "other"):
        with UnrestrictedReader.open(place) as reader, reader.view() as view:
            found.append([part.tolist() for part in view.vectors()])
    assert found[0] == found[1]


def stop_after_order(folder: Path, index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A build that ends while it waits for its jobs."""

    def sleep(_: float) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("mistral_rag.batch._runner.time.sleep", sleep)
        with pytest.raises(KeyboardInterrupt):
            built(folder, index)


def test_a_build_that_was_stopped_takes_up_its_job(
    folder: Path, index: Path, platform: FakeMistral, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop_after_order(folder, index, monkeypatch)
    assert (calls(platform, "POST", "/batch/jobs"), pending(index)) == (1, 5)
    assert verify(index) == []
    assert built(folder, index).embedded == 5
    assert (calls(platform, "POST", "/batch/jobs"), pending(index)) == (1, 0)


def test_documents_that_come_later_are_another_order(
    folder: Path, index: Path, platform: FakeMistral, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop_after_order(folder, index, monkeypatch)
    (folder / "a-late-one.txt").write_text("The tower is 90 metres high.")
    report = built(folder, index)
    assert (report.embedded, pending(index)) == (6, 0)
    ordered = [
        len(row["body"]["input"])
        for one in platform.requests
        if one.path.endswith("/batch/jobs") and one.method == "POST"
        for row in one.json["requests"]
    ]
    assert ordered == [5, 1]


def test_a_build_at_once_says_that_a_batch_is_under_way(
    folder: Path, index: Path, platform: FakeMistral, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop_after_order(folder, index, monkeypatch)
    report = built(folder, index, batch=False)
    assert report.warnings == ["a batch of vectors was ordered before; --batch takes what it has made"]


def test_a_text_that_the_platform_refuses_costs_no_other(
    folder: Path, index: Path, platform: FakeMistral, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop_after_order(folder, index, monkeypatch)
    [record] = (index / "batches").glob("*.json")
    job = json.loads(record.read_text())["parts"][0]["job_id"]
    from mistral_rag import MistralClient

    MistralClient().batch.cancel(job)
    from mistral_rag.errors import ApiError

    with pytest.raises(ApiError):
        built(folder, index)
    assert pending(index) == 5
    assert built(folder, index).embedded == 5
    assert calls(platform, "POST", "/batch/jobs") == 2


def test_a_plan_shows_the_price(folder: Path, platform: FakeMistral) -> None:
    whole, half = estimate(folder, workers=1), estimate(folder, workers=1, batch=True)
    assert whole.tokens == half.tokens
    assert whole.cost is not None
    assert half.cost == pytest.approx(whole.cost / 2, abs=1e-6)


def test_the_price_limit_counts_half_prices(folder: Path, index: Path, platform: FakeMistral) -> None:
    cost = estimate(folder, workers=1, batch=True).cost
    assert cost is not None
    assert built(folder, index, max_cost=cost + 1e-6).pending == 0


def test_a_model_without_batches_is_asked_at_once(folder: Path, index: Path) -> None:
    from langchain_core.embeddings import DeterministicFakeEmbedding

    class Vectors(DeterministicFakeEmbedding):
        model: str = "by-chance"

    report = built(folder, index, embeddings=Vectors(size=8))
    assert (report.embedded, report.warnings) == (5, ["by-chance can't be asked by batch jobs, and is asked at once"])


def test_no_text_is_left_beside_the_index_after_a_purge(
    folder: Path, index: Path, platform: FakeMistral, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop_after_order(folder, index, monkeypatch)
    (index / "batches" / "left-0.jsonl").write_text("Shelf 1 holds 1 boxes of paper.")
    assert main(["purge", "note-1.txt", "--yes", "--index", str(index)]) == 0
    assert [file.suffix for file in (index / "batches").iterdir()] == [".json"]
    kept = b"".join(file.read_bytes() for file in index.rglob("*") if file.is_file())
    assert b"Shelf 1 holds" not in kept


def test_the_command_has_it(
    folder: Path, index: Path, platform: FakeMistral, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", str(folder), "--batch"]) == 0
    assert "5 files to read" in capsys.readouterr().out
    assert main(["build", str(folder), "--index", str(index), "--batch", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["embedded"] == 5
