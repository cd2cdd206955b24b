"""Plain HTTP clients of the fake platform, over a socket and without one."""

from collections.abc import Iterator

import httpx
import pytest

from mistral_rag.testing import FakeMistral


@pytest.fixture(params=["over HTTP", "in process"])
def client(request: pytest.FixtureRequest, fake: FakeMistral) -> Iterator[httpx.Client]:
    """A client of `fake`, through its server and through its transport."""
    headers = {"authorization": f"Bearer {fake.key}"}
    transport = fake.transport() if request.param == "in process" else None
    with httpx.Client(base_url=fake.base_url, headers=headers, transport=transport, timeout=5) as client:
        yield client


@pytest.fixture
def direct(fake: FakeMistral) -> Iterator[httpx.Client]:
    """A client of `fake` through its transport only, for tests that are independent of HTTP."""
    headers = {"authorization": f"Bearer {fake.key}"}
    with httpx.Client(base_url=fake.base_url, headers=headers, transport=fake.transport()) as client:
        yield client
