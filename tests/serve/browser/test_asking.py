"""Questions as a person asks them: the stream, the verdicts, follow-ups, and what happens when something breaks."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from mistral_rag import cli
from mistral_rag.testing import FakeMistral
from tests.serve.browser.pages import OpenPage, ask
from tests.serve.browser.serving import RunningServer

pytestmark = pytest.mark.timeout(300)  # the first answer waits for models
RATE = "What is the rate of the marina?"


def draft(text: str) -> Callable[[Any], str]:
    """A model's reply: `{words}` becomes the marker of the first line of evidence with these words."""

    def reply(request: Any) -> str:
        evidence = str(request.messages[-1].content)

        def marker(wanted: re.Match[str]) -> str:
            lines = [line for line in evidence.splitlines() if wanted[1] in line and line.startswith("[E")]
            return lines[0].split(" ")[0] if lines else "[no such line]"

        return re.sub(r"\{(.*?)\}", marker, text)

    return reply


@pytest.fixture
def slow(platform: FakeMistral) -> Iterator[None]:
    """Replies come word by word, slowly enough to be interrupted."""
    platform.event_latency = 0.15
    yield
    platform.event_latency = 0.0


def question(page: Page, text: str) -> None:
    page.get_by_role("textbox", name="Question").fill(text)
    page.keyboard.press("Enter")


LONG = "The rate of the marina is 70 euros a night {of the marina}. " * 20


def test_each_sentence_shows_its_verdict_and_says_why(
    open_page: Callable[..., OpenPage], written: RunningServer, platform: FakeMistral
) -> None:
    platform.script(
        draft(
            "The rate of the marina is **70 euros** a night {of the marina}."
            " It paid 99 billion for a bicycle factory {of the marina}."
        )
    )
    page = open_page(written).page
    turn = ask(page, RATE)
    supported = "".join(turn.locator(".claim.supported").all_text_contents())
    assert "The rate of the marina is 70 euros a night" in supported
    expect(turn.locator("strong .claim.supported")).to_have_text("70 euros")
    expect(turn.locator(".prose p")).to_contain_text("The rate of the marina is 70 euros a night 1. It paid")
    doubtful = turn.locator(".claim:not(.supported)")
    assert "".join(doubtful.all_inner_texts()).startswith("It paid 99 billion for a bicycle factory")
    verdict = turn.locator(".verdict:not(.supported)")
    why = turn.locator(".why:not(.supported)")
    expect(why).to_be_hidden()
    verdict.click()
    expect(why).to_contain_text("99")
    expect(verdict).to_have_attribute("aria-expanded", "true")


def test_what_the_documents_do_not_say_is_a_result(page: Page) -> None:
    turn = ask(page, "How many bicycles does the embassy in Ottawa own?")
    expect(turn.locator(".unanswered .head")).to_have_text("These documents don’t say.")
    assert turn.locator(".failure, .cite, .card").count() == 0


def test_a_table_of_an_answer_keeps_its_columns(
    open_page: Callable[..., OpenPage], written: RunningServer, platform: FakeMistral
) -> None:
    platform.script(draft("| What | Rate |\n|---|---:|\n| The rate of the marina is | 70 euros {of the marina} |"))
    page = open_page(written, viewport={"width": 390, "height": 780}).page
    cell = ask(page, RATE).locator("tbody td").last
    expect(cell).to_have_css("text-align", "right")
    expect(cell).to_have_text(re.compile("70 euros 1"))


def test_reasons_are_said_in_the_language_of_the_page(
    open_page: Callable[..., OpenPage], written: RunningServer, platform: FakeMistral
) -> None:
    platform.script(draft("The marina paid 99 billion euros for a bicycle factory {of the marina}."))
    page = open_page(written, locale="de-DE").page
    turn = ask(page, RATE)
    expect(turn.locator(".unanswered .head")).to_have_text("Das sagen diese Dokumente nicht.")
    expect(turn.locator(".unanswered > p").nth(1)).to_have_text("keine Aussage der Antwort ist belegt")
    turn.locator(".verdict").click()
    expect(turn.locator(".why")).to_contain_text("99 billion steht in keinem ihrer Zitate")
    page.get_by_role("combobox", name="Sprache").select_option("fr")
    expect(turn.locator(".unanswered > p").nth(1)).to_have_text("aucune affirmation de la réponse n’est étayée")


def test_words_before_quotes_and_signs_against_an_answer_are_in_the_language_of_the_page(
    open_page: Callable[..., OpenPage], served: RunningServer
) -> None:
    page = open_page(served, locale="fr-FR").page
    lead = ask(page, RATE).locator(".prose > p")
    expect(lead).to_have_text("Passages des documents qui répondent le mieux à la question (cités, sans modèle) :")
    turn = ask(page, "How many employees does Apple have in Germany?")
    expect(turn.locator(".unanswered > p").nth(1)).to_contain_text("rien de ce qui a été trouvé ne mentionne Germany")


def test_an_answer_from_before_a_restart_says_why_it_can_not_be_judged(
    open_page: Callable[..., OpenPage], index: Path
) -> None:
    with RunningServer(index) as server:
        page = open_page(server).page
        turn = ask(page, RATE)
        server.stop()
        server.start()
        turn.locator(".answer > footer").get_by_role("button", name="Right").click()
        expect(page.locator("#toast")).to_contain_text("The server has been started again since")
        page.get_by_role("button", name="Markdown").click()
        expect(page.locator("#toast")).to_contain_text("Ask once more to judge or export it.")


def test_an_index_without_documents_says_what_to_do(open_page: Callable[..., OpenPage], tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert cli.ingest(["build", str(tmp_path / "empty"), "--index", str(tmp_path / "index")]) == 0
    with RunningServer(tmp_path / "index") as server:
        page = open_page(server).page
        expect(page.locator(".welcome")).to_contain_text("There are no documents yet.")
        expect(page.locator(".welcome")).to_contain_text("ingest build FOLDER --index index")


def test_documents_of_groups_are_said_to_be_there_to_whoever_is_alone_with_the_server(
    open_page: Callable[..., OpenPage], tmp_path: Path
) -> None:
    for folder in ("hr", "all"):
        (tmp_path / "documents" / folder).mkdir(parents=True)
        (tmp_path / "documents" / folder / "note.md").write_text("# Note\n\nThe canteen opens at nine.\n")
    groups = '[[rules]]\npath = "hr/**"\ngroups = ["hr"]\n[[rules]]\npath = "all/**"\ngroups = ["*"]\n'
    (tmp_path / "rules.toml").write_text(groups)
    index = tmp_path / "index"
    build = ["build", str(tmp_path / "documents"), "--index", str(index), "--rules", str(tmp_path / "rules.toml")]
    assert cli.ingest([*build, "--embeddings", "none"]) == 0
    with RunningServer(index) as server:
        page = open_page(server).page
        expect(page.locator(".welcome")).to_contain_text("Ask 1 document.")
        expect(page.locator(".welcome")).to_contain_text("1 document is for groups alone and not shown here.")
        page.get_by_role("link", name="Documents").click()
        expect(page.locator(".hint")).to_contain_text("Start the server with --group NAME to include it.")


def test_a_follow_up_is_understood_and_the_conversation_survives_a_reload(page: Page) -> None:
    ask(page, "What is the rate of the marina?")
    turn = ask(page, "And of the harbour?")
    expect(turn.locator(".searched")).to_contain_text("harbour")
    expect(turn.locator(".prose")).to_contain_text("71 euros")
    page.reload()
    expect(page.locator(".turn")).to_have_count(2)
    expect(page.locator(".turn").nth(1).locator(".prose")).to_contain_text("71 euros")
    page.get_by_role("button", name="New conversation").click()
    expect(page.locator(".turn")).to_have_count(0)


def test_the_words_come_as_they_are_written_and_can_be_stopped(
    open_page: Callable[..., OpenPage], written: RunningServer, platform: FakeMistral, slow: None
) -> None:
    platform.script(draft(LONG))
    page = open_page(written).page
    question(page, RATE)
    expect(page.locator(".turn .prose")).to_contain_text("The rate of the marina")
    expect(page.locator(".turn")).to_have_attribute("aria-busy", "true")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".turn .failure")).to_contain_text("Stopped before the end.")
    expect(page.locator(".turn")).to_have_attribute("aria-busy", "false")


def test_a_reload_while_it_streams_keeps_the_question(
    open_page: Callable[..., OpenPage], written: RunningServer, platform: FakeMistral, slow: None
) -> None:
    platform.script(draft(LONG))
    page = open_page(written).page
    question(page, RATE)
    expect(page.locator(".turn .prose")).to_contain_text("The rate of the marina")
    page.reload()
    expect(page.locator(".turn .question")).to_have_text(RATE)
    expect(page.locator(".turn .failure")).to_contain_text("The connection broke off")
    platform.event_latency = 0.0
    platform.script(draft("The rate of the marina is 70 euros a night {of the marina}."))
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".turn .card")).to_have_count(1)


def test_a_server_that_is_started_again_goes_on(
    open_page: Callable[..., OpenPage], written: RunningServer, platform: FakeMistral, slow: None
) -> None:
    platform.script(draft(LONG))
    page = open_page(written).page
    question(page, RATE)
    expect(page.locator(".turn .prose")).to_contain_text("The rate of the marina")
    written.stop()
    try:
        expect(page.locator(".turn .failure")).to_contain_text("The server can't be reached.")
        page.get_by_role("button", name="Try again").click()
        expect(page.locator(".turn .failure")).to_contain_text("The server can't be reached.")
    finally:
        written.start()
    platform.event_latency = 0.0
    platform.script(draft("The rate of the marina is 70 euros a night {of the marina}."))
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".turn .card")).to_have_count(1)


def test_a_token_is_asked_for_once(open_page: Callable[..., OpenPage], index: Any) -> None:
    with RunningServer(index, "--token", "correct-horse-battery-staple") as server:
        page = open_page(server).page
        page.get_by_label("Token").fill("wrong")
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog")).to_contain_text("does not know this token")
        page.get_by_label("Token").fill("correct-horse-battery-staple")
        page.keyboard.press("Enter")
        page.goto(f"{server.url}/#/documents")
        page.locator("tbody").get_by_role("link", name="report").click()
        page.locator(".page-list button").first.click()
        page.locator("#viewer img[src^=blob]").wait_for()
        page.reload()
        expect(page.get_by_role("dialog")).to_have_count(0)
        page.locator(".page-list button").first.wait_for()
        assert "battery" not in page.content()


def test_costs_are_no_view_of_whoever_may_not_see_them(
    open_page: Callable[..., OpenPage], index: Path, tmp_path: Path
) -> None:
    token = "anna-0123456789abcdef"
    entry = {"name": "anna", "sha256": hashlib.sha256(token.encode()).hexdigest()}
    (tmp_path / "tokens.json").write_text(json.dumps({"tokens": [entry]}))
    with RunningServer(index, "--tokens", str(tmp_path / "tokens.json")) as server:
        page = open_page(server, "/#/costs").page
        page.get_by_label("Token").fill(token)
        page.keyboard.press("Enter")
        expect(page.locator("nav a")).to_have_text(["Ask", "Search", "Documents"])
        expect(page.locator(".welcome")).to_be_visible()
