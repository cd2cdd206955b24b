"""For whoever has no mouse, a small screen, a dark room, a screen reader, or another language."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.serve.browser.pages import OpenPage, ask, show_citation
from tests.serve.browser.serving import RunningServer

pytestmark = pytest.mark.timeout(300)  # the first answer waits for models
BUYBACK = "For how much did Apple repurchase common stock in the third quarter of 2023?"
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True, "device_scale_factor": 2}


SEEN = """(() => {
  const here = document.activeElement, field = here.closest(".field");
  const color = (element) => getComputedStyle(element).borderBlockEndColor;
  return here === document.body || getComputedStyle(here).outlineStyle !== "none"
    || (field !== null && color(field) !== color(document.querySelector(".top")));
})()"""
"""True when what has the focus has an outline, or is the question's box, whose border changes."""


def focused(page: Page) -> str:
    """The name of what has the focus."""
    return str(page.evaluate("document.activeElement.getAttribute('aria-label') ?? document.activeElement.innerText"))


def press_until(page: Page, key: str, wanted: str) -> None:
    """Press a key until what has the focus is called so."""
    for _ in range(60):
        if focused(page).startswith(wanted):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{wanted} was not reached with {key}")


def test_everything_is_done_with_the_keyboard(page: Page) -> None:
    expect(page.get_by_role("textbox", name="Question")).to_be_focused()
    page.keyboard.type(BUYBACK)
    page.keyboard.press("Enter")
    page.locator(".answer > footer").wait_for()
    press_until(page, "Shift+Tab", "Citation 1:")
    page.keyboard.press("Enter")
    page.locator("#viewer .sheet img[src]").wait_for()
    assert focused(page) == page.locator("#viewer h2").inner_text()
    page.keyboard.press("n")
    expect(page.locator(".tools .count").first).to_have_text(f"2 of {page.locator('.card').count()}")
    page.keyboard.press("+")
    page.keyboard.press("0")
    at = page.locator(".tools .count", has_text="/")
    before = at.inner_text()
    page.keyboard.press("ArrowRight" if before.startswith("1") else "ArrowLeft")
    expect(at).not_to_have_text(before)
    page.keyboard.press("t")
    expect(page.locator("#viewer .words")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#viewer")).to_be_hidden()
    assert focused(page).startswith("Citation 1:")


def test_a_focus_is_always_seen(page: Page) -> None:
    for _ in range(12):
        page.keyboard.press("Tab")
        seen = page.evaluate(SEEN)
        assert seen, focused(page)


def test_a_phone_shows_all_and_nothing_beyond_its_edge(
    open_page: Callable[..., OpenPage], served: RunningServer
) -> None:
    page = open_page(served, **PHONE).page
    turn = ask(page, BUYBACK)
    for view in ("ask", "search", "documents", "costs"):
        page.goto(f"{served.url}/#/{view}")
        page.locator(f"nav a[aria-current][href='#/{view}']").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") == 390, view
    page.goto(f"{served.url}/#/ask")
    show_citation(page, turn, 1)
    viewer = page.locator("#viewer").bounding_box()
    assert viewer == {"x": 0, "y": 0, "width": 390, "height": 844}
    expect(page.locator(".marks .quote").first).to_be_in_viewport()
    sheet = page.locator(".sheet").bounding_box()
    assert sheet
    assert sheet["width"] >= 358
    page.get_by_role("button", name="Close").tap()
    expect(turn.locator(".card").first).to_be_visible()


def light(page: Page) -> float:
    """How light the ground of the page is, 0 to 255."""
    color = str(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    red, green, blue = (float(part) for part in color.removeprefix("rgb(").removesuffix(")").split(","))
    return (red + green + blue) / 3


def test_colours_follow_the_system_or_the_person(open_page: Callable[..., OpenPage], served: RunningServer) -> None:
    page = open_page(served, color_scheme="dark").page
    page.get_by_role("textbox").wait_for()
    assert light(page) < 40
    page.get_by_role("button", name="Colours: as the system").click()
    page.get_by_role("button", name="Colours: light").wait_for()
    assert light(page) > 240
    page.reload()
    page.get_by_role("button", name="Colours: light").wait_for()
    assert light(page) > 240


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation(open_page: Callable[..., OpenPage], served: RunningServer, scheme: str) -> None:
    page = open_page(served, color_scheme=scheme, reduced_motion="reduce").page
    page.get_by_role("textbox").wait_for()
    violations(page, "empty")
    show_citation(page, ask(page, BUYBACK), 1)
    violations(page, "answer and source")
    ask(page, "How many bicycles does the embassy in Ottawa own?")
    violations(page, "no answer")
    for view, ready in VIEWS.items():
        page.goto(f"{served.url}/#/{view}")
        page.locator(ready).first.wait_for()
        violations(page, view)


VIEWS = {"search": "main input[type=search]", "documents": "tbody tr", "costs": "main h1"}


def violations(page: Page, where: str) -> None:
    """Fail with what axe has found."""
    found = Axe().run(page)
    assert found.violations_count == 0, f"{where}: {found.generate_report()}"


def test_what_is_done_is_told_to_a_screen_reader(page: Page) -> None:
    turn = ask(page, "How long are the mailboxes of former employees kept?")
    assert turn.locator(".card").count() == 1
    expect(page.get_by_role("status").and_(page.locator("#live"))).to_have_text("Answered, with 1 citation.")


@pytest.mark.parametrize(
    ("locale", "placeholder", "place"),
    [("de-DE", "Fragen Sie Ihre Dokumente", "S. "), ("fr-FR", "Interrogez vos documents", "p. ")],
)
def test_the_page_speaks_the_language_of_the_browser(
    open_page: Callable[..., OpenPage], served: RunningServer, locale: str, placeholder: str, place: str
) -> None:
    page = open_page(served, locale=locale).page
    expect(page.get_by_placeholder(placeholder)).to_be_visible()
    assert page.locator("html").get_attribute("lang") == locale[:2]
    page.get_by_role("combobox").select_option("en")
    expect(page.get_by_placeholder("Ask your documents")).to_be_visible()
