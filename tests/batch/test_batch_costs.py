"""What batches cost: half, told once, within limits; and what goes on after a restart."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from mistral_rag import ChatMistral, MistralBatch, MistralEmbeddings, overnight
from mistral_rag.batch import _record
from mistral_rag.errors import CostLimitError
from mistral_rag.testing import FakeMistral, ScriptedPage
from mistral_rag.usage import LedgerFile, cost_rows, costs

MODEL = "mistral-small-latest"
IMAGE = {"document": {"type": "image_url", "image_url": "https://example.com/a.png"}}


@pytest.fixture
def fake() -> FakeMistral:
    return FakeMistral()


@pytest.fixture
def to_fake(fake: FakeMistral) -> dict[str, Any]:
    return {"base_url": fake.base_url, "api_key": fake.key, "transport": fake.transport()}


def said(text: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text}]}


def jobs(fake: FakeMistral) -> int:
    return sum(one.method == "POST" and one.path.endswith("/batch/jobs") for one in fake.requests)


def test_a_row_costs_half(to_fake: dict[str, Any], tmp_path: Path) -> None:
    batch = MistralBatch(folder=tmp_path, first_poll=0, **to_fake)
    with costs() as live:
        ChatMistral(**to_fake).invoke("one")
        ChatMistral(**to_fake).invoke("two")
    with costs() as bill:
        batch.run("chat/completions", [said("one"), said("two"), {"messages": []}], model=MODEL)
    assert live.cost is not None
    assert bill.cost == pytest.approx(live.cost / 2)
    assert (bill.by_kind["chat"].calls, bill.by_kind["chat"].failed) == (3, 1)
    assert bill.by_kind["chat"].counts.input_tokens == live.by_kind["chat"].counts.input_tokens


def test_what_is_read_again_costs_nothing(to_fake: dict[str, Any], tmp_path: Path) -> None:
    batch = MistralBatch(folder=tmp_path, first_poll=0, **to_fake)
    with costs() as bill:
        batch.run("chat/completions", [said("one")], model=MODEL)
        first = bill.cost
        batch.run("chat/completions", [said("one")], model=MODEL)
    assert bill.cost == first
    assert bill.by_kind["chat"].calls == 1


def test_chains_and_vectors_are_counted_too(to_fake: dict[str, Any], tmp_path: Path) -> None:
    with costs() as live:
        MistralEmbeddings(**to_fake).embed_documents(["one", "two"])
        ChatMistral(**to_fake).invoke("one")
    with costs(ledger=tmp_path / "calls.jsonl") as bill:
        MistralEmbeddings(**to_fake).batch_documents(["one", "two"], folder=tmp_path, first_poll=0)
        overnight(ChatMistral(**to_fake), ["one"], folder=tmp_path, first_poll=0)
    assert live.cost is not None
    assert bill.cost == pytest.approx(live.cost / 2)
    noted = [entry for entry in LedgerFile(tmp_path / "calls.jsonl").entries() if entry.batch]
    assert [(entry.kind, entry.model) for entry in noted] == [("embedding", "mistral-embed"), ("chat", MODEL)]
    assert [row.latencies for row in cost_rows(noted, by="kind")] == [(), ()]


def test_pages_cost_half(fake: FakeMistral, to_fake: dict[str, Any], tmp_path: Path) -> None:
    fake.documents["https://example.com/a.png"] = b""
    fake.script_pages(ScriptedPage("one"))
    with costs() as bill:
        MistralBatch(folder=tmp_path, first_poll=0, **to_fake).run("ocr", [IMAGE], model="mistral-ocr-latest")
    assert bill.cost == pytest.approx(0.002)
    assert bill.by_kind["ocr"].counts.pages == 1


def test_a_batch_beyond_the_limit_is_not_sent(fake: FakeMistral, to_fake: dict[str, Any], tmp_path: Path) -> None:
    batch = MistralBatch(folder=tmp_path, first_poll=0, **to_fake)
    bodies = [{**said(str(number)), "max_tokens": 1000} for number in range(10)]  # $0.0003 each at half price
    with costs(max_cost=0.002) as bill:
        with pytest.raises(CostLimitError):
            batch.run("chat/completions", bodies, model=MODEL)
        assert jobs(fake) == 0
        assert batch.run("chat/completions", bodies[:6], model=MODEL)[0].error is None
        with pytest.raises(CostLimitError):
            batch.begin("chat/completions", bodies, model=MODEL)
    assert jobs(fake) == 1
    assert bill.total.calls >= 6


def test_a_batch_that_was_paid_is_read_whatever_the_limit(
    fake: FakeMistral, to_fake: dict[str, Any], tmp_path: Path
) -> None:
    batch = MistralBatch(folder=tmp_path, first_poll=0, **to_fake)
    bodies = [{**said("one"), "max_tokens": 1000}]
    batch.begin("chat/completions", bodies, model=MODEL)
    with costs(max_cost=0.000001) as bill:
        assert batch.run("chat/completions", bodies, model=MODEL)[0].error is None
    assert bill.by_kind["chat"].calls == 1


class Stopped(httpx.BaseTransport):
    """A transport on which the program is stopped when it looks at a job."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET" and "/batch/jobs/" in request.url.path:
            raise KeyboardInterrupt
        response: httpx.Response = self.inner.handle_request(request)
        return response


@pytest.mark.parametrize("by_file", [False, True])
def test_vectors_go_on_after_a_restart(
    fake: FakeMistral, to_fake: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by_file: bool
) -> None:
    if by_file:
        monkeypatch.setattr(_record, "MAX_INLINE_ROWS", 1)
    texts = [f"text {number}" for number in range(300)]
    stopped = MistralEmbeddings(**to_fake | {"transport": Stopped(fake.transport())})
    with pytest.raises(KeyboardInterrupt):
        stopped.batch_documents(texts, folder=tmp_path, first_poll=0)
    again = MistralEmbeddings(**to_fake)
    with costs() as bill:
        found = again.batch_documents(texts, folder=tmp_path, first_poll=0)
    assert found == again.embed_documents(texts)
    assert jobs(fake) == 1
    assert bill.by_kind["embedding"].calls == 2


def test_pages_go_on_after_a_restart(fake: FakeMistral, to_fake: dict[str, Any], tmp_path: Path) -> None:
    fake.documents["https://example.com/a.png"] = b""
    fake.script_pages(ScriptedPage("The pump."))
    stopped = MistralBatch(folder=tmp_path, first_poll=0, **to_fake | {"transport": Stopped(fake.transport())})
    with pytest.raises(KeyboardInterrupt):
        stopped.run("ocr", [IMAGE], model="mistral-ocr-latest")
    [outcome] = MistralBatch(folder=tmp_path, first_poll=0, **to_fake).run("ocr", [IMAGE], model="mistral-ocr-latest")
    assert outcome.body is not None
    assert outcome.body["pages"][0]["markdown"] == "The pump."
    assert jobs(fake) == 1
