"""LangChain's own test suites for embeddings: the unit suite, and the integration suite over HTTP."""

from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.embeddings import Embeddings
from langchain_tests.integration_tests import EmbeddingsIntegrationTests
from langchain_tests.unit_tests import EmbeddingsUnitTests

from mistral_rag import MistralEmbeddings
from mistral_rag.testing import FakeMistral


class TestUnit(EmbeddingsUnitTests):
    @property
    def embeddings_class(self) -> type[Embeddings]:
        return MistralEmbeddings

    @property
    def embedding_model_params(self) -> dict[str, Any]:
        return {"model": "mistral-embed", "api_key": "test"}

    @property
    def init_from_env_params(self) -> tuple[dict[str, str], dict[str, Any], dict[str, Any]]:
        return {"MISTRAL_API_KEY": "from-env"}, {"model": "mistral-embed"}, {"mistral_api_key": "from-env"}


class TestIntegration(EmbeddingsIntegrationTests):
    fake: FakeMistral

    @pytest.fixture(autouse=True)
    def _served(self) -> Iterator[None]:
        with FakeMistral() as fake:
            type(self).fake = fake
            yield

    @property
    def embeddings_class(self) -> type[Embeddings]:
        return MistralEmbeddings

    @property
    def embedding_model_params(self) -> dict[str, Any]:
        return {"model": "mistral-embed", "api_key": self.fake.key, "base_url": self.fake.base_url}
