"""What calls cost: bills, limits, files of calls, and the callback, against the fake platform."""

import asyncio
import json
import math
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import date
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

import httpx
import pytest
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage

from mistral_rag import ChatMistral, MistralEmbeddings, MistralOCR
from mistral_rag.errors import ApiError, ConfigurationError, ContextOverflowError, CostLimitError
from mistral_rag.testing import FakeMistral, Reply, faults
from mistral_rag.usage import (
    CostCallback,
    FinishedCall,
    LedgerFile,
    UsageCounts,
    cost_of,
    costs,
    counts_of,
    labelled,
)

MILLION = 1_000_000
USED = {"prompt_tokens": 1_000, "completion_tokens": 500, "total_tokens": 1_500}
CACHED = USED | {"num_cached_tokens": 640, "prompt_tokens_details": {"cached_tokens": 640}}
SMALL = (1_000 * 0.15 + 500 * 0.6) / MILLION
"""US dollars of `USED` at mistral-small."""


def model(fake: FakeMistral, **settings: Any) -> ChatMistral:
    return ChatMistral.model_validate({"base_url": fake.base_url, "api_key": fake.key, "max_retries": 0, **settings})


def used(fake: FakeMistral, usage: dict[str, Any] = USED, times: int = 1) -> None:
    fake.script(*[Reply("Fine.", usage=usage)] * times)


def asked(ours: ChatMistral, times: int) -> None:
    for _ in range(times):
        ours.invoke("?")


def near(dollars: float | None, wanted: float) -> bool:
    return dollars is not None and math.isclose(dollars, wanted, rel_tol=1e-9)


# --- what is counted


def test_a_call_costs_its_tokens_at_the_price_of_the_model(fake: FakeMistral) -> None:
    used(fake)
    with costs() as bill:
        model(fake).invoke("How are you?")
    assert near(bill.cost, SMALL)
    assert (bill.total.calls, bill.total.failed, bill.total.unpriced) == (1, 0, 0)
    assert bill.total.counts == UsageCounts(input_tokens=1_000, output_tokens=500)


def test_cached_tokens_cost_less(fake: FakeMistral) -> None:
    used(fake, CACHED)
    with costs() as bill:
        model(fake).invoke("How are you?")
    assert near(bill.cost, (360 * 0.15 + 640 * 0.015 + 500 * 0.6) / MILLION)
    assert bill.total.counts.cached_tokens == 640


def test_streams_coroutines_and_batches_are_counted(fake: FakeMistral) -> None:
    used(fake, times=5)
    ours = model(fake)

    async def later() -> None:
        await ours.ainvoke("?")
        async for _ in ours.astream("?"):
            pass

    with costs() as bill:
        reduce(add, ours.stream("?"))
        asyncio.run(later())
        ours.batch(["?", "?"])
    assert bill.total.calls == 5
    assert near(bill.cost, 5 * SMALL)


def test_embeddings_in_threads_and_ocr_are_counted(fake: FakeMistral, ocr: MistralOCR, checkout: Path) -> None:
    embeddings = MistralEmbeddings(base_url=fake.base_url, api_key=fake.key)
    with costs() as bill:
        embeddings.embed_documents([f"text {number}" for number in range(600)])
        result = ocr.read(next((checkout / "data").rglob("*.pdf")), pages=[1, 2])
    kinds = bill.by_kind
    assert kinds["embedding"].calls == embeddings.usage.requests > 1
    assert near(kinds["embedding"].cost, embeddings.usage.tokens * 0.10 / MILLION)
    assert kinds["ocr"].counts.pages == len(result.pages) == 2
    assert bill.by_model.keys() == {"mistral-embed", "mistral-ocr-latest"}
    assert near(bill.by_model["mistral-ocr-latest"].cost, 2 * 0.004)


def test_nothing_is_counted_outside_of_the_block_and_blocks_may_be_nested(fake: FakeMistral) -> None:
    used(fake, times=3)
    ours = model(fake)
    with costs() as outer:
        ours.invoke("?")
        with costs() as inner:
            ours.invoke("?")
    ours.invoke("?")
    assert (outer.total.calls, inner.total.calls) == (2, 1)


def test_two_coroutines_have_bills_of_their_own(fake: FakeMistral) -> None:
    used(fake, times=5)
    ours = model(fake)

    async def ask(times: int) -> int:
        with costs() as bill:
            for _ in range(times):
                await ours.ainvoke("?")
        return bill.total.calls

    async def both() -> list[int]:
        return list(await asyncio.gather(ask(2), ask(3)))

    assert asyncio.run(both()) == [2, 3]


def test_a_failed_call_is_counted_and_costs_nothing(fake: FakeMistral) -> None:
    fake.faults.add(faults.server_error(), times=1)
    with costs() as bill, pytest.raises(ApiError):
        model(fake).invoke("?")
    assert (bill.total.calls, bill.total.failed, bill.cost) == (1, 1, 0.0)


def test_retries_are_one_call(fake: FakeMistral) -> None:
    used(fake)
    fake.faults.add(faults.rate_limit(retry_after=0), times=2)
    with costs() as bill:
        model(fake, max_retries=3).invoke("?")
    assert (bill.total.calls, bill.total.failed) == (1, 0)


def test_what_is_charged_and_not_told_makes_the_cost_unknown(fake: FakeMistral) -> None:
    fake.script(Reply("one two three four five six seven eight"))
    fake.faults.add(faults.cut_stream(after=4), times=1)
    with costs() as bill, pytest.raises(ApiError):
        list(model(fake).stream("?"))
    assert (bill.cost, bill.total.unpriced, bill.total.failed) == (None, 1, 1)


def test_a_stream_that_is_left_is_counted_once(fake: FakeMistral) -> None:
    fake.script(Reply("one two three four five six seven eight"))
    with costs() as bill:
        stream = model(fake).stream("?")
        next(stream)
        stream.close()  # type: ignore[attr-defined]
    assert (bill.total.calls, bill.total.unpriced) == (1, 1)


def test_a_model_without_a_price_is_counted_as_unpriced(fake: FakeMistral) -> None:
    body = {"id": "1", "model": "somebodys", "usage": USED, "choices": [{"message": {"content": "Fine."}}]}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=body))
    with costs() as bill:
        ChatMistral(model="mine", api_key="k", base_url="https://h.example/v1", transport=transport).invoke("?")
    assert (bill.cost, bill.total.unpriced) == (None, 1)
    assert repr(bill) == "Bill($0.000000 and 1 calls of unknown price, 1 calls)"


# --- prices


@pytest.mark.parametrize(
    ("name", "settings", "dollars"),
    [
        ("mistral-small-latest", {}, SMALL),
        ("mistral/mistral-small-latest", {}, SMALL),
        ("mistral-small-latest", {"batch": True}, SMALL / 2),
        ("mistral-small-latest", {"host": "https://api.eu.mistral.ai/v1"}, SMALL * 1.1),
        ("mistral-small-latest", {"tier": "priority"}, SMALL * 1.75),
        ("mistral-large-4", {"day": date(2026, 10, 10)}, (1_000 * 0.68 + 500 * 2.09) / MILLION),
        ("mistral-large-4", {"day": date(2026, 10, 20)}, (1_000 * 1.36 + 500 * 4.18) / MILLION),
        ("mistral-large-4", {"day": date(2026, 11, 30)}, (1_000 * 0.70 + 500 * 2.10) / MILLION),
        ("mistral-large-4", {"day": date(2026, 10, 1)}, None),
        ("unknown", {}, None),
        ("mistral-embed", {}, None),  # it has no answer, so no price of one
    ],
)
def test_prices(name: str, settings: dict[str, Any], dollars: float | None) -> None:
    found = cost_of(name, counts_of(USED), **settings)
    assert (found is None) == (dollars is None)
    assert dollars is None or (found is not None and near(found.dollars, dollars))


@pytest.mark.parametrize(
    ("usage", "counts"),
    [
        ({"prompt_tokens": 5, "total_tokens": 5}, UsageCounts(input_tokens=5)),
        ({"total_tokens": 7}, UsageCounts(input_tokens=7)),
        ({"input_tokens": 5, "output_tokens": 2, "input_token_details": {"cache_read": 9}}, UsageCounts(5, 5, 2)),
        ({"prompt_tokens": 5, "num_cached_tokens": 2}, UsageCounts(5, 2)),
        ({"prompt_tokens": 5, "prompt_token_details": {"cached_tokens": 2}}, UsageCounts(5, 2)),
        ({"pages_processed": 3, "doc_size_bytes": 9}, UsageCounts(pages=3)),
        ({"prompt_audio_seconds": 30, "prompt_tokens": 1}, UsageCounts(1, audio_seconds=30.0)),
        ({"prompt_tokens": "many", "completion_tokens": None, "pages_processed": True}, UsageCounts()),
        ({"prompt_tokens": -4, "prompt_tokens_details": [1]}, UsageCounts()),
        ({}, UsageCounts()),
    ],
)
def test_counts_of_every_spelling(usage: dict[str, Any], counts: UsageCounts) -> None:
    assert counts_of(usage) == counts


# --- a limit


def test_a_limit_stops_before_it_is_exceeded(fake: FakeMistral) -> None:
    used(fake, times=100)
    ours = model(fake, max_tokens=500)
    with costs(max_cost=5.5 * SMALL) as bill, pytest.raises(CostLimitError, match="not sent") as refused:
        asked(ours, 100)
    assert bill.cost is not None
    assert bill.cost <= 5.5 * SMALL
    assert len(fake.requests) == bill.total.calls == 5
    assert refused.value.limit == 5.5 * SMALL
    assert near(refused.value.spent, 5 * SMALL)


def test_many_at_once_do_not_exceed_a_limit_together(fake: FakeMistral) -> None:
    used(fake, USED | {"prompt_tokens": 20}, times=64)
    ours = model(fake, max_tokens=500)
    limit = 4_000 * 0.6 / MILLION  # eight answers, but not their prompts, too

    def ask(_: int) -> bool:
        try:
            ours.invoke("?")
        except CostLimitError:
            return False
        return True

    with costs(max_cost=limit) as bill, ThreadPoolExecutor(16) as pool:
        contexts = [copy_context() for _ in range(64)]
        answered = sum(pool.map(lambda context: context.run(ask, 0), contexts))
    assert answered == len(fake.requests) == 7
    assert bill.total.cost <= limit


def test_an_answer_without_a_bound_exceeds_a_limit_once_only(fake: FakeMistral) -> None:
    used(fake, times=9)
    with costs(max_cost=1.5 * SMALL) as bill, pytest.raises(CostLimitError):
        asked(model(fake), 9)
    assert bill.total.calls == 2


def test_a_limit_holds_for_embeddings_and_pages(fake: FakeMistral, ocr: MistralOCR, checkout: Path) -> None:
    with costs(max_cost=0.003):
        with pytest.raises(CostLimitError):
            ocr.read(next((checkout / "data").rglob("*.pdf")), pages=[1, 2])
        with pytest.raises(CostLimitError):
            MistralEmbeddings(base_url=fake.base_url, api_key=fake.key).embed_documents(
                [f"{number} " + "word " * 7_000 for number in range(9)]
            )
    assert not [one for one in fake.requests if one.path.endswith("/ocr")]


def test_a_limit_that_nobody_can_hold_is_refused(fake: FakeMistral) -> None:
    with costs(max_cost=1.0), pytest.raises(ConfigurationError, match="the price of my-model is not known"):
        model(fake, model="my-model").invoke("?")
    with pytest.raises(ConfigurationError, match="0 or more"), costs(max_cost=-1):
        pass
    with pytest.raises(ConfigurationError, match="0 or more"), costs(max_cost="1"):  # type: ignore[arg-type]
        pass
    with pytest.raises(ConfigurationError, match="0 or more"), costs(max_cost=math.nan):
        pass


def test_what_an_inner_limit_refuses_is_not_kept_back_in_the_outer_one(fake: FakeMistral) -> None:
    used(fake)
    ours = model(fake, max_tokens=500)
    with costs(max_cost=1.2 * SMALL) as outer:
        for _ in range(5):
            with costs(max_cost=0), pytest.raises(CostLimitError):
                ours.invoke("?")
        ours.invoke("?")
    assert outer.total.calls == 1


def test_a_failed_call_gives_back_what_was_set_aside(fake: FakeMistral) -> None:
    fake.faults.add(faults.server_error(), times=5)
    used(fake)
    ours = model(fake, max_tokens=500)
    with costs(max_cost=1.2 * SMALL) as bill:
        for _ in range(5):
            with pytest.raises(ApiError):
                ours.invoke("?")
        ours.invoke("?")
    assert near(bill.cost, SMALL)


def test_a_stream_without_usage_costs_its_estimate_under_a_limit(fake: FakeMistral) -> None:
    fake.faults.add(faults.cut_stream(after=4), times=1)
    fake.script(Reply("one two three four five six seven eight"))
    with costs(max_cost=1.0) as bill, pytest.raises(ApiError):
        list(model(fake, max_tokens=200_000).stream("?"))
    assert bill.cost is not None
    assert 0.12 < bill.cost < 0.121


# --- the file


def test_each_call_is_a_line_of_the_file(fake: FakeMistral, tmp_path: Path) -> None:
    used(fake, CACHED)
    path = tmp_path / "ledger.jsonl"
    with costs(ledger=path), labelled(run="nightly", document="a.pdf"):
        reply = model(fake).invoke("a secret question")
        fake.faults.add(faults.rate_limit(), times=1)
        with pytest.raises(ApiError):
            model(fake).invoke("a secret question")
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line.pop("seconds") > 0 for line in lines] == [True, True]
    times = [line.pop("time") for line in lines]
    assert times == sorted(times)
    labels = {"run": "nightly", "document": "a.pdf"}
    common = {"kind": "chat", "asked": "mistral-small-latest", "host": fake.base_url, "labels": labels}
    assert lines[0] == common | {
        "model": "mistral-small-latest",
        "status": 200,
        "request_id": reply.response_metadata["request_id"],
        "reply_id": reply.response_metadata["id"],
        "input_tokens": 1_000,
        "cached_tokens": 640,
        "output_tokens": 500,
        "cost": lines[0]["cost"],
        "priced": "2026-11-01",
        "price_source": "docs.mistral.ai/inference/pricing, by genai-prices 0.2.3",
    }
    assert {name: lines[1][name] for name in ("status", "error", "model")} == {
        "status": 429,
        "error": "RateLimitError",
        "model": "mistral-small-latest",
    }
    assert "secret" not in path.read_text()
    assert fake.key not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_stream_has_its_time_to_the_first_event(fake: FakeMistral, tmp_path: Path) -> None:
    used(fake)
    path = tmp_path / "ledger.jsonl"
    with costs(ledger=path):
        list(model(fake).stream("?"))
    (entry,) = LedgerFile(path).entries()
    assert entry.first_seconds is not None
    assert 0 < entry.first_seconds <= entry.seconds
    assert near(entry.cost, SMALL)


def test_lines_of_many_threads_do_not_mix_and_broken_ones_are_passed_over(tmp_path: Path) -> None:
    ledger = LedgerFile(tmp_path / "ledger.jsonl")
    call = FinishedCall("chat", "m", "m", "https://h.example", 1_700_000_000.0, 0.5, labels={"run": "x" * 3_000})

    def write() -> None:
        for _ in range(50):
            ledger.record(call)

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with ledger.path.open("ab") as file:
        file.write(b'{"time": "2026\n[]\n{"time": 5}\n{"time": "yesterday"}\n{"time": "2026-11-30"}\n\xff\n')
    entries = list(ledger.entries())
    assert len(entries) == 400
    assert {len(entry.labels["run"]) for entry in entries} == {3_000}
    assert entries[0].time == "2023-11-14T22:13:20.000+00:00"


def test_a_file_that_can_not_be_written_stops_no_call(
    fake: FakeMistral, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ours = model(fake)
    with costs(ledger=tmp_path / "no" / "ledger.jsonl"):
        assert ours.invoke("?").text
        assert ours.invoke("?").text
    assert caplog.text.count("can't be written") == 1
    with pytest.raises(ConfigurationError, match="can't be read"):
        list(LedgerFile(tmp_path / "none.jsonl").entries())


def test_any_object_with_record_is_a_ledger(fake: FakeMistral) -> None:
    class Mine:
        def __init__(self) -> None:
            self.calls: list[FinishedCall] = []

        def record(self, call: FinishedCall) -> None:
            self.calls.append(call)

    mine = Mine()
    with costs(ledger=mine):
        model(fake).invoke("?")
    (call,) = mine.calls
    assert (call.kind, call.model, call.status, call.billed) == ("chat", "mistral-small-latest", 200, True)


# --- the callback


def test_the_callback_counts_chat_models_of_any_provider(fake: FakeMistral) -> None:
    used(fake, CACHED)
    callback = CostCallback()
    config: Any = {"callbacks": [callback]}
    model(fake).invoke("?", config)
    assert near(callback.bill.cost, (360 * 0.15 + 640 * 0.015 + 500 * 0.6) / MILLION)
    other = AIMessage(
        "Fine.",
        usage_metadata={"input_tokens": 1, "output_tokens": 1, "total_tokens": 2},
        response_metadata={"model_name": "somebodys"},
    )
    GenericFakeChatModel(messages=iter([other])).invoke("?", config)
    assert (callback.bill.cost, callback.bill.total.calls, callback.bill.total.unpriced) == (None, 2, 1)


# --- contexts that hosts tell


def test_a_context_that_the_host_told_is_known_from_then_on() -> None:
    told = {
        "object": "error",
        "message": "Prompt contains 9 tokens and 0 draft tokens, too large for model with 8 maximum context length",
        "type": "invalid_request_invalid_args",
        "code": "3051",
    }
    sent: list[httpx.Request] = []

    def refuse(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(400, json=told)

    settings: dict[str, Any] = {"base_url": "https://h.example/v1", "transport": httpx.MockTransport(refuse)}
    ours = ChatMistral(model="somebody/elses", api_key="k", **settings)
    for _ in range(3):
        with pytest.raises(ContextOverflowError):
            ours.invoke("word " * 20)
    assert len(sent) == 1
    with pytest.raises(ContextOverflowError):
        ours.invoke("word " * 20, model="another")
    assert len(sent) == 2  # other models of the host are asked
