"""For every test: no settings of the developer, no network but loopback; paths, and the fake platform."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pytest_socket import socket_allow_hosts

if TYPE_CHECKING:  # the fixtures import them, after `pytest_configure` has removed the settings
    from mistral_rag import MistralOCR
    from mistral_rag.testing import FakeMistral

CHECKOUT = Path(__file__).parents[1]
SETTINGS = ("MISTRAL_", "LANGCHAIN_", "LANGSMITH_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--refresh-docs", action="store_true", help="write what is printed now into README and docs")


def pytest_configure() -> None:
    for name in list(os.environ):
        if name.upper().startswith(SETTINGS):
            del os.environ[name]


@pytest.fixture(autouse=True)
def _loopback_only() -> None:
    # Not once for all tests: the plugin removes its guard after each test.
    socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)


@pytest.fixture(scope="session")
def checkout() -> Path:
    """The root of the repository."""
    return CHECKOUT


@pytest.fixture(scope="session")
def shared() -> Path:
    """Development data beside the checkout, where there is some."""
    folder = CHECKOUT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("no ../shared beside the checkout")
    return folder


@pytest.fixture
def fake() -> Iterator["FakeMistral"]:
    """The fake platform as a server on loopback."""
    from mistral_rag.testing import FakeMistral

    with FakeMistral() as served:
        yield served


@pytest.fixture
def ocr(fake: "FakeMistral") -> "MistralOCR":
    """A reader that does not retry and does not compare with text layers."""
    from mistral_rag import MistralOCR

    return MistralOCR(base_url=fake.base_url, api_key=fake.key, max_retries=0, compare_text_layer=False)
