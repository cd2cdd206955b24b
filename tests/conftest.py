"""For every test: no settings of the developer's, no way off this machine; and where the files are."""

import os
from pathlib import Path

import pytest
from pytest_socket import socket_allow_hosts

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
    # here and not once for all: the plugin takes its guard off after each test
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
