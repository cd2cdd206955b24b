"""Requests that are refused before any route sees them, and the headers of every response."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from mistral_rag.errors import ConfigurationError
from mistral_rag.serve import Principal, ServeSettings, Tokens
from mistral_rag.serve._access.rates import Rate, RateBuckets
from tests.serve.conftest import TOKENS, Serve, Served


@pytest.fixture(scope="module")
def served(serve: Serve, tenants: Path) -> Iterator[Served]:
    with serve(tenants, names=("rag.example.com",)) as at:
        yield at


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST:1", 200),
        ("127.0.0.1:8377", 200),
        ("[::1]:8377", 200),
        ("10.1.2.3", 200),
        ("rag.example.com", 200),
        ("rag.example.com.", 200),
        ("evil.example.com", 421),
        ("localhost.evil.com", 421),
        ("rag.example.com@evil.com", 421),
        ("127.0.0.1.evil.com", 421),
        ("", 421),
        ("a b", 421),
    ],
)
def test_names_that_are_not_the_servers_are_refused(served: Served, host: str, status: int) -> None:
    with served.client() as client:
        for path in ("/", "/healthz", "/api/documents"):
            response = client.get(path, headers={"Host": host})
            assert (response.status_code == 421) == (status == 421), path


def test_two_names_are_none(served: Served) -> None:
    sent = b"GET /api/documents HTTP/1.1\r\nHost: localhost\r\nHost: evil.com\r\n\r\n"
    assert served.raw(sent).split(b"\r\n")[0].split()[1] in {b"400", b"421"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "http://evil.com"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://localhost.evil.com"}, 403),
        ({"Origin": "http://["}, 403),
        ({"Origin": "http://[::1]evil.com"}, 403),
        ({"Origin": "http://rag.example.com@evil.com", "Host": "rag.example.com"}, 403),
        ({"Origin": ""}, 403),
        ({"Origin": "http://rag.example.com", "Host": "rag.example.com"}, 200),
        ({"Origin": "https://rag.example.com", "Host": "rag.example.com"}, 200),
        ({"Origin": "https://rag.example.com:444", "Host": "rag.example.com"}, 403),
    ],
)
def test_pages_of_other_sites_reach_no_api(served: Served, headers: dict[str, str], status: int) -> None:
    with served.client() as client:
        assert client.get("/api/documents", headers=headers).status_code == status


def test_every_response_has_the_headers_that_protect_the_page(served: Served) -> None:
    with served.client() as client:
        for path in ("/healthz", "/api/documents", "/api/documents/x", "/nowhere", "/static/none.js"):
            headers = client.get(path).headers
            assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'; ")
            assert "unsafe" not in headers["content-security-policy"]
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "no-referrer"
            assert headers["cross-origin-resource-policy"] == "same-origin"
            assert "server" not in headers
            assert "set-cookie" not in headers
        assert client.get("/api/documents").headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "path",
    [
        "/static/../__init__.py",
        "/static/%2e%2e/__init__.py",
        "/static/..%2f..%2fpyproject.toml",
        "/static//etc/passwd",
        "/api/documents/..%2f..%2fetc%2fpasswd",
        "/api/documents/../../etc/passwd/original",
        "/api/pages/..%2f..%2fetc/1.png",
        "/api/pages/%00/1.png",
        "/api/cite/..%2f..%2fetc%2fpasswd",
        "/api/documents/<script>alert(1)</script>",
    ],
)
def test_paths_of_requests_open_no_file(served: Served, path: str) -> None:
    answered = served.raw(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    assert answered.startswith(b"HTTP/1.1 404 ")
    assert b"root:" not in answered
    assert b"script>alert" not in answered


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE"])
def test_methods_that_a_route_has_not_are_refused(served: Served, method: str) -> None:
    with served.client() as client:
        assert client.request(method, "/api/search").status_code == 405


def test_a_body_that_is_too_large_is_not_read(served: Served) -> None:
    with served.client() as client:
        response = client.post("/api/ask", json={"question": "a" * (2 << 20)})
        assert (response.status_code, response.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "the body is no JSON"),
        (b"[]", "Input should be an object"),
        (b'{"question": ""}', "question: String should have at least 1 character"),
        (b'{"question": "a", "groups": ["legal"]}', "groups: Extra inputs are not permitted"),
        (b'{"question": "a", "history": [{"role": "system", "content": "b"}]}', "history.0.role"),
        (b"[" * 100_000, "the body is no JSON"),
        (b'{"question": "\\ud800"}', "the body is no JSON"),
        (b"\xff\xfe", "the body is no JSON"),
    ],
)
def test_a_body_that_says_something_else_is_an_error_of_the_request(served: Served, body: bytes, says: str) -> None:
    with served.client() as client:
        response = client.post("/api/ask", content=body, headers={"Content-Type": "application/json"})
    assert (response.status_code, response.json()["code"]) == (400, "bad_request")
    assert says in response.json()["message"]


@pytest.mark.parametrize("query", ["limit=-1", "limit=1e9", "limit=99999999999", "offset=a", "limit=٣"])
def test_numbers_in_queries_are_whole_and_bounded(served: Served, query: str) -> None:
    with served.client() as client:
        assert client.get(f"/api/documents?{query}").status_code == 400


def test_who_asks_too_often_is_told_when_to_come_back(serve: Serve, tenants: Path, tokens: Tokens) -> None:
    with serve(tenants, tokens=tokens) as at, at.client() as nobody, at.client("bob") as bob:
        assert nobody.get("/api/documents").status_code == 401
        asked = (nobody.get("/api/documents") for _ in range(100))
        refused = next(reply for reply in asked if reply.status_code == 429)
        assert refused.json()["code"] == "rate_limited"
        assert int(refused.headers["retry-after"]) >= 1
        assert bob.get("/api/documents").status_code == 200  # his own count


@pytest.mark.parametrize("path", ["/v1/models", "/open-webui/v1/models", "/api/settings"])
def test_guesses_of_tokens_are_counted_on_every_way_in(serve: Serve, tenants: Path, tokens: Tokens, path: str) -> None:
    with serve(tenants, tokens=tokens) as at, at.client() as nobody:
        assert 429 in (nobody.get(path).status_code for _ in range(100))


@pytest.mark.parametrize("path", ["/api/ask", "/v1/chat/completions", "/open-webui/v1/chat/completions"])
def test_questions_are_counted_on_every_way_in(serve: Serve, tenants: Path, tokens: Tokens, path: str) -> None:
    with serve(tenants, tokens=tokens) as at, at.client("bob") as bob:
        # the burst is 60; on a machine that answers ten a second, two more are allowed in each second
        assert 429 in (bob.post(path, json={}).status_code for _ in range(500))
        assert bob.get("/api/documents").status_code == 200


def test_a_bucket_fills_again_with_time() -> None:
    now = [0.0]
    limits, rate = RateBuckets(lambda: now[0]), Rate(a_minute=60, burst=2)
    assert [limits.wait("anna", rate) for _ in range(3)] == [0.0, 0.0, 1.0]
    assert limits.wait("bob", rate) == 0.0
    now[0] = 1.5
    assert limits.wait("anna", rate) == 0.0
    assert limits.wait("anna", rate) == 0.5


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "rag.example.com"])  # noqa: S104 (not bound)
def test_other_machines_need_tokens(tmp_path: Path, host: str) -> None:
    with pytest.raises(ConfigurationError, match="name who may ask with --token or --tokens FILE"):
        ServeSettings(index=tmp_path, host=host)
    assert ServeSettings(index=tmp_path, host=host, tokens=Tokens.of(TOKENS["anna"], Principal("anna"))).host == host


@pytest.mark.parametrize("token", ["", "short", "with a blank in it", "umlaut-äöü-0123456789"])
def test_tokens_that_can_be_guessed_or_not_sent_are_refused(token: str) -> None:
    with pytest.raises(ConfigurationError, match="at least 16"):
        Tokens.of(token, Principal("anna"))


DIGEST = hashlib.sha256(b"x").hexdigest()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("", "can't be read"),
        ("[]", 'needs a list "tokens"'),
        ({"tokens": []}, 'needs a list "tokens"'),
        ({"tokens": [{"name": "anna"}]}, "entry 1: 'sha256'"),
        ({"tokens": [{"name": "anna", "sha256": "abc"}]}, "entry 1"),
        ({"tokens": [{"name": " ", "sha256": DIGEST}]}, "name is a text"),
        ({"tokens": [{"name": "anna", "sha256": DIGEST, "groups": "hr"}]}, "groups is a list of names"),
        ({"tokens": [{"name": "anna", "sha256": DIGEST, "group": ["hr"]}]}, "it may have groups, name"),
        ({"tokens": [{"name": "anna", "sha256": DIGEST, "write": "yes"}]}, "write and operate are true or false"),
        ({"tokens": [{"name": "anna", "sha256": DIGEST}, {"name": "bob", "sha256": DIGEST}]}, "entry 2: the token of"),
        (
            {"tokens": [{"name": "anna", "sha256": DIGEST, "groups": ["hr"]}, {"name": "anna", "sha256": "0" * 64}]},
            "entry 2: the name of entry 1 with other groups or rights",
        ),
    ],
)
def test_a_wrong_tokens_file_says_where(tmp_path: Path, given: object, says: str) -> None:
    path = tmp_path / "tokens.json"
    path.write_text(given if isinstance(given, str) else json.dumps(given))
    with pytest.raises(ConfigurationError, match="tokens file") as raised:
        Tokens.read(path)
    assert says in str(raised.value)


def test_a_name_may_have_several_tokens(tmp_path: Path) -> None:
    entries = [{"name": "anna", "sha256": sign * 64, "groups": ["hr"]} for sign in "01"]
    (tmp_path / "tokens.json").write_text(json.dumps({"tokens": entries}))
    assert len(Tokens.read(tmp_path / "tokens.json").known) == 2


def test_tokens_are_not_shown() -> None:
    assert TOKENS["anna"] not in repr(Tokens.of(TOKENS["anna"], Principal("anna")))
