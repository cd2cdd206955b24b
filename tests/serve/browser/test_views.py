"""Beside the questions: search, the documents of the index, uploads, feedback, exports, costs."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, expect

from mistral_rag.testing import FakeMistral
from tests.serve.browser.pages import OpenPage, ask, show_citation
from tests.serve.browser.serving import RunningServer
from tests.serve.browser.test_asking import draft

pytestmark = pytest.mark.timeout(300)  # the first answer waits for models


def search(page: Page, words: str) -> None:
    page.goto(re.sub("#.*", "", page.url) + "#/search")
    page.get_by_role("searchbox", name="Words").fill(words)
    page.keyboard.press("Enter")
    page.locator(".result").first.wait_for()


def test_search_marks_the_words_and_opens_the_passage(page: Page) -> None:
    search(page, "rate of the lagoon")
    first = page.locator(".result").first
    assert "lagoon" in [text.lower() for text in first.locator("mark").all_inner_texts()]
    first.get_by_role("button").click()
    expect(page.locator("#viewer mark").first).to_contain_text("lagoon")


def test_facets_cut_the_passages_down(page: Page) -> None:
    search(page, "records of employees")
    facet = page.locator(".facets button", has_text="Web page")
    facet.click()
    expect(page.locator(".facets button", has_text="Web page")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".result h2", has_text="report")).to_have_count(0)
    assert set(page.locator(".result h2").all_inner_texts()) == {
        "Veldmoor Instruments: Information Security and Records Policy"
    }


def test_search_explains_its_order_on_demand(page: Page) -> None:
    search(page, "rate of the lagoon")
    assert page.locator(".explained").count() == 0
    page.get_by_text("Dates and details").click()
    page.get_by_label("Explain the order").check()
    expect(page.locator(".explained").first).to_be_visible()


def test_documents_say_how_they_were_read_and_show_their_pages(page: Page) -> None:
    page.goto(page.url + "#/documents")
    row = page.locator("tbody tr", has_text="report.pdf")
    expect(row.locator(".readings")).to_have_attribute("aria-label", "Text layer: 4")
    row.get_by_role("link").click()
    page.locator(".page-list button").nth(1).click()
    page.locator("#viewer img[src]").wait_for()
    expect(page.locator("#viewer .words")).to_contain_text("Common stock repurchased")
    assert page.locator("#viewer .marks rect").count() == 0


def test_only_the_chosen_documents_are_asked(page: Page) -> None:
    page.goto(page.url + "#/documents")
    page.get_by_role("searchbox", name="Filter by name").fill("ferries")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("checkbox").check()
    page.get_by_role("link", name="Ask").click()
    expect(page.locator(".chips")).to_contain_text("Only this document:")
    turn = ask(page, "What does the island cost?")
    assert set(turn.locator(".card strong").all_inner_texts()) <= {"Ferries <img src=x onerror=alert(5)>", "Ferries"}
    assert "13 euros" in turn.inner_text() or "12 euros" in turn.inner_text()


def menu(price: int) -> FilePayload:
    text = f"# Canteen\n\nLunch in the canteen costs {price} euros on Fridays.\n"
    return {"name": "canteen.md", "mimeType": "text/markdown", "buffer": text.encode()}


def test_a_document_is_uploaded_cited_replaced_and_deleted(
    open_page: Callable[..., OpenPage], written: RunningServer, platform: FakeMistral
) -> None:
    page = open_page(written, "/#/documents").page
    page.locator("input[type=file]").set_input_files(menu(6))
    expect(page.locator(".job.done")).to_contain_text("canteen.md")
    page.get_by_role("link", name="Ask", exact=True).click()
    platform.script(draft("Lunch costs 6 euros {in the canteen}."))
    address = show_citation(page, ask(page, "What does lunch in the canteen cost?"), 1)["address"]
    page.get_by_role("button", name="Close").click()

    page.get_by_role("link", name="Documents").click()
    page.locator("tbody").get_by_role("link", name="Canteen").click()
    page.locator("input[type=file]").set_input_files(menu(9))
    page.locator(".job.done").wait_for()
    page.goto(address)
    expect(page.locator("#viewer .badge").first).to_have_text("Out of date")
    expect(page.locator("#viewer")).to_contain_text("nothing is marked")
    assert page.locator("#viewer mark, #viewer .quote").count() == 0

    page.goto(f"{written.url}/#/documents")
    page.locator("tbody").get_by_role("link", name="Canteen").click()
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.locator("tbody tr").first).to_be_visible()
    expect(page.locator("tbody")).not_to_contain_text("canteen.md")


def test_an_upload_that_can_not_be_read_says_why(open_page: Callable[..., OpenPage], written: RunningServer) -> None:
    page = open_page(written, "/#/documents", locale="fr-FR").page
    broken: FilePayload = {"name": "broken.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 nothing here"}
    page.locator("input[type=file]").set_input_files(broken)
    expect(page.locator(".job .failure")).to_have_text("ce n’est pas un PDF, ou il est trop endommagé pour être lu")
    assert page.locator(".job.done").count() == 0


def test_types_can_be_chosen_of_documents_that_are_not_listed_yet(page: Page) -> None:
    page.goto(page.url + "#/documents")
    page.get_by_role("searchbox", name="Filter by name").fill("ferries")
    expect(page.locator("tbody tr")).to_have_count(1)
    assert "Web page" in page.get_by_role("combobox", name="Type").inner_text()
    page.get_by_role("searchbox", name="Filter by name").fill("")
    page.get_by_role("combobox", name="Type").select_option("application/pdf")
    expect(page.locator("tbody tr")).to_have_count(1)


def test_on_a_phone_the_passages_come_before_the_facets(
    open_page: Callable[..., OpenPage], served: RunningServer
) -> None:
    page = open_page(served, viewport={"width": 390, "height": 780}).page
    search(page, "records of employees")
    expect(page.locator(".facet").first).to_be_hidden()
    page.get_by_text("Narrow down").click()
    page.locator(".facets button", has_text="Web page").click()
    expect(page.locator(".result h2").first).to_contain_text("Information Security")


def test_feedback_is_kept_with_its_note(page: Page, index: Path) -> None:
    turn = ask(page, "What is the rate of the marina?")
    whole = turn.locator(".answer > footer")
    whole.get_by_role("button", name="Wrong").click()
    expect(whole.get_by_role("button", name="Wrong")).to_have_attribute("aria-pressed", "true")
    whole.get_by_role("textbox").fill("It is 70 in summer only.")
    page.keyboard.press("Enter")
    expect(page.locator("#toast")).to_contain_text("your feedback is kept")
    kept = page.request.get(re.sub("[#/]*$", "", page.url) + "/api/feedback.jsonl").text()
    assert "It is 70 in summer only." in [json.loads(line).get("note") for line in kept.splitlines()]


@pytest.mark.parametrize(
    ("name", "ending", "begin"),
    [("Markdown", ".md", b"#"), ("PDF of the cited pages", ".pdf", b"%PDF"), ("Web Annotations", ".json", b"")],
)
def test_a_conversation_is_exported(page: Page, name: str, ending: str, begin: bytes) -> None:
    ask(page, "For how much did Apple repurchase common stock in the third quarter of 2023?")
    with page.expect_download() as download:
        page.get_by_role("button", name=name).click()
    assert download.value.suggested_filename.endswith(ending)
    assert Path(download.value.path()).read_bytes().startswith(begin)


def test_costs_are_shown_by_day(open_page: Callable[..., OpenPage], written: RunningServer) -> None:
    page = open_page(written).page
    ask(page, "What is the rate of the marina?")
    page.goto(written.url + "/#/costs")
    expect(page.get_by_role("heading", name="Costs")).to_be_visible()
    expect(page.locator(".plot i")).to_have_count(90)
    assert page.locator(".plot i").last.bounding_box()["height"] > 100  # type: ignore[index]
    assert [cell[:3] for cell in page.locator("tbody td").all_inner_texts()][-1] == "US$"
