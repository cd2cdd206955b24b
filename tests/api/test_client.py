import asyncio
import gc
import os
import sys
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr

from mistral_rag.api._client import Client
from mistral_rag.api._responses import encode
from mistral_rag.api._retry import RetryPolicy
from mistral_rag.api._settings import Settings, Timeouts
from mistral_rag.errors import (
    ApiConnectionError,
    ApiError,
    ApiTimeoutError,
    AuthenticationError,
    ConfigurationError,
    MistralRagError,
    ResponseError,
    ServerError,
)
from mistral_rag.testing import FakeMistral, faults

BODY = {"model": "mistral-small-latest", "messages": [{"role": "user", "content": "Hello"}]}
CHAT = "chat/completions"
BROKEN = [faults.cut_stream(after=3), faults.end_stream(after=3), faults.stream_error(after=3)]
NEVER = RetryPolicy(retries=0)
AT_ONCE = RetryPolicy(retries=2, base=0.0)


def settings(fake: FakeMistral, **changes: Any) -> Settings:
    return replace(Settings(base_url=fake.base_url, key=SecretStr(fake.key), retry=AT_ONCE), **changes)


def said(data: dict[str, Any]) -> Any:
    return data["choices"][0]["message"]["content"]


def begun(event: dict[str, Any]) -> bool:
    return bool(event["choices"][0]["delta"].get("content"))


def test_bytes_of_any_kind_go_out_by_any_method(fake: FakeMistral) -> None:
    client = Client(settings(fake))
    form = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n%PDF\r\n'
    form += b'--b\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nocr\r\n--b--\r\n'
    fake.faults.add(faults.rate_limit(), times=1)
    card = client.send("POST", "files", content=form, kind="multipart/form-data; boundary=b").data
    assert (card["filename"], card["bytes"]) == ("a.pdf", 4)
    assert asyncio.run(client.asend("GET", f"files/{card['id']}")).data["id"] == card["id"]
    assert client.send("DELETE", f"files/{card['id']}").data["deleted"]
    assert [request.method for request in fake.requests] == ["POST", "POST", "GET", "DELETE"]


def test_a_reply_comes_with_its_headers(fake: FakeMistral) -> None:
    fake.script("Hi.")
    reply = Client(settings(fake)).post(CHAT, BODY)
    assert said(reply.data) == "Hi."
    assert "x-ratelimit-remaining-tokens-minute" in reply.headers


@pytest.mark.parametrize("fault", [faults.server_error(503), faults.bad_gateway(), faults.reset(), faults.cut_body()])
def test_a_server_in_trouble_is_asked_again(fake: FakeMistral, fault: faults.Fault) -> None:
    fake.faults.add(fault, times=2)
    assert said(Client(settings(fake)).post(CHAT, BODY).data)
    assert len(fake.requests) == 3


async def test_a_server_in_trouble_is_asked_again_by_coroutines(fake: FakeMistral) -> None:
    fake.faults.add(faults.rate_limit(retry_after=0), times=2)
    assert said((await Client(settings(fake)).apost(CHAT, BODY)).data)
    assert len(fake.requests) == 3


def test_a_wrong_request_is_sent_once(fake: FakeMistral) -> None:
    with pytest.raises(ApiError):
        Client(settings(fake)).post(CHAT, {**BODY, "seed": 1})
    assert len(fake.requests) == 1


def test_nobody_listening_is_a_connection_error() -> None:
    with pytest.raises(ApiConnectionError, match=r"http://127\.0\.0\.1:9/v1"):
        Client(Settings(base_url="http://127.0.0.1:9/v1", key=SecretStr("k"), retry=NEVER)).post(CHAT, BODY)


def test_a_slow_answer_is_a_timeout(fake: FakeMistral) -> None:
    fake.faults.add(faults.slow(5.0))
    with pytest.raises(ApiTimeoutError, match="did not answer in time"):
        Client(settings(fake, retry=NEVER, timeouts=Timeouts(read=0.1))).post(CHAT, BODY)


@pytest.mark.parametrize("fault", [faults.bad_json(), faults.error(200, [1]), faults.error(200, "")])
def test_an_answer_that_is_no_json_object_is_a_response_error(fake: FakeMistral, fault: faults.Fault) -> None:
    fake.faults.add(fault)
    with pytest.raises(ResponseError, match="no JSON object"):
        Client(settings(fake, retry=NEVER)).post(CHAT, BODY)


@pytest.mark.parametrize("body", [{"data": []}, {"choices": []}, {"choices": None}, "", "<html>busy</html>", [1]])
def test_a_reply_that_can_not_be_used_is_asked_for_again(fake: FakeMistral, body: Any) -> None:
    fake.faults.add(faults.error(200, body))
    assert Client(settings(fake)).post(CHAT, BODY, expects="choices").data["choices"]
    assert len(fake.requests) == 2
    fake.faults.add(faults.error(200, body))
    with pytest.raises(ResponseError, match=r"no (JSON object|choices)"):
        Client(settings(fake, retry=NEVER)).post(CHAT, BODY, expects="choices")


def test_an_error_that_comes_with_200_is_an_error(fake: FakeMistral) -> None:
    fake.faults.add(faults.error_as_success())
    with pytest.raises(ServerError):
        Client(settings(fake, retry=NEVER)).post(CHAT, BODY)


def test_a_redirection_is_not_followed(fake: FakeMistral) -> None:
    fake.faults.add(faults.error(307, "", headers={"location": "http://127.0.0.1:9/elsewhere"}))
    with pytest.raises(ApiError, match="307"):
        Client(settings(fake)).post(CHAT, BODY)


@pytest.mark.parametrize("key", [None, SecretStr(""), SecretStr("  ")])
def test_a_missing_key_is_said_before_anything_is_sent(fake: FakeMistral, key: SecretStr | None) -> None:
    with pytest.raises(AuthenticationError, match=r"set MISTRAL_API_KEY.*https://console\.mistral\.ai/api-keys"):
        Client(settings(fake, key=key)).post(CHAT, BODY)
    assert not fake.requests


def test_a_key_that_can_be_none_is_said(fake: FakeMistral) -> None:
    with pytest.raises(ConfigurationError, match="characters that no key has"):
        Client(settings(fake, key=SecretStr("kéy"))).post(CHAT, BODY)


def test_halves_of_surrogate_pairs_do_not_stop_a_message() -> None:
    assert encode({"a": "\ud83d\ude00 \ud83d"}) == '{"a":"😀 \ufffd"}'.encode()


@pytest.mark.parametrize("fault", [faults.reset(), faults.cut_stream(after=0), faults.end_stream(after=1)])
def test_a_stream_is_tried_again_until_the_first_token(fake: FakeMistral, fault: faults.Fault) -> None:
    fake.faults.add(fault)
    stream = Client(settings(fake)).stream(CHAT, {**BODY, "stream": True}, begun=begun)
    assert len([event for event in stream if event["choices"][0]["finish_reason"]]) == 1
    assert len(fake.requests) == 2


@pytest.mark.parametrize(
    "fault", [faults.cut_stream(after=3), faults.end_stream(after=3), faults.stream_error(after=3)]
)
def test_a_stream_is_not_tried_again_after_the_first_token(fake: FakeMistral, fault: faults.Fault) -> None:
    fake.faults.add(fault)
    stream = Client(settings(fake)).stream(CHAT, {**BODY, "stream": True}, begun=begun)
    with pytest.raises(ApiError):
        list(stream)
    assert len(fake.requests) == 1


def test_one_event_loop_after_another_can_be_used(fake: FakeMistral) -> None:
    client = Client(settings(fake))
    for _ in range(3):
        assert said(asyncio.run(client.apost(CHAT, BODY)).data)


def test_loops_in_threads_can_share_a_client(fake: FakeMistral) -> None:
    client = Client(settings(fake))
    with ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda _: asyncio.run(client.apost(CHAT, BODY)), range(8)))
    assert len(replies) == 8


def test_connections_are_used_again_and_closed_with_their_loop(fake: FakeMistral) -> None:
    client = Client(settings(fake))

    async def five_calls() -> int:
        for _ in range(5):
            await client.apost(CHAT, BODY)
        return fake.open_connections

    assert asyncio.run(five_calls()) == 1
    assert closed(fake)


def test_a_client_that_nobody_holds_closes_its_connections(fake: FakeMistral) -> None:
    client = Client(settings(fake))
    client.post(CHAT, BODY)
    assert fake.open_connections == 1
    del client
    gc.collect()
    assert closed(fake)


def closed(fake: FakeMistral) -> bool:
    done = threading.Event()
    for _ in range(200):
        if not fake.open_connections:
            return True
        done.wait(0.01)
    return False


def test_leaving_a_stream_closes_its_connection(fake: FakeMistral) -> None:
    fake.script("one two three four five six seven eight")
    fake.event_latency = 0.05
    stream = Client(settings(fake)).stream(CHAT, {**BODY, "stream": True}, begun=begun)
    next(iter(stream))
    stream.close()
    assert closed(fake)


async def test_cancelling_closes_the_connection() -> None:
    asked, hung_up = asyncio.Event(), asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"}")
        asked.set()
        while await reader.read(1000):
            pass
        hung_up.set()
        writer.close()

    async with await asyncio.start_server(silent, "127.0.0.1") as server:
        port = server.sockets[0].getsockname()[1]
        client = Client(Settings(base_url=f"http://127.0.0.1:{port}/v1", key=SecretStr("k")))
        task = asyncio.create_task(client.apost(CHAT, BODY))
        await asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        async with asyncio.timeout(10):
            await hung_up.wait()


async def test_a_call_waits_for_others_no_longer_than_the_pool_timeout(fake: FakeMistral) -> None:
    fake.script("one two three", "one two three")
    ours = Client(settings(fake, concurrency=1, retry=NEVER, timeouts=Timeouts(pool=0.1)))
    stream = ours.stream(CHAT, {**BODY, "stream": True}, begun=begun)
    with pytest.raises(
        ApiTimeoutError, match=r"^no call could begin within 0\.1 s: max_concurrent_requests is 1\. Raise it"
    ):
        ours.post(CHAT, BODY)
    stream.close()
    assert said(ours.post(CHAT, BODY).data)
    other = await ours.astream(CHAT, {**BODY, "stream": True}, begun=begun)
    with pytest.raises(ApiTimeoutError, match="max_concurrent_requests"):
        await ours.apost(CHAT, BODY)
    await other.aclose()
    assert said((await ours.apost(CHAT, BODY)).data)


@pytest.mark.parametrize("limit", [1, 3])
def test_no_more_calls_at_once_than_allowed(fake: FakeMistral, limit: int) -> None:
    fake.latency = 0.02
    client = Client(settings(fake, concurrency=limit))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: client.post(CHAT, BODY), range(8)))
    assert fake.open_connections <= limit


async def test_no_more_coroutines_at_once_than_allowed(fake: FakeMistral) -> None:
    fake.latency = 0.02
    client = Client(settings(fake, concurrency=3))
    await asyncio.gather(*(client.apost(CHAT, BODY) for _ in range(9)))
    assert fake.open_connections <= 3


@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork on Windows")
@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded:DeprecationWarning")
def test_a_forked_child_opens_its_own_connections(fake: FakeMistral) -> None:
    client = Client(settings(fake))
    client.post(CHAT, BODY)
    child = os.fork()
    if child == 0:
        os._exit(0 if said(client.post(CHAT, BODY).data) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert said(client.post(CHAT, BODY).data)


NOBODY = "http://127.0.0.1:9/v1"


@pytest.mark.parametrize("key", ["s3cret-key", "s3cret-kéy"])
def test_the_key_is_in_no_error_and_no_traceback(key: str) -> None:
    client = Client(Settings(base_url=NOBODY, key=SecretStr(key), headers={"x": "s3cret"}, retry=NEVER))
    with pytest.raises(MistralRagError) as caught:
        client.post(CHAT, BODY)
    error = caught.value
    assert error.__context__ is None
    assert error.__traceback__ is not None
    inside = error.__traceback__.tb_next
    told = traceback.TracebackException(type(error), error, inside, capture_locals=True)
    assert "s3cret" not in "".join(told.format())
    assert "s3cret" not in repr(client) + repr(client.settings)


@pytest.mark.parametrize("status", [200, 401])
def test_a_gateway_that_says_the_key_back_is_not_quoted(fake: FakeMistral, status: int) -> None:
    fake.faults.add(faults.error(status, {"object": "error", "message": f"Who is {fake.key}?"}))
    with pytest.raises(ApiError) as caught:
        Client(settings(fake, retry=NEVER)).post(CHAT, BODY)
    assert fake.key not in f"{caught.value} {caught.value.body}"
    assert "Who is [key]?" in str(caught.value)
