"""The pictures of README and docs: with `--refresh-docs` they are taken anew."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from mistral_rag import cli
from tests.serve.browser.pages import OpenPage, ask
from tests.serve.browser.serving import RunningServer

pytestmark = pytest.mark.timeout(900)  # the pictures show an index of data/, with a scanned page
IMAGES = Path(__file__).parents[3] / "docs" / "images"
BUYBACK = "For how much did Apple repurchase common stock in the third quarter of 2023?"
COLORS = 128
"""Colours of a picture: a third of its size, and nobody sees it."""
DESKTOP = {"viewport": {"width": 1280, "height": 800}}
PHONE = {"viewport": {"width": 390, "height": 780}, "is_mobile": True, "has_touch": True, "color_scheme": "dark"}


def answer(page: Page) -> None:
    """A row of a table, marked where it stands, with the heads of its columns."""
    turn = ask(page, BUYBACK)
    turn.locator(".prose li", has_text="Common stock repurchased (18,140)").locator(".cite").first.click()
    page.locator("#viewer img[src]").wait_for()
    turn.locator(".question").scroll_into_view_if_needed()


def unanswered(page: Page) -> None:
    """What the documents don't say, and what comes closest."""
    ask(page, "How many employees does NVIDIA have in Germany?")


def documents(page: Page) -> None:
    """A scanned page beside the text that was read from it."""
    page.goto(page.url + "#/documents")
    page.get_by_role("link", name="Addendum No. 3").click()
    page.locator(".page-list button").first.click()
    page.locator("#viewer img[src]").wait_for()


def search(page: Page) -> None:
    """Passages with the words marked, and facets."""
    page.goto(page.url + "#/search")
    page.get_by_role("searchbox", name="Words").fill("deferred revenue")
    page.keyboard.press("Enter")
    expect(page.locator(".result").first).to_be_visible()


def phone(page: Page) -> None:
    """The quote on a phone, in the dark."""
    turn = ask(page, "How is an incident reported?")
    turn.locator(".cite").first.click()
    page.locator("#viewer mark, #viewer img[src]").first.wait_for()


SCENES: dict[Callable[[Page], None], dict[str, Any]] = {
    answer: DESKTOP,
    unanswered: DESKTOP,
    documents: DESKTOP,
    search: DESKTOP,
    phone: PHONE,
}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server of the documents in data/."""
    index = tmp_path_factory.mktemp("pictures") / "index"
    data = str(Path(__file__).parents[3] / "data")
    assert cli.ingest(["build", data, "--index", str(index), "--embeddings", "none"]) == 0
    with RunningServer(index, "--title", "mistral-rag") as server:
        yield server


@pytest.mark.parametrize("scene", SCENES)
def test_the_pictures_of_the_docs(
    request: pytest.FixtureRequest, open_page: Callable[..., OpenPage], scene: Callable[[Page], None]
) -> None:
    name = f"server-{scene.__name__}.png"
    if request.config.getoption("--refresh-docs"):
        page = open_page(request.getfixturevalue("demo"), reduced_motion="reduce", **SCENES[scene]).page
        scene(page)
        page.wait_for_timeout(500)
        picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        picture.quantize(COLORS).save(IMAGES / name, optimize=True)
    shown = (IMAGES.parent / "page.md").read_text("utf-8") + (IMAGES.parents[1] / "README.md").read_text("utf-8")
    assert f"images/{name})" in shown
    assert (IMAGES / name).read_bytes().startswith(b"\x89PNG")
