"""A key is held so that nothing shows, stores or passes it on, also when a host says it back."""

import base64
import copy
import html
import json
import logging
import pickle  # noqa: TID251 (what is pickled here is ours)
import threading
import traceback
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from langchain_core.load import dumps
from langchain_core.tracers import BaseTracer, Run
from pydantic import SecretStr

from mistral_rag import ChatMistral, MistralEmbeddings, MistralOCR, MistralTranscriptionParser
from mistral_rag.errors import ApiConnectionError, ApiError, AuthenticationError, ConfigurationError
from mistral_rag.testing import FakeMistral

KEY = 'k3y/that"nobody+may-see'
OTHER = "an0ther-key-of-the-environment"
MODELS: list[Callable[..., Any]] = [ChatMistral, MistralEmbeddings, MistralOCR]
ANSWER = {
    "id": "1",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Yes."}, "finish_reason": "stop"}],
}


def hides(*seen: str) -> bool:
    """True when no text holds the key, in any way of writing it."""
    ways = (KEY, quote(KEY, safe=""), json.dumps(KEY)[1:-1], base64.b64encode(KEY.encode()).decode())
    return not [way for way in ways for text in seen if way in text]


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("key", [KEY, SecretStr(KEY)])
def test_a_pickle_holds_no_key_and_takes_that_of_the_environment(
    model: Callable[..., Any], key: str, protocol: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = model(api_key=key, base_url="http://localhost/v1")
    updated = made.model_copy(update={"api_key": SecretStr(KEY)})
    monkeypatch.setenv("MISTRAL_API_KEY", OTHER)
    for one in (made, updated):
        stored = pickle.dumps(one, protocol)
        assert KEY.encode() not in stored
        again = pickle.loads(stored)  # noqa: S301 (ours)
        assert again.api_key.get_secret_value() == OTHER
        assert again.base_url == "http://localhost/v1"
    monkeypatch.delenv("MISTRAL_API_KEY")
    assert pickle.loads(pickle.dumps(made)).api_key is None  # noqa: S301


def test_nor_does_that_of_a_parser_of_recordings() -> None:
    assert KEY.encode() not in pickle.dumps(MistralTranscriptionParser(api_key=KEY))


def test_what_was_unpickled_without_a_key_says_so() -> None:
    again = pickle.loads(pickle.dumps(ChatMistral(api_key=KEY)))  # noqa: S301
    with pytest.raises(AuthenticationError, match="set MISTRAL_API_KEY"):
        again.invoke("?")


@pytest.mark.parametrize(
    "settings",
    [
        {"base_url": "https://bob:k3y-of-bob@localhost/v1"},
        {"default_headers": {"Authorization": "Bearer k3y-of-bob"}},
        {"default_headers": {"X-Api-Key": "k3y-of-bob"}},
        {"default_headers": {"X-Team": "Basic k3y-of-bob"}, "api_key": "k3y-of-bob"},
        {"http_client": httpx.Client(headers={"Authorization": "Bearer k3y-of-bob"})},
    ],
)
def test_what_the_environment_has_not_is_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="has a login or a secret header, which no pickle may hold"):
        pickle.dumps(ChatMistral(**settings))


def test_a_client_is_not_pickled_and_copies_keep_the_key() -> None:
    chat = ChatMistral(api_key=KEY)
    for held in (chat.client, chat.client.settings):
        with pytest.raises(ConfigurationError, match="pickle the model"):
            pickle.dumps(held)
    for copied in (copy.copy(chat), copy.deepcopy(chat), chat.model_copy(), chat.model_copy(deep=True)):
        assert copied.api_key is not None
        assert copied.api_key.get_secret_value() == KEY
    assert copy.deepcopy(chat.client).settings.authorization == f"Bearer {KEY}"


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("key", [KEY, SecretStr(KEY), lambda: KEY])
def test_no_form_of_a_model_shows_the_key(model: Callable[..., Any], key: Any) -> None:
    made = model(api_key=key, default_headers={"X-Api-Key": KEY}, base_url="http://localhost/v1")
    seen = [repr(made), str(made), f"{made}", repr(made.client), repr(made.client.settings), repr(made.api_key)]
    seen += [dumps(made), str(made.model_dump()), made.model_dump_json()]
    assert hides(*seen)


def test_a_key_may_be_a_function_that_is_asked_for_every_request() -> None:
    sent: list[str] = []
    keys = iter(["first-key-1234567890", "second-key-1234567890", "third-key-1234567890"])

    def reply(request: httpx.Request) -> httpx.Response:
        sent.append(request.headers["authorization"])
        return httpx.Response(401, json={"message": f"{request.headers['authorization']} is unknown"})

    chat = ChatMistral(api_key=lambda: next(keys), transport=httpx.MockTransport(reply), max_retries=0)
    for _ in range(3):
        with pytest.raises(AuthenticationError, match=r"Bearer \[key\] is unknown"):
            chat.invoke("?")
    assert sent == ["Bearer first-key-1234567890", "Bearer second-key-1234567890", "Bearer third-key-1234567890"]


def test_a_function_that_gives_no_key_is_named() -> None:
    with pytest.raises(AuthenticationError, match="There is no Mistral API key"):
        ChatMistral(api_key=lambda: "").invoke("?")
    with pytest.raises(ConfigurationError, match="api_key is a function that gives int; it must give a text"):
        ChatMistral(api_key=lambda: 5).invoke("?")


def everything_said(error: BaseException) -> str:
    """The error as a person, a log with local variables of our frames, or an error collector would see it."""
    inside = error.__traceback__.tb_next if error.__traceback__ else None
    told = traceback.TracebackException(type(error), error, inside, capture_locals=True)
    return "\n".join([repr(error), str(error), repr(vars(error)), *told.format()])


def escaped(text: str) -> str:
    return "".join(f"\\u{ord(letter):04x}" for letter in text)


JSON = {"content-type": "application/json"}
EVENTS = {"content-type": "text/event-stream"}
ECHOES: dict[str, httpx.Response] = {
    "json": httpx.Response(401, json={"message": f"who is {KEY}?", "sent": {"authorization": [f"Bearer {KEY}"]}}),
    "json with escapes": httpx.Response(401, content=f'{{"message": "who is {escaped(KEY)}?"}}', headers=JSON),
    "json within json": httpx.Response(400, json={"message": json.dumps({"detail": f"who is {KEY}?"})}),
    "a name": httpx.Response(
        400, json={"error": {KEY: KEY, "type": KEY, "code": KEY, "message": [{"msg": "x", "loc": [KEY]}]}}
    ),
    "text": httpx.Response(500, text=f"Bearer {KEY}"),
    "html": httpx.Response(502, html=f"<title>{html.escape(KEY)}</title> {KEY}"),
    "base64": httpx.Response(400, text=base64.b64encode(KEY.encode()).decode()),
    "url": httpx.Response(404, text=f"/v1?key={quote(KEY, safe='')}"),
    "headers": httpx.Response(
        429, headers={"x-request-id": KEY, f"x-{KEY[:3]}": KEY, "location": f"/?{KEY}"}, text="no"
    ),
    "reason": httpx.Response(403, text="no", extensions={"reason_phrase": f"Who is {KEY}".encode()}),
    "error with status 200": httpx.Response(200, json={"object": "error", "message": KEY}),
    "no json": httpx.Response(200, text=f"Bearer {KEY}", headers=JSON),
    "no choices": httpx.Response(200, json={"id": "1", "choices": [], "debug": f"Bearer {KEY}"}),
    "deep": httpx.Response(400, text='{"message":' * 400 + json.dumps(KEY) + "}" * 400),
    "event": httpx.Response(200, text=f"data: {json.dumps({'object': 'error', 'message': KEY})}\n\n", headers=EVENTS),
    "named event": httpx.Response(200, text=f"event: error\ndata: {json.dumps({'x': KEY})}\n\n", headers=EVENTS),
    "odd event": httpx.Response(200, text=f"data: {KEY}\n\n", headers=EVENTS),
    "broken stream": httpx.Response(
        200, text=f"data: {json.dumps({'choices': [], 'x': KEY})}\n\n: {KEY}", headers=EVENTS
    ),
}
CALLS: dict[str, Callable[[ChatMistral], Any]] = {
    "invoke": lambda chat: chat.invoke("?"),
    "stream": lambda chat: list(chat.stream("?")),
}


@pytest.mark.parametrize("echo", ECHOES)
@pytest.mark.parametrize("call", CALLS)
def test_a_host_that_says_the_key_back_is_not_quoted(call: str, echo: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    transport = httpx.MockTransport(lambda request: ECHOES[echo])
    chat = ChatMistral(api_key=KEY, transport=transport, max_retries=1, max_elapsed=0.1)
    with pytest.raises(ApiError) as caught:
        CALLS[call](chat)
    assert hides(everything_said(caught.value), caplog.text, repr(pickle.dumps(caught.value)))


@pytest.mark.parametrize("echo", ECHOES)
async def test_nor_by_coroutines(echo: str) -> None:
    chat = ChatMistral(api_key=KEY, transport=httpx.MockTransport(lambda request: ECHOES[echo]), max_retries=0)
    with pytest.raises(ApiError) as caught:
        await chat.ainvoke("?")
    assert hides(everything_said(caught.value))
    with pytest.raises(ApiError) as caught:
        [piece async for piece in chat.astream("?")]
    assert hides(everything_said(caught.value))


def test_passwords_and_secret_headers_are_not_quoted_either() -> None:
    def reply(request: httpx.Request) -> httpx.Response:
        return httpx.Response(400, text=f"{request.url} {request.headers['x-gateway-token']} s3cr@t bob:s3cr@t")

    chat = ChatMistral(
        base_url="http://bob:s3cr%40t@localhost/v1?key=query-s3cret",
        default_headers={"x-gateway-token": "Bearer t0ken-of-the-gateway"},
        transport=httpx.MockTransport(reply),
        max_retries=0,
    )
    with pytest.raises(ApiError) as caught:
        chat.invoke("?")
    shown = everything_said(caught.value) + repr(chat)
    assert [word for word in ("s3cr@t", "s3cr%40t", "t0ken-of-the-gateway") if word in shown] == []
    assert "query-s3cret" not in f"{caught.value} {vars(caught.value)} {chat!r}"


@pytest.mark.parametrize("proxy", ["http://bob:s3c/ret@localhost:9", "http://bob:s3cret@localhost:port", "s3cret://x"])
async def test_a_proxy_that_is_no_address_is_not_quoted(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, proxy)
    chat = ChatMistral(api_key=KEY, base_url="http://platform.example/v1", max_retries=0)
    with pytest.raises(ConfigurationError, match="HTTP_PROXY, HTTPS_PROXY or ALL_PROXY is no address") as caught:
        chat.invoke("?")
    with pytest.raises(ConfigurationError, match="HTTP_PROXY, HTTPS_PROXY or ALL_PROXY is no address") as again:
        await chat.ainvoke("?")
    assert "s3c" not in everything_said(caught.value) + everything_said(again.value)


def test_a_good_answer_is_not_changed_by_a_password_that_is_a_word() -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json=ANSWER))
    assert ChatMistral(base_url="http://bob:Yes.@localhost/v1", transport=transport).invoke("?").content == "Yes."
    assert ChatMistral(api_key="Yes.", transport=transport).invoke("?").content == "Yes."


class Echo(BaseHTTPRequestHandler):
    """A host that says the key back in its headers, or in a line that is no header."""

    def do_POST(self) -> None:
        key = self.headers["authorization"]
        if self.path.startswith("/broken"):
            self.wfile.write(f"HTTP/1.1 400 Bad\r\n{key}\x00: {key}\r\n\r\n".encode())
        else:
            self.wfile.write(f"HTTP/1.1 401 {key}\r\nx-sent: {key}\r\ncontent-length: 0\r\n\r\n".encode())

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def echo() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Echo)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("kind", ["headers", "broken"])
@pytest.mark.parametrize("through", ["ours", "http_client"])
def test_the_logs_of_http_libraries_hold_no_key(
    echo: str, kind: str, through: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with httpx.Client() as http:
        given = {"http_client": http} if through == "http_client" else {}
        chat = ChatMistral(api_key=KEY, base_url=f"{echo}/{kind}/v1", max_retries=0, **given)
        with pytest.raises(AuthenticationError if kind == "headers" else ApiConnectionError) as caught:
            chat.invoke("?")
    assert "receive_response_headers" in caplog.text
    assert hides(everything_said(caught.value), caplog.text)


class Runs(BaseTracer):
    """A tracer that keeps what it would send."""

    def _persist_run(self, run: Run) -> None:
        self.seen = run.model_dump_json() + repr(run)


def test_traces_hold_no_key(fake: FakeMistral) -> None:
    runs = Runs()
    chat = ChatMistral(api_key=KEY, base_url=fake.base_url, max_retries=0)
    with pytest.raises(AuthenticationError):
        chat.invoke("?", config={"callbacks": [runs]})
    assert "ChatMistral" in runs.seen
    assert hides(runs.seen)
