"""Files by http: what is fetched, what is not fetched again, and where a URL may not lead."""

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ingest import LookSettings, build
from ingest.__main__ import main
from ingest.sources import _spool
from ingest.sources._addresses import is_public
from ingest.sources._found import UnreadPath
from ingest.sources._places import SourcePlaces
from mistral_rag.errors import ConfigurationError
from mistral_rag.index import IndexReader

TRAVEL = b"# Travel\n\nTrains are booked in second class.\n"


@dataclass
class Site:
    """A web site on this machine; `pages` are status, headers and body by path."""

    pages: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def site() -> Iterator[Site]:
    own = Site()

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            own.asked.append(self.path)
            status, headers, body = own.pages.get(self.path, (404, {}, b""))
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            try:
                self.wfile.write(body)
            except OSError:
                return
            own.sent.append(self.path)

        def log_message(self, format: str, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    own.url = f"http://127.0.0.1:{server.server_port}"
    yield own
    server.shutdown()
    thread.join()
    server.server_close()


def looked_at(url: str, *, allow_private: bool = True) -> list[tuple[str, str | None]]:
    """What a look finds, without a build: a name, or why there is none."""
    with SourcePlaces(url, LookSettings(allow_private=allow_private)) as places:
        return [
            ("failed", item.reason) if isinstance(item, UnreadPath) else ("found", None) for item in places.find({})
        ]


def built(url: str, index: Path, *, allow_private: bool = True) -> list[tuple[str, str | None]]:
    work = build(url, index, embeddings="none", workers=1, allow_private=allow_private)
    for _ in work:
        pass
    return [(file.status, file.reason) for file in work.report.files]


def texts(index: Path) -> list[str]:
    with IndexReader.open(index) as reader, reader.view() as view:
        return sorted(page.text for source in view.sources() for page in view.pages(source.uri))


def test_a_page_is_fetched_once_and_asked_for_again(site: Site, tmp_path: Path) -> None:
    headers = {"ETag": '"1"', "Content-Type": "text/markdown"}
    site.pages["/travel"] = (200, headers, TRAVEL)
    assert built(f"{site.url}/travel", tmp_path / "index") == [("added", None)]
    assert built(f"{site.url}/travel", tmp_path / "index") == [("unchanged", None)]
    site.pages["/travel"] = (200, {**headers, "ETag": '"2"'}, TRAVEL.replace(b"second", b"third"))
    assert built(f"{site.url}/travel", tmp_path / "index") == [("changed", None)]
    assert texts(tmp_path / "index") == ["Travel\n\nTrains are booked in third class."]


def test_a_page_without_signs_of_change_is_compared_by_its_content(site: Site, tmp_path: Path) -> None:
    site.pages["/a.md"] = (200, {}, TRAVEL)
    assert built(f"{site.url}/a.md", tmp_path / "index") == [("added", None)]
    assert built(f"{site.url}/a.md", tmp_path / "index") == [("unchanged", None)]


def test_the_source_is_the_url_and_the_type_comes_from_content_and_header(site: Site, tmp_path: Path) -> None:
    site.pages["/policy?id=7"] = (200, {"Content-Type": "text/html; charset=utf-8"}, b"<h1>Pay</h1><p>On the 25th.</p>")
    built(f"{site.url}/policy?id=7#top", tmp_path / "index")
    with IndexReader.open(tmp_path / "index") as reader, reader.view() as view:
        [source] = view.sources()
    assert (source.name, source.uri, source.media_type) == (f"{site.url}/policy?id=7",) * 2 + ("text/html",)


def test_a_page_that_went_away_is_a_line_and_what_it_held_stays(site: Site, tmp_path: Path) -> None:
    site.pages["/a.md"] = (200, {"ETag": "1"}, TRAVEL)
    built(f"{site.url}/a.md", tmp_path / "index")
    site.pages.clear()
    assert built(f"{site.url}/a.md", tmp_path / "index") == [("failed", "can't be fetched: HTTP 404 Not Found")]
    assert texts(tmp_path / "index") == ["Travel\n\nTrains are booked in second class."]


def test_an_address_of_this_network_is_not_asked(site: Site) -> None:
    [(status, reason)] = looked_at(f"{site.url}/a.md", allow_private=False)
    assert status == "failed"
    assert reason is not None
    assert reason.endswith("127.0.0.1 is an address inside this network; fetch from there with --allow-private")
    assert site.asked == []


def test_a_name_is_checked_by_all_its_addresses(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    port = int(site.url.rpartition(":")[2])
    found = [(2, 1, 6, "", ("93.184.216.34", port)), (2, 1, 6, "", ("10.0.0.7", port))]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: found)
    [(_, reason)] = looked_at(f"http://docs.example.com:{port}/", allow_private=False)
    assert reason is not None
    assert "docs.example.com is an address inside this network" in reason


def test_a_redirect_into_this_network_is_not_followed(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.pages["/start"] = (302, {"Location": "http://localhost:1/secret"}, b"")
    monkeypatch.setattr("ingest.sources._addresses.is_public", lambda address: address == "127.0.0.1")
    monkeypatch.setattr("socket.getaddrinfo", _addresses(site, {"127.0.0.1": "127.0.0.1", "localhost": "10.0.0.7"}))
    [(_, reason)] = looked_at(f"{site.url}/start", allow_private=False)
    assert reason is not None
    assert "localhost is an address inside this network" in reason
    assert site.asked == ["/start"]


def _addresses(site: Site, known: dict[str, str]) -> object:
    return lambda host, port, **_: [(2, 1, 6, "", (known[host], port))]


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/x", "", "http://user:word@127.0.0.1/"])
def test_a_redirect_leads_to_no_other_scheme(site: Site, target: str) -> None:
    site.pages["/start"] = (302, {"Location": target}, b"")
    [(status, reason)] = looked_at(f"{site.url}/start")
    assert (status, (reason or "").startswith("can't be fetched: it redirects")) == ("failed", True)


def test_redirects_are_followed_up_to_five(site: Site) -> None:
    for step in range(7):
        site.pages[f"/{step}"] = (301, {"Location": f"/{step + 1}"}, b"")
    site.pages["/7"] = (200, {"Content-Type": "text/plain"}, TRAVEL)
    assert looked_at(f"{site.url}/2") == [("found", None)]
    assert looked_at(f"{site.url}/1") == [("failed", "can't be fetched: more than 5 redirects")]


def test_a_file_without_end_is_broken_off(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_spool, "MAX_FETCHED", 1000)
    site.pages["/big.txt"] = (200, {}, b"word " * 100_000)
    [(status, reason)] = looked_at(f"{site.url}/big.txt")
    assert status == "failed"
    assert reason is not None
    assert reason.endswith("download it and divide it")


def test_a_server_that_sends_a_byte_now_and_then_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.sources._web.MAX_SECONDS", 0.3)
    left = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            connection, _ = server.accept()
            with connection:
                while not left.wait(0.05):
                    try:
                        connection.sendall(b"HTTP/1.1 200 OK\r\nX: 1\r\n"[:1])
                    except OSError:
                        return

        thread = threading.Thread(target=drip)
        thread.start()
        [(status, _)] = looked_at(f"http://127.0.0.1:{server.getsockname()[1]}/a.md")
        left.set()
        thread.join()
    assert status == "failed"


def test_a_path_is_encoded_and_a_host_that_is_none_is_a_line(site: Site) -> None:
    site.pages["/caf%C3%A9%20a.md"] = (200, {}, TRAVEL)
    assert looked_at(f"{site.url}/café a.md") == [("found", None)]
    assert looked_at("http://" + "a" * 70 + ".example/") == [
        ("failed", f"can't be fetched: {'a' * 70}.example is no name of a host")
    ]


def test_a_reply_that_breaks_off_is_no_document(site: Site) -> None:
    site.pages["/a.md"] = (200, {"Content-Length": "5000"}, TRAVEL)
    [(status, _)] = looked_at(f"{site.url}/a.md")
    assert status == "failed"


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://name:word@example.com/a.pdf", "would be kept in the index"),
        ("https:///a.pdf", "names no host"),
        ("http://example.com:99999/", "is no URL"),
        ("ftp://example.com/a.pdf", "ftp:// is not read"),
        ("github://org:repo@/docs", "github:// is not read"),
    ],
)
def test_a_url_that_is_none_is_refused_at_once(url: str, why: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=why):
        build(url, tmp_path / "index")


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:4700::1111", True),
        ("10.1.2.3", False),
        ("127.0.0.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("192.0.2.1", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::a00:1", False),
        ("2002:a00:1::1", False),
    ],
)
def test_addresses_that_anyone_can_reach_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_a_page_that_was_taken_out_is_read_again_when_it_is_named(site: Site, tmp_path: Path) -> None:
    site.pages["/a.md"] = (200, {"ETag": "1"}, TRAVEL)
    url, index = f"{site.url}/a.md", tmp_path / "index"
    built(url, index)
    assert main(["remove", url, "--index", str(index)]) == 0
    assert texts(index) == []
    built(url, index)
    assert texts(index) == ["Travel\n\nTrains are booked in second class."]


def test_a_page_is_read_anew_from_its_place(site: Site, tmp_path: Path) -> None:
    site.pages["/a.md"] = (200, {"ETag": "1"}, TRAVEL)
    url, index = f"{site.url}/a.md", tmp_path / "index"
    built(url, index)
    site.pages["/a.md"] = (200, {"ETag": "1"}, b"Other words.")
    assert main(["redo", url, "--index", str(index), "--allow-private"]) == 0
    assert texts(index) == ["Other words."]
