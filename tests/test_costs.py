"""`mistral-rag models` and `mistral-rag costs`, and the ledger of an index."""

import json
from pathlib import Path
from typing import Any

import pytest

from mistral_rag.cli import main
from mistral_rag.testing import FakeMistral, Reply, small_index
from mistral_rag.usage import index_ledger

LINES = [
    {"time": "2026-11-28T10:00:00+00:00", "kind": "chat", "model": "a", "asked": "a", "host": "h", "seconds": 1.0,
     "input_tokens": 1000, "cached_tokens": 100, "output_tokens": 10, "cost": 0.5, "labels": {"document": "x.pdf"}},
    {"time": "2026-11-29T10:00:00+00:00", "kind": "chat", "model": "a", "asked": "a", "host": "h", "seconds": 3.0,
     "error": "RateLimitError", "status": 429, "cost": 0.0},
    {"time": "2026-11-29T11:00:00+00:00", "kind": "ocr", "model": "b<&>", "asked": "b", "host": "h", "seconds": 2.0,
     "pages": 7, "cost": 0.25, "labels": {"document": "y.pdf"}},
    {"time": "2026-11-29T12:00:00+00:00", "kind": "ocr", "model": "b<&>", "asked": "b", "host": "h", "seconds": 4.0},
]  # fmt: skip


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    path = tmp_path / "calls.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in LINES))
    return path


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    assert main(arguments) == code
    return capsys.readouterr().out


def test_costs_by_day(ledger: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "costs", "--ledger", str(ledger)).splitlines() == [
        "2026-11-28: $0.5000, 1 calls, 1,000 (100 cached) tokens in, 10 out, half within 1.00 s, 90% within 1.00 s",
        "2026-11-29: $0.2500, 3 calls, 7 pages, 33.3% failed, half within 2.00 s, 90% within 4.00 s",
        "total: $0.7500, 4 calls, 1,000 (100 cached) tokens in, 10 out, 7 pages, 25.0% failed, half within 2.00 s, "
        "90% within 4.00 s",
    ]


@pytest.mark.parametrize(
    ("by", "rows"),
    [
        ("model", [("a", 2, 0.5), ("b<&>", 2, 0.25)]),
        ("kind", [("chat", 2, 0.5), ("ocr", 2, 0.25)]),
        ("document", [("x.pdf", 1, 0.5), ("y.pdf", 1, 0.25), ("-", 2, 0.0)]),
    ],
)
def test_costs_as_json(
    ledger: Path, capsys: pytest.CaptureFixture[str], by: str, rows: list[tuple[str, int, float]]
) -> None:
    report = json.loads(said(capsys, "costs", "--ledger", str(ledger), "--by", by, "--json"))
    assert [(row["name"], row["calls"], row["cost"]) for row in report["rows"]] == rows
    assert {name: report["total"][name] for name in ("failed", "error_rate", "unpriced", "p50", "p99")} == {
        "failed": 1,
        "error_rate": 0.25,
        "unpriced": 1,
        "p50": 2.0,
        "p99": 4.0,
    }


def test_costs_since_a_day_and_as_bars(ledger: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    bars = said(capsys, "costs", "--ledger", str(ledger), "--by", "model", "--since", "2026-11-29", "--plot")
    assert bars.splitlines()[0] == f"b<&> {'#' * 40} $0.2500"
    picture = tmp_path / "costs.svg"
    said(capsys, "costs", "--ledger", str(ledger), "--by", "model", "--plot", str(picture))
    drawn = picture.read_text()
    assert drawn.count("<rect") == 3
    assert "b&lt;&amp;&gt;" in drawn


def test_costs_of_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["costs", "--ledger", str(tmp_path / "none")]) == 2
    assert main(["costs"]) == 2
    with pytest.raises(SystemExit):
        main(["costs", "--since", "yesterday"])
    assert "is no date" in capsys.readouterr().err


def test_models_are_printed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert said(capsys, "models", "mistral-large-4", "mistral-ocr-latest", "glm-5-2").splitlines() == [
        "mistral-large-4-0: chat, preview; 1M tokens; effort low/medium/high (sources disagree); reasoning tools "
        "vision; $0.7/$0.07/$2.1 a million tokens",
        "    also mistral-large-4",
        "mistral-ocr-4-1: ocr; $0.004 a page, $0.005 an annotated page",
        "    also mistral-ocr-4, mistral-ocr-latest",
        "zai-glm-5-2: chat, retired; reasoning tools; retired 2026-10-31; now zai-glm-5-3",
        "    also glm-5-2",
        "3 models, facts and prices (US dollars) of 2026-11-30",
    ]
    entries = json.loads(said(capsys, "models", "--all", "--json"))["models"]
    assert len(entries) == 63
    assert main(["models", "nobody"]) == 2


def test_models_of_the_platform_are_compared(
    fake: FakeMistral, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MISTRAL_API_KEY", fake.key)
    monkeypatch.setenv("MISTRAL_BASE_URL", fake.base_url)
    report = json.loads(said(capsys, "models", "--live", "--json", code=1))
    assert {"model": "codestral-2508", "fact": "context", "ours": 131_072, "theirs": 256_000} in report["differences"]
    assert {"model": "devstral-2512", "fact": "state", "ours": "retired", "theirs": "served"} in report["differences"]
    assert [request.path for request in fake.requests] == ["/v1/models"]


def test_a_question_is_noted_in_the_ledger_of_its_index(
    fake: FakeMistral, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MISTRAL_API_KEY", fake.key)
    monkeypatch.setenv("MISTRAL_BASE_URL", fake.base_url)
    folder = tmp_path / "index"
    small_index(folder, {"a.txt": ["The pump is inspected in May."]})
    fake.script(Reply("I don't know.", usage={"prompt_tokens": 1_000, "completion_tokens": 10}))
    answer: Any = json.loads(
        said(capsys, "ask", "When is the pump inspected?", "--index", str(folder), "--json", code=4)
    )
    assert answer["cost"] == 0.000156
    (entry,) = index_ledger(folder).entries()
    assert (entry.kind, entry.cost, list(entry.labels)) == ("chat", 0.000156, ["question"])
    assert "pump" not in index_ledger(folder).path.read_text()
    assert main(["ask", "When is the pump inspected?", "--index", str(folder), "--max-cost", "0"]) == 1
    assert "not sent" in capsys.readouterr().err
    assert said(capsys, "costs", "--index", str(folder)).splitlines()[-1].startswith("total: $0.0002, 1 calls")
