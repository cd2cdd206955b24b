"""A page in the browser, with what it complained about and what it asked for elsewhere."""

from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import ConsoleMessage, Locator, Page, Request

IGNORED = ("ERR_CONNECTION", "ERR_INCOMPLETE_CHUNKED", "ERR_EMPTY_RESPONSE", "status of 4", "status of 5")
"""The browser's own notes on requests that tests let fail; errors of scripts and of the policy say otherwise."""


@dataclass
class OpenPage:
    """A page of a server, and what happens on it."""

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)
    foreign_requests: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(60_000)
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: self.complaints.append(f"dialog: {dialog.message}"))
        self.page.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        refused = message.text.startswith("Failed to load resource") and any(sign in message.text for sign in IGNORED)
        if message.type in {"error", "warning"} and not refused:
            self.complaints.append(message.text)

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.url + "/", f"blob:{self.url}/")):
            self.foreign_requests.append(request.url)

    def goto(self, path: str) -> None:
        """Go to a path of the server."""
        self.page.goto(self.url + path)

    def close(self) -> None:
        """Close the page and its context."""
        self.page.context.close()


def ask(page: Page, question: str) -> Locator:
    """Ask, in any language of the page, and wait for the end of the answer; its turn of the conversation."""
    before = page.locator(".turn").count()
    page.locator(".composer textarea").fill(question)
    page.keyboard.press("Enter")
    turn = page.locator(".turn").nth(before)
    turn.locator(".answer > footer, .failure").wait_for()
    return turn


def show_citation(page: Page, turn: Locator, number: int) -> dict[str, Any]:
    """Choose a numbered mark, wait for the source; its heading, place and quote."""
    turn.get_by_role("button", name=f"Citation {number}:").first.click()
    viewer = page.locator("#viewer:not([aria-busy])")
    viewer.locator(".sheet img[src], .words").first.wait_for()
    if viewer.locator(".sheet").count():
        page.wait_for_timeout(600)  # the mark appears within half a second
    texts = {name: viewer.locator(where).inner_text() for name, where in PARTS.items() if viewer.locator(where).count()}
    return {**texts, "address": page.url}


PARTS = {"title": ".bar h2", "where": ".bar .where", "quote": ".cited blockquote", "standing": ".cited .badge >> nth=0"}
