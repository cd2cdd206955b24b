"""A click on a citation shows the very words on the very page, and marks nothing else."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pymupdf
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.serve.browser.pages import OpenPage, ask, show_citation
from tests.serve.browser.serving import RunningServer

pytestmark = pytest.mark.timeout(300)  # the first answer waits for models
BUYBACK = "For how much did Apple repurchase common stock in the third quarter of 2023?"
MAILBOXES = "How long are the mailboxes of former employees kept?"
TALL = {"viewport": {"width": 1400, "height": 1500}}
"""A whole page of the report fits into it, so that a screenshot shows all marks."""
Box = tuple[float, float, float, float]


def printed_words(report: Path, number: int) -> list[tuple[Box, str]]:
    """The words of a page as MuPDF reads them, with their boxes as fractions of the page."""
    with pymupdf.open(report) as document:  # type: ignore[no-untyped-call]
        page = document[number - 1]
        wide, high = page.rect.width, page.rect.height
        words = page.get_text("words")
    return [((x0 / wide, y0 / high, x1 / wide, y1 / high), text) for x0, y0, x1, y1, text, *_ in words]


def yellow(sheet: Locator) -> Any:
    """Where the picture of a page is marked as quoted: a mask of its pixels."""
    pixels = np.asarray(Image.open(io.BytesIO(sheet.screenshot())).convert("RGB")).astype(int)
    return (pixels[:, :, 0] > 150) & (pixels[:, :, 0] - pixels[:, :, 2] > 60)


def share(mask: Any, box: Box) -> float:
    """The part of a box that is marked; letters in it are black."""
    high, wide = mask.shape
    left, top, right, bottom = box
    part = mask[round(top * high) : max(round(bottom * high), 1), round(left * wide) : max(round(right * wide), 1)]
    return float(part.mean()) if part.size else 0.0


def test_the_marks_cover_the_quoted_words_and_nothing_else(
    open_page: Callable[..., OpenPage], served: RunningServer, documents: Path
) -> None:
    page = open_page(served, **TALL).page
    turn = ask(page, BUYBACK)
    for number in range(1, turn.locator(".card").count() + 1):
        shown = show_citation(page, turn, number)
        mask = yellow(page.locator(".sheet"))
        at = int(page.locator(".tools .count", has_text="/").inner_text().split("/")[0])
        words = printed_words(documents / "report.pdf", at)
        marked = [text for box, text in words if share(mask, box) > 0.3]
        assert " ".join(marked).split() == shown["quote"].split()
        # the area is that of the words: a mark of another size would reach beyond them
        rows = np.zeros_like(mask)
        for (_, top, _, bottom), _text in (word for word in words if share(mask, word[0]) > 0.3):
            rows[round(top * len(mask)) - 2 : round(bottom * len(mask)) + 3] = True
        assert not (mask & ~rows).any()


def test_the_mark_is_scrolled_into_view_and_its_head_marked_apart(
    open_page: Callable[..., OpenPage], served: RunningServer
) -> None:
    page = open_page(served, viewport={"width": 1100, "height": 620}).page
    turn = ask(page, BUYBACK)
    row = turn.locator(".card", has_text="(18,140)").locator(".number").inner_text()
    shown = show_citation(page, turn, int(row))
    assert shown["quote"].startswith("Common stock repurchased")
    expect(page.locator(".marks .quote").first).to_be_in_viewport(ratio=1)
    # the names of four columns, each on two lines, and the line above them
    assert page.locator(".marks .header").count() == 9
    expect(page.get_by_text("column heads of the quoted row")).to_be_visible()


def test_a_source_without_pages_shows_its_text_with_the_quote_marked(page: Page) -> None:
    shown = show_citation(page, ask(page, MAILBOXES), 1)
    assert shown["title"] == "Veldmoor Instruments: Information Security and Records Policy"
    assert shown["where"].startswith("5. Keeping and deleting records")
    mark = page.locator("#viewer mark")
    assert mark.inner_text() == shown["quote"] == "Mailboxes of former employees | 6 months | Last working day"
    expect(mark).to_be_in_viewport()


def test_an_address_can_be_mailed(open_page: Callable[..., OpenPage], served: RunningServer) -> None:
    page = open_page(served).page
    shown = show_citation(page, ask(page, BUYBACK), 2)
    assert shown["address"].startswith(f"{served.url}/cite/")
    colleague = open_page(served, shown["address"].removeprefix(served.url)).page
    expect(colleague.locator("#viewer blockquote")).to_have_text(shown["quote"], use_inner_text=True)
    expect(colleague.locator("#viewer .badge").first).to_have_text("Verified")
    colleague.locator("#viewer img[src]").wait_for()
    colleague.get_by_role("button", name="Close").click()
    assert colleague.url == f"{served.url}/"


def test_an_address_that_leads_nowhere_says_so(open_page: Callable[..., OpenPage], served: RunningServer) -> None:
    page = open_page(served, "/cite/WzEsIm5vd2hlcmUiXQ").page
    expect(page.locator("#viewer .failure")).to_contain_text("there is no such thing here, or you may not read it")


def test_pages_and_citations_are_gone_through(open_page: Callable[..., OpenPage], served: RunningServer) -> None:
    page = open_page(served).page
    turn = ask(page, BUYBACK)
    first = show_citation(page, turn, 1)
    expect(page.locator(".tools .count").first).to_have_text(f"1 of {turn.locator('.card').count()}")
    page.get_by_role("button", name="Next citation").click()
    expect(page.locator(".tools .count").first).to_have_text(f"2 of {turn.locator('.card').count()}")
    expect(turn.locator(".card.shown .number")).to_have_text("2")
    assert page.url != first["address"]
    page.go_back()
    expect(turn.locator(".card.shown .number")).to_have_text("1")
    # the card is marked at once, the page is shown when it has come
    expect(page.locator(".tools .count").first).to_have_text(f"1 of {turn.locator('.card').count()}")
    at = page.locator(".tools .count", has_text="/")
    before = int(at.inner_text().split("/")[0])
    page.get_by_role("button", name="Next page" if before == 1 else "Previous page").click()
    expect(at).to_have_text(f"{2 if before == 1 else before - 1} / 4")


def test_zoom_keeps_the_mark_on_the_words(
    open_page: Callable[..., OpenPage], served: RunningServer, documents: Path
) -> None:
    page = open_page(served).page
    show_citation(page, ask(page, BUYBACK), 1)
    sheet, mark = page.locator(".sheet"), page.locator(".marks .quote").first
    small, before = sheet.bounding_box(), mark.bounding_box()
    page.get_by_role("button", name="Zoom in").click()
    page.get_by_role("button", name="Zoom in").click()
    large, after = sheet.bounding_box(), mark.bounding_box()
    assert small
    assert before
    assert large
    assert after
    assert round(large["width"] / small["width"], 2) == 1.5
    assert (after["y"] - large["y"]) / large["height"] == pytest.approx(
        (before["y"] - small["y"]) / small["height"], abs=1e-3
    )
    page.get_by_role("button", name="Fit the width").click()
    assert sheet.bounding_box() == small
