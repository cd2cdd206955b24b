"""A client of the fake platform, without a socket."""

import pytest

from mistral_rag import MistralClient
from mistral_rag.testing import FakeMistral


@pytest.fixture
def fake() -> FakeMistral:
    """The fake platform without a server."""
    return FakeMistral()


@pytest.fixture
def client(fake: FakeMistral) -> MistralClient:
    """A client of it."""
    return MistralClient(base_url=fake.base_url, api_key=fake.key, transport=fake.transport())
