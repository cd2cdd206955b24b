"""Batches: in order, typed failures, split, found again after a restart; chains and embeddings through them."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda, RunnableParallel
from pydantic import BaseModel

from mistral_rag import ChatMistral, MistralBatch, MistralClient, MistralEmbeddings, MistralFIM, aovernight, overnight
from mistral_rag.batch import _record
from mistral_rag.errors import (
    ApiTimeoutError,
    AuthenticationError,
    BadRequestError,
    ConfigurationError,
    InvalidRequestError,
    NotFoundError,
    ResponseError,
    ServerError,
)
from mistral_rag.testing import FakeMistral, faults

MODEL = "mistral-small-latest"


@pytest.fixture
def fake() -> FakeMistral:
    """The fake platform without a server."""
    return FakeMistral()


@pytest.fixture
def to_fake(fake: FakeMistral) -> dict[str, Any]:
    """The arguments that connect a class to it."""
    return {"base_url": fake.base_url, "api_key": fake.key, "transport": fake.transport()}


@pytest.fixture
def batch(to_fake: dict[str, Any], tmp_path: Path) -> MistralBatch:
    return MistralBatch(folder=tmp_path / "jobs", first_poll=0, **to_fake)


def said(text: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text}]}


def sent(fake: FakeMistral, method: str, end: str) -> list[Any]:
    return [one for one in fake.requests if one.method == method and one.path.endswith(end)]


def test_results_come_in_order_and_failures_are_typed(fake: FakeMistral, batch: MistralBatch) -> None:
    bodies = [said("one"), {"messages": []}, said("two"), {**said("three"), "nonsense": 1}]
    one, empty, two, wrong = batch.run("chat/completions", bodies, model=MODEL)
    assert [outcome.body and outcome.body["choices"][0]["message"]["content"] for outcome in (one, two)] == [
        "You said: one",
        "You said: two",
    ]
    assert isinstance(empty.error, BadRequestError)
    assert isinstance(wrong.error, InvalidRequestError)
    assert (wrong.error.status, "nonsense" in str(wrong.error)) == (422, True)
    [job] = sent(fake, "POST", "/batch/jobs")
    assert [row["custom_id"] for row in job.json["requests"]] == ["0", "1", "2", "3"]
    assert (job.json["endpoint"], job.json["model"]) == ("/v1/chat/completions", MODEL)


def test_the_same_requests_are_the_same_batch(fake: FakeMistral, batch: MistralBatch, tmp_path: Path) -> None:
    bodies = [said("one"), said("two")]
    [job] = batch.begin("chat/completions", bodies, model=MODEL)
    assert job.status == "RUNNING"
    again = MistralBatch(
        folder=tmp_path / "jobs", first_poll=0, base_url=fake.base_url, api_key=fake.key, transport=fake.transport()
    )
    assert [outcome.error for outcome in again.run("chat/completions", bodies, model=MODEL)] == [None, None]
    assert len(sent(fake, "POST", "/batch/jobs")) == 1
    again.run("chat/completions", [said("other")], model=MODEL)
    assert len(sent(fake, "POST", "/batch/jobs")) == 2
    assert [path.suffix for path in (tmp_path / "jobs").iterdir()] == [".json", ".json"]


@pytest.mark.parametrize("fault", [faults.reset(), faults.bad_gateway(), faults.bad_json()])
def test_a_job_whose_id_was_lost_is_found_and_not_paid_twice(
    fake: FakeMistral, batch: MistralBatch, fault: Any
) -> None:
    def lost(request: Any, answer: Any) -> Any:
        answer()
        return fault(request, answer)

    fake.faults.add(lost, path="/batch/jobs")
    outcomes = batch.run("chat/completions", [said("one")], model=MODEL)
    assert outcomes[0].error is None
    assert len(sent(fake, "POST", "/batch/jobs")) == 1


def test_a_crash_before_the_id_was_written_is_survived(fake: FakeMistral, batch: MistralBatch, tmp_path: Path) -> None:
    batch.begin("chat/completions", [said("one")], model=MODEL)
    [record] = (tmp_path / "jobs").glob("*.json")
    kept = json.loads(record.read_text())
    kept["parts"][0]["job_id"] = None
    record.write_text(json.dumps(kept))
    assert batch.run("chat/completions", [said("one")], model=MODEL)[0].error is None
    assert len(sent(fake, "POST", "/batch/jobs")) == 1


def test_many_requests_go_as_files_and_in_several_jobs(
    fake: FakeMistral, batch: MistralBatch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_record, "MAX_INLINE_ROWS", 2)
    monkeypatch.setattr(_record, "MAX_ROWS", 4)
    outcomes = batch.run("chat/completions", (said(str(number)) for number in range(9)), model=MODEL)
    assert [outcome.body and outcome.body["choices"][0]["message"]["content"] for outcome in outcomes] == [
        f"You said: {number}" for number in range(9)
    ]
    jobs = [one.json for one in sent(fake, "POST", "/batch/jobs")]
    assert [("input_files" in job, len(job.get("requests", ()))) for job in jobs] == [
        (True, 0),
        (True, 0),
        (False, 1),
    ]
    assert len(sent(fake, "POST", "/files")) == 2
    assert [path.suffix for path in (tmp_path / "jobs").iterdir()] == [".json"]


def test_ids_of_ones_own_are_kept(batch: MistralBatch) -> None:
    outcomes = batch.run("chat/completions", {"b": said("x"), "a": said("y")}, model=MODEL)
    assert [outcome.custom_id for outcome in outcomes] == ["b", "a"]
    assert batch.run("chat/completions", [], model=MODEL) == []


def test_a_cancelled_batch_says_so_for_each_request(fake: FakeMistral, batch: MistralBatch) -> None:
    bodies = [said("one"), said("two")]
    batch.begin("chat/completions", bodies, model=MODEL)
    [job] = batch.cancel("chat/completions", bodies, model=MODEL)
    assert job.status == "CANCELLED"
    outcomes = batch.run("chat/completions", bodies, model=MODEL)
    assert [type(outcome.error) for outcome in outcomes] == [ResponseError, ResponseError]
    assert "ended as CANCELLED" in str(outcomes[0].error)


def test_a_batch_that_ran_out_of_time_is_a_timeout(fake: FakeMistral, batch: MistralBatch) -> None:
    def late(_request: Any, answer: Any) -> Any:
        response = answer()
        return replace(response, body=response.body.replace(b'"RUNNING"', b'"TIMEOUT_EXCEEDED"'))

    fake.faults.add(late, times=None)
    [outcome] = batch.run("chat/completions", [said("one")], model=MODEL)
    assert isinstance(outcome.error, ApiTimeoutError)


def test_forgotten_requests_are_a_new_batch(fake: FakeMistral, batch: MistralBatch, tmp_path: Path) -> None:
    batch.run("chat/completions", [said("one")], model=MODEL)
    batch.forget("chat/completions", [said("one")], model=MODEL)
    assert list((tmp_path / "jobs").iterdir()) == []
    assert len(sent(fake, "DELETE", "")) == 1
    batch.run("chat/completions", [said("one")], model=MODEL)
    assert len(sent(fake, "POST", "/batch/jobs")) == 2


def test_what_can_not_be_kept_is_refused(to_fake: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="needs a folder"):
        MistralBatch(**to_fake).begin("chat/completions", [said("x")], model=MODEL)
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="can't hold a batch"):
        MistralBatch(folder=tmp_path / "file", **to_fake).run("chat/completions", [said("x")], model=MODEL)


async def test_ocr_and_code_run_in_batches(fake: FakeMistral, batch: MistralBatch) -> None:
    [code] = await batch.arun("fim/completions", [{"prompt": "def a():"}], model="codestral-latest")
    assert code.body is not None
    assert code.body["choices"][0]["message"]["content"] == "    return a\n"
    fake.documents["https://example.com/a.png"] = b""
    missing = {"document": {"type": "image_url", "image_url": "https://example.com/b.png"}}
    [page] = batch.run("/v1/ocr", [missing], model="mistral-ocr-latest")
    assert page.error is not None
    assert page.error.status == 400


PROMPT = ChatPromptTemplate.from_messages([("system", "Be brief."), ("user", "{question}")])


def test_a_chain_gives_the_same_overnight(fake: FakeMistral, to_fake: dict[str, Any], tmp_path: Path) -> None:
    chain = PROMPT | ChatMistral(temperature=0.2, **to_fake) | StrOutputParser()
    questions = [{"question": "one"}, {"question": "two"}, {"question": "one"}]
    assert overnight(chain, questions, folder=tmp_path, first_poll=0) == [
        "You said: one",
        "You said: two",
        "You said: one",
    ]
    assert sent(fake, "POST", "/chat/completions") == []
    [job] = sent(fake, "POST", "/batch/jobs")
    assert job.json["requests"][0]["body"] == {
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "one"}],
        "temperature": 0.2,
    }
    assert overnight(chain, questions, folder=tmp_path, first_poll=0) == chain.batch(questions)
    assert len(sent(fake, "POST", "/batch/jobs")) == 1


class Order(BaseModel):
    """An order."""

    pieces: int


async def test_structured_output_branches_and_code_take_part(fake: FakeMistral, to_fake: dict[str, Any]) -> None:
    model = ChatMistral(**to_fake)
    fake.script('{"pieces": 4}')
    orders = await aovernight(model.with_structured_output(Order), ["four pieces"], first_poll=0)
    assert orders == [Order(pieces=4)]
    both = RunnableParallel(chat=model | StrOutputParser(), code=MistralFIM(**to_fake))
    assert overnight(both, ["def a():"], first_poll=0) == [{"chat": "You said: def a():", "code": "    return a\n"}]


def test_a_chain_of_two_calls_takes_two_batches(fake: FakeMistral, to_fake: dict[str, Any]) -> None:
    model = ChatMistral(**to_fake) | StrOutputParser()
    chain = model | RunnableLambda(str.upper) | model
    assert overnight(chain, ["hello"], first_poll=0) == ["You said: YOU SAID: HELLO"]
    assert len(sent(fake, "POST", "/batch/jobs")) == 2


def test_fallbacks_and_retries_do_not_swallow_the_waiting(fake: FakeMistral, to_fake: dict[str, Any]) -> None:
    model = ChatMistral(**to_fake)
    chain = model.with_retry(stop_after_attempt=3).with_fallbacks([NEVER])
    [reply] = overnight(chain, ["hello"], first_poll=0)
    assert reply.text == "You said: hello"
    assert len(sent(fake, "POST", "/batch/jobs")) == 1


def test_a_failed_row_is_the_error_of_its_input(fake: FakeMistral, to_fake: dict[str, Any]) -> None:
    model = ChatMistral(**to_fake)
    chain: RunnableLambda[str, Any] = RunnableLambda(
        lambda text: model.bind(**({"guardrails": GUARD} if text == "a bomb" else {})).invoke(text)
    )
    good, bad = overnight(chain, ["fine", "a bomb"], first_poll=0, return_exceptions=True)
    assert good.text == "You said: fine"
    assert type(bad).__name__ == "RefusalError"
    with pytest.raises(Exception, match="guardrail"):
        overnight(chain, ["fine", "a bomb"], first_poll=0)


NEVER: RunnableLambda[Any, Any] = RunnableLambda(lambda _: "never")
GUARD = [{"moderation_llm_v2": {"action": "block"}}]


def test_a_prompt_that_changes_each_time_is_refused(to_fake: dict[str, Any]) -> None:
    count = iter(range(100))
    counted: RunnableLambda[str, str] = RunnableLambda(lambda text: f"{text} {next(count)}")
    chain = counted | ChatMistral(**to_fake)
    with pytest.raises(ConfigurationError, match="another one each time"):
        overnight(chain, ["hello"], first_poll=0, max_batches=2)


def test_calls_are_sent_again_after_a_batch(fake: FakeMistral, to_fake: dict[str, Any]) -> None:
    model = ChatMistral(**to_fake)
    overnight(model, ["hello"], first_poll=0)
    assert model.invoke("hello").text == "You said: hello"
    assert len(sent(fake, "POST", "/chat/completions")) == 1


def test_embeddings_are_the_same_through_batches(fake: FakeMistral, to_fake: dict[str, Any], tmp_path: Path) -> None:
    embeddings = MistralEmbeddings(**to_fake)
    texts = [f"text {number}" for number in range(300)]
    found = embeddings.batch_documents(texts, folder=tmp_path, first_poll=0)
    assert len(sent(fake, "POST", "/embeddings")) == 0
    [job] = sent(fake, "POST", "/batch/jobs")
    assert [len(row["body"]["input"]) for row in job.json["requests"]] == [256, 44]
    assert found == embeddings.embed_documents(texts)
    assert embeddings.batch_documents([], folder=tmp_path, first_poll=0) == []


@pytest.mark.parametrize("what", ["run", "begin", "cancel", "forget"])
def test_a_job_that_the_platform_does_not_know_is_named_with_its_record(
    batch: MistralBatch, tmp_path: Path, what: str
) -> None:
    [job] = batch.begin("chat/completions", [said("one")], model=MODEL)
    [record] = (tmp_path / "jobs").glob("*.json")
    elsewhere = FakeMistral()
    other = MistralBatch(
        folder=tmp_path / "jobs", base_url=elsewhere.base_url, api_key=elsewhere.key, transport=elsewhere.transport()
    )
    with pytest.raises(NotFoundError) as caught:
        getattr(other, what)("chat/completions", [said("one")], model=MODEL)
    assert str(caught.value) == (
        f"The platform does not know the batch job {job.id} of {record}: it was deleted, or belongs to another host or "
        "key. Use those that sent it, or delete that file to send its requests anew, and pay again."
    )
    assert (caught.value.status, record.exists()) == (404, True)


def test_a_chain_names_it_too(to_fake: dict[str, Any], tmp_path: Path) -> None:
    overnight(ChatMistral(**to_fake), ["one"], folder=tmp_path, first_poll=0)
    other = FakeMistral()
    chat = ChatMistral(base_url=other.base_url, api_key=other.key, transport=other.transport())
    with pytest.raises(NotFoundError, match=r"does not know the batch job .*\.json: it was deleted, or belongs to"):
        overnight(chat, ["one"], folder=tmp_path, first_poll=0)


def test_results_that_are_gone_are_an_error_of_their_rows_alone(
    fake: FakeMistral, batch: MistralBatch, to_fake: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_record, "MAX_ROWS", 1)
    bodies = [said("one"), said("two")]
    batch.run("chat/completions", bodies, model=MODEL)
    client = MistralClient(**to_fake)
    first, _second = batch.begin("chat/completions", bodies, model=MODEL)
    assert first.output_file is not None
    client.files.delete(first.output_file)
    one, two = batch.run("chat/completions", bodies, model=MODEL)
    assert isinstance(one.error, NotFoundError)
    assert f"its file {first.output_file} is gone" in str(one.error)
    assert two.body is not None
    assert two.error is None


@pytest.mark.parametrize("fault", [faults.server_error(503), faults.rate_limit(), faults.reset(), faults.bad_gateway()])
def test_an_outage_does_not_end_the_waiting(fake: FakeMistral, to_fake: dict[str, Any], fault: Any) -> None:
    def polls(request: Any, answer: Any) -> Any:
        return fault(request, answer) if request.method == "GET" else answer()

    fake.faults.add(polls, times=5)
    batch = MistralBatch(first_poll=0, max_retries=0, **to_fake)
    assert batch.run("chat/completions", [said("one")], model=MODEL)[0].error is None
    assert len(sent(fake, "POST", "/batch/jobs")) == 1


def test_a_host_that_stays_away_and_a_wrong_key_end_it(fake: FakeMistral, to_fake: dict[str, Any]) -> None:
    def polls(request: Any, answer: Any) -> Any:
        return faults.server_error(503)(request, answer) if request.method == "GET" else answer()

    fake.faults.add(polls, times=None)
    with pytest.raises(ServerError):
        MistralBatch(first_poll=0, max_retries=0, **to_fake).run("chat/completions", [said("one")], model=MODEL)
    assert len([one for one in fake.requests if one.method == "GET"]) == 61
    fake.faults.clear()
    fake.faults.add(faults.error(401, {"message": "Unauthorized"}), skip=1)
    with pytest.raises(AuthenticationError):
        MistralBatch(first_poll=0, max_retries=0, **to_fake).run("chat/completions", [said("two")], model=MODEL)


@pytest.mark.parametrize(
    ("bodies", "told"),
    [
        (["hello"], "A request of a batch is a dict, and its id a text; '0' is not: str."),
        ({1: {"messages": []}}, "A request of a batch is a dict, and its id a text; 1 is not: dict."),
        ([said("x"), {"messages": {1}}], "The request '1' of the batch is no JSON: Object of type set"),
        ([said("x"), {"temperature": float("nan")}], "The request '1' of the batch is no JSON: Out of range float"),
        ([{"model": "mistral-large-latest", "messages": []}], "is for 'mistral-large-latest', the batch for"),
        ({"a": said("x"), "b": None}, "'b' is not: NoneType"),
    ],
)
def test_wrong_requests_are_named_and_nothing_is_kept(
    fake: FakeMistral, batch: MistralBatch, tmp_path: Path, bodies: Any, told: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        batch.run("chat/completions", bodies, model=MODEL)
    assert told in str(caught.value)
    assert list((tmp_path / "jobs").iterdir()) == []
    assert fake.requests == ()


def test_a_lost_row_is_told_of_its_own_job(
    fake: FakeMistral, batch: MistralBatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_record, "MAX_ROWS", 1)
    bodies = [said("one"), said("two")]
    first, second = batch.begin("chat/completions", bodies, model=MODEL)

    def lost(request: Any, answer: Any) -> Any:
        response = answer()
        if first.id in request.path:
            return replace(response, body=response.body.replace(b'"status":"SUCCESS"', b'"status":"FAILED"'))
        return replace(response, body=b"") if request.path.endswith("/content") else response

    fake.faults.add(lost, times=None)
    one, two = batch.run("chat/completions", bodies, model=MODEL)
    assert f"{first.id} ended as FAILED" in str(one.error)
    assert f"{second.id} ended as SUCCESS" in str(two.error)


def test_several_threads_use_one_folder_and_each_gets_its_own_answers(
    fake: FakeMistral, to_fake: dict[str, Any], tmp_path: Path
) -> None:
    def ran(name: str) -> list[str]:
        batch = MistralBatch(folder=tmp_path, first_poll=0, **to_fake)
        outcomes = batch.run("chat/completions", [said(f"{name}{n}") for n in range(50)], model=MODEL)
        return [str(outcome.body and outcome.body["choices"][0]["message"]["content"]) for outcome in outcomes]

    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(ran, "abcabc"))
    assert answers == [[f"You said: {name}{n}" for n in range(50)] for name in "abcabc"]
    assert len(sent(fake, "POST", "/batch/jobs")) == 3
    assert [path.suffix for path in tmp_path.iterdir()] == [".json"] * 3


async def test_coroutines_of_one_loop_send_a_batch_once(fake: FakeMistral, batch: MistralBatch, tmp_path: Path) -> None:
    running = [batch.arun("chat/completions", [said("one")], model=MODEL) for _ in range(4)]
    outcomes = await asyncio.gather(*running)
    assert [outcome.error for [outcome] in outcomes] == [None] * 4
    assert len(sent(fake, "POST", "/batch/jobs")) == 1
    assert [path.suffix for path in (tmp_path / "jobs").iterdir()] == [".json"]


async def test_who_is_cancelled_keeps_nobody_out(fake: FakeMistral, batch: MistralBatch, tmp_path: Path) -> None:
    sending = asyncio.Event()

    def hangs(request: Any, answer: Any) -> Any:
        sending.set()
        return faults.slow(30.0)(request, answer)

    fake.faults.add(hangs, path="/batch/jobs")
    running = asyncio.create_task(batch.arun("chat/completions", [said("one")], model=MODEL))
    await sending.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    fake.faults.clear()
    assert (await batch.arun("chat/completions", [said("one")], model=MODEL))[0].error is None
    assert [path.suffix for path in (tmp_path / "jobs").iterdir()] == [".json"]
