"""A real Chromium in front of a real server: one browser for each module, an index made once, nothing but loopback."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from pypdf import PdfReader, PdfWriter

from mistral_rag import cli
from mistral_rag.testing import FakeMistral
from tests.serve.browser import hostile
from tests.serve.browser.pages import OpenPage
from tests.serve.browser.serving import RunningServer

ARGUMENTS = (
    "--no-sandbox",  # Debian's has no setuid helper in a container
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--force-color-profile=srgb",
)
REPORT_PAGES = (3, 6, 17, 23)
"""Pages of the quarterly report, from 0: tables with heads, sentences over one and two lines."""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The browser of this machine.

    Not for the whole session: as long as Playwright runs, its event loop does, and tests with coroutines that come
    later in the same process could run none.
    """
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        pytest.skip("no Chromium on this machine; Debian has it as: apt-get install chromium")
    expect.set_options(timeout=60_000)  # models are loaded for the first answer, on a busy machine slowly
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Documents of all kinds: a report with tables, a web page, right to left text, and hostile ones."""
    data = Path(__file__).parents[3] / "data"
    folder = tmp_path_factory.mktemp("browser") / "documents"
    folder.mkdir()
    report = PdfWriter()
    for number in REPORT_PAGES:
        report.add_page(PdfReader(data / "2023 Q3 AAPL.pdf").pages[number])
    report.write(folder / "report.pdf")
    shutil.copy(data / "handbook" / "information-security.html", folder)
    (folder / "arabic.md").write_text(hostile.ARABIC, "utf-8")
    hostile.write(folder)
    return folder


def build(documents: Path, index: Path) -> None:
    """Read the documents into an index for word search."""
    done = cli.ingest(["build", str(documents), "--index", str(index), "--embeddings", "none", "--ocr", "never"])
    assert done == 0


@pytest.fixture(scope="session")
def index(documents: Path) -> Path:
    """An index of the documents."""
    folder = documents.parent / "index"
    build(documents, folder)
    return folder


@pytest.fixture(scope="session")
def served(index: Path) -> Iterator[RunningServer]:
    """A server without a model: answers are quotes."""
    with RunningServer(index, "--title", "Field office") as server:
        yield server


@pytest.fixture(scope="session")
def platform() -> Iterator[FakeMistral]:
    """A stand-in for the platform, whose replies the tests write."""
    with FakeMistral() as fake:
        yield fake


@pytest.fixture(scope="session")
def written(documents: Path, index: Path, platform: FakeMistral) -> Iterator[RunningServer]:
    """A server whose answers a model writes, with an index of its own: tests upload and delete."""
    folder = documents.parent / "written"
    shutil.copytree(index, folder)
    key = {"MISTRAL_API_KEY": platform.key, "MISTRAL_BASE_URL": platform.base_url}
    with RunningServer(folder, "--allow-upload", environment=key) as server:
        yield server


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[Callable[..., OpenPage]]:
    """Open a page of a server as a person would; at the end nothing may have been complained about."""
    opened: list[OpenPage] = []

    def open_one(server: RunningServer, path: str = "/", **context: Any) -> OpenPage:
        settings = {"viewport": {"width": 1280, "height": 800}, "locale": "en-GB", **context}
        page = OpenPage(chromium.new_context(**settings).new_page(), server.url)
        opened.append(page)
        page.goto(path)
        return page

    yield open_one
    for page in opened:
        page.close()
        assert page.complaints == []
        assert page.foreign_requests == []


@pytest.fixture
def page(open_page: Callable[..., OpenPage], served: RunningServer) -> Page:
    """The page of the server without a model."""
    return open_page(served).page
