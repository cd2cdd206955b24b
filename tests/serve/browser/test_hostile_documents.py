"""Documents, file names and models that try to run code on the page, or to tell somebody that it was read."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from mistral_rag.testing import FakeMistral
from tests.serve.browser import hostile
from tests.serve.browser.pages import OpenPage, ask, show_citation
from tests.serve.browser.serving import RunningServer
from tests.serve.browser.test_asking import draft

pytestmark = pytest.mark.timeout(300)  # the first answer waits for models
ACTIVE = (
    "main :is(script, iframe, object, embed, a[href^='javascript'], img), #viewer :is(script, a, [onclick], [onerror])"
)
"""What may not come of a document; the viewer's own image is the picture of a page."""


def test_text_of_documents_is_shown_as_text(page: Page) -> None:
    for asked, shown in hostile.QUESTIONS.items():
        turn = ask(page, asked)
        show_citation(page, turn, 1)
        expect(page.locator("#viewer .words")).to_contain_text(shown)
        assert page.locator(ACTIVE).count() == 0


def test_overrides_of_direction_reorder_nothing(page: Page) -> None:
    show_citation(page, ask(page, "What is the toll of the island?"), 1)
    assert "\u202e" not in page.content()


def test_names_of_files_are_shown_as_text(page: Page) -> None:
    page.goto(page.url + "#/documents")
    for name in hostile.NAMES:
        expect(page.locator("tbody")).to_contain_text(name.replace("\u202e", "\ufffd"))
    assert page.locator(ACTIVE).count() == 0


REPLIES = [
    "The rate is 70 euros {marina} <img src=x onerror=alert(1)><script>alert(2)</script>.",
    "The rate is 70 euros {marina} ![seen](https://evil.example/p.png?d=1) and [more](javascript:alert(3)).",
    "The rate is 70 euros {marina}.\n\n[1]: https://evil.example/\n\n<svg/onload=alert(4)><a href='//evil.example'>x",
    "# 70 euros {marina}\n\n| a | b |\n|---|---|\n| <iframe src=//evil.example> | &lt;img src=x onerror=alert(5)&gt; |",
]


@pytest.mark.parametrize("reply", REPLIES)
def test_text_of_a_model_is_no_markup(
    open_page: Callable[..., OpenPage], written: RunningServer, platform: FakeMistral, reply: str
) -> None:
    platform.script(draft(reply))
    page = open_page(written).page
    expect(ask(page, "What is the rate of the marina?").locator(".prose")).to_contain_text("70 euros")
    assert page.locator(ACTIVE).count() == 0


def test_text_from_right_to_left_has_its_own_direction(page: Page) -> None:
    turn = ask(page, "ميزانية السفر لمكتب القاهرة")
    quote = turn.locator(".card .quote").first
    expect(quote).to_contain_text("ميزانية السفر")
    for where in (quote, turn.locator(".question")):
        assert where.evaluate("element => getComputedStyle(element).direction") == "rtl"
    assert page.locator("main").evaluate("element => getComputedStyle(element).direction") == "ltr"
