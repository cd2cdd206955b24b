"""Each fault, as a client sees it: over HTTP and in process alike."""

from typing import Any

import httpx
import pytest

from mistral_rag.testing import FakeMistral, faults

CHAT: dict[str, Any] = {"model": "mistral-small-latest", "messages": [{"role": "user", "content": "hello"}]}
EMBED: dict[str, Any] = {"model": "mistral-embed", "input": ["one", "two", "three"]}


def post(client: httpx.Client, **more: Any) -> httpx.Response:
    return client.post("/chat/completions", json={**CHAT, **more})


def read_events(client: httpx.Client) -> list[str]:
    """The events of a stream until it breaks; the error is raised."""
    got = b""
    try:
        with client.stream("POST", "/chat/completions", json={**CHAT, "stream": True}) as reply:
            for part in reply.iter_raw():
                got += part
    except httpx.TransportError as error:
        error.args = (*error.args, got.decode().split("\n\n")[:-1])
        raise
    return got.decode().split("\n\n")[:-1]


def test_a_rate_limit_names_the_wait(fake: FakeMistral, client: httpx.Client) -> None:
    plan = fake.faults.add(faults.rate_limit(retry_after=2))
    reply = post(client)
    assert (reply.status_code, reply.headers["retry-after"]) == (429, "2")
    assert reply.json() == {
        "object": "error",
        "message": "Rate limit exceeded",
        "type": "rate_limited",
        "param": None,
        "code": "1300",
        "raw_status_code": 429,
    }
    assert (post(client).status_code, plan.hits) == (200, 1)


def test_server_errors_are_json_text_or_html(fake: FakeMistral, client: httpx.Client) -> None:
    for fault in (faults.server_error(), faults.server_error(500, "upstream died"), faults.bad_gateway()):
        fake.faults.add(fault)
    replies = [post(client) for _ in range(3)]
    assert [(r.status_code, r.headers["content-type"]) for r in replies] == [
        (503, "application/json"),
        (500, "text/plain"),
        (502, "text/html"),
    ]
    assert replies[0].json()["type"] == "internal_server_error"
    assert (replies[1].text, "<h1>502 Bad Gateway</h1>" in replies[2].text) == ("upstream died", True)


def test_any_answer_can_be_put_in(fake: FakeMistral, client: httpx.Client) -> None:
    fake.faults.add(faults.error(401, ""))
    assert (post(client).status_code, fake.requests[-1].key_matches) == (401, True)
    fake.faults.add(faults.error_as_success())
    odd = post(client)
    assert (odd.status_code, odd.json()["object"]) == (200, "error")


def test_a_reset_comes_before_any_answer(fake: FakeMistral, client: httpx.Client) -> None:
    fake.faults.add(faults.reset())
    with pytest.raises(httpx.ReadError):
        post(client)
    assert post(client).status_code == 200


def test_a_slow_first_byte_runs_into_the_clients_limit(fake: FakeMistral, client: httpx.Client) -> None:
    fake.faults.add(faults.slow(30), times=2)
    with pytest.raises(httpx.ReadTimeout):
        client.post("/chat/completions", json=CHAT, timeout=0.05)
    fake.faults.clear()
    fake.faults.add(faults.slow(0.01))
    assert post(client).status_code == 200


def test_a_cut_body_is_noticed(fake: FakeMistral, client: httpx.Client) -> None:
    fake.faults.add(faults.cut_body(after=30))
    with pytest.raises(httpx.RemoteProtocolError):
        post(client)


def test_bad_json_looks_like_success(fake: FakeMistral, client: httpx.Client) -> None:
    fake.faults.add(faults.bad_json())
    reply = post(client)
    assert reply.status_code == 200
    with pytest.raises(ValueError, match="Unterminated string"):
        reply.json()


def test_a_stream_is_cut_after_some_events(fake: FakeMistral, client: httpx.Client) -> None:
    fake.faults.add(faults.cut_stream(after=2))
    with pytest.raises(httpx.RemoteProtocolError) as caught:
        read_events(client)
    assert len(caught.value.args[-1]) == 2


def test_a_stream_is_reset(fake: FakeMistral, client: httpx.Client) -> None:
    fake.faults.add(faults.cut_stream(after=1, reset=True))
    with pytest.raises(httpx.ReadError):
        read_events(client)


def test_a_stream_ends_without_done(fake: FakeMistral, client: httpx.Client) -> None:
    fake.faults.add(faults.end_stream(after=3))
    assert len(read_events(client)) == 3


def test_an_error_comes_in_the_stream(fake: FakeMistral, client: httpx.Client) -> None:
    fake.faults.add(faults.stream_error("it broke", after=1))
    first, error = read_events(client)
    assert '"role":"assistant"' in first
    assert error == (
        'data: {"object":"error","message":"it broke","type":"internal_server_error","param":null,"code":"1000",'
        '"raw_status_code":500}'
    )


def test_a_stream_that_stalls_runs_into_the_clients_limit(fake: FakeMistral, client: httpx.Client) -> None:
    fake.faults.add(faults.stalled_stream(30, after=1))
    client.timeout = httpx.Timeout(0.2)
    with pytest.raises(httpx.ReadTimeout) as caught:
        read_events(client)
    assert len(caught.value.args[-1]) == 1


def test_an_embedding_is_missing_or_out_of_order(fake: FakeMistral, client: httpx.Client) -> None:
    fake.faults.add(faults.missing_embedding(1))
    fake.faults.add(faults.shuffled_embeddings())
    orders = [[item["index"] for item in client.post("/embeddings", json=EMBED).json()["data"]] for _ in range(3)]
    assert orders == [[0, 2], [2, 1, 0], [0, 1, 2]]


def test_a_fault_has_a_path_a_start_and_an_end(fake: FakeMistral, client: httpx.Client) -> None:
    plan = fake.faults.add(faults.server_error(), times=2, skip=1, path="/embeddings")
    assert [post(client).status_code for _ in range(2)] == [200, 200]
    assert [client.post("/embeddings", json=EMBED).status_code for _ in range(5)] == [200, 503, 503, 200, 200]
    assert plan.hits == 2


def test_a_share_of_requests_fails_the_same_way_each_time() -> None:
    runs = []
    for _ in range(2):
        fake = FakeMistral()
        fake.faults.add(faults.server_error(), times=None, share=0.3)
        headers = {"authorization": f"Bearer {fake.key}"}
        with httpx.Client(transport=fake.transport(), base_url=fake.base_url, headers=headers) as client:
            runs.append([client.get("/models").status_code for _ in range(60)])
    assert runs[0] == runs[1]
    assert 8 < runs[0].count(503) < 30


def test_a_fault_can_be_any_function(fake: FakeMistral, client: httpx.Client) -> None:
    from mistral_rag.testing._server.exchange import Request, Response

    def teapot(request: Request, _answer: Any) -> Response:
        return Response(418, {}, request.method.encode())

    fake.faults.add(teapot)
    assert (post(client).status_code, fake.faults.planned[0].hits) == (418, 1)
