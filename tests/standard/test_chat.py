"""LangChain's own test suites for chat models: the unit suite, and the integration suite over HTTP."""

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_tests.integration_tests import ChatModelIntegrationTests
from langchain_tests.unit_tests import ChatModelUnitTests

from mistral_rag import ChatMistral
from mistral_rag.testing import FakeMistral, Reply, call


class TestUnit(ChatModelUnitTests):
    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return ChatMistral

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"model": "mistral-small-latest", "api_key": "test"}

    @property
    def init_from_env_params(self) -> tuple[dict[str, str], dict[str, Any], dict[str, Any]]:
        return (
            {"MISTRAL_API_KEY": "from-env", "MISTRAL_BASE_URL": "http://localhost/v1"},
            {"model": "mistral-small-latest"},
            {"mistral_api_key": "from-env", "api_key": "from-env", "base_url": "http://localhost/v1"},
        )


PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


SAID: dict[str, list[str | Reply]] = {
    "test_agent_loop": [Reply(tool_calls=[call("get_weather", {"location": "San Francisco"})])],
    "test_json_mode": ['{"setup": "Why did the cat sit on it?", "punchline": "To keep an eye on the mouse."}'] * 20,
}
"""Replies for the tests that look at what a reply says."""


class Served:
    """The bytes that the suite would fetch from the web."""

    content = base64.b64decode(PICTURE)
    status_code = 200

    def raise_for_status(self) -> None:
        """It is here."""


class TestIntegration(ChatModelIntegrationTests):
    """Every ability the platform has, over HTTP. The suite's time measurement needs recorded calls and is skipped."""

    fake: FakeMistral

    @pytest.fixture(autouse=True)
    def _served(self, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        monkeypatch.setenv("LANGCHAIN_TESTS_USER_AGENT", "mistral-rag tests")
        monkeypatch.setattr("httpx.get", lambda *_args, **_options: Served())
        with FakeMistral() as fake:
            type(self).fake = fake
            fake.script(*SAID.get(request.node.originalname, ()))
            yield

    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return ChatMistral

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"model": "mistral-small-latest", "api_key": self.fake.key, "base_url": self.fake.base_url}

    @property
    def supports_json_mode(self) -> bool:
        return True

    @property
    def supports_image_inputs(self) -> bool:
        return True

    @property
    def supports_image_urls(self) -> bool:
        return True

    @property
    def supports_image_tool_message(self) -> bool:
        return True

    @property
    def supports_pdf_inputs(self) -> bool:
        return True

    @property
    def supports_pdf_tool_message(self) -> bool:
        return True

    @property
    def supports_audio_inputs(self) -> bool:
        return True

    @property
    def supports_anthropic_inputs(self) -> bool:
        return True

    @property
    def model_override_value(self) -> str:
        return "mistral-large-latest"
