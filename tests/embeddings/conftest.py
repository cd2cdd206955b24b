"""A fake platform whose embedding responses a test can replace, and its models."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mistral_rag import MistralEmbeddings
from mistral_rag.testing import FakeMistral
from mistral_rag.testing._server.exchange import Request, Response, json_response

Body = dict[str, Any]


class Platform(FakeMistral):
    """A fake platform whose responses to embedding requests can be replaced."""

    def model(self, **settings: Any) -> MistralEmbeddings:
        """A model of this platform that does not retry."""
        return MistralEmbeddings(base_url=self.base_url, api_key=self.key, **{"max_retries": 0, **settings})

    def answers(self, rule: Callable[[Body], Any]) -> None:
        """Respond by a rule, which returns the vectors, a whole body, a `Response`, or None for the usual response."""

        def fault(request: Request, usual: Callable[[], Response]) -> Response:
            said = rule(json.loads(request.body))
            if isinstance(said, list):
                data = [{"object": "embedding", "index": at, "embedding": row} for at, row in enumerate(said)]
                said = {"object": "list", "data": data, "usage": {"total_tokens": len(said)}}
            if said is None:
                return usual()
            return said if isinstance(said, Response) else json_response(said)

        self.faults.add(fault, times=None, path="/embeddings")

    @property
    def inputs(self) -> list[list[str]]:
        """The texts of each received request."""
        return [request.json["input"] for request in self.requests]


def refusal(message: str, *, status: int = 400, **more: Any) -> Response:
    """The platform's error object."""
    return json_response({"object": "error", "message": message, **more}, status=status)


@pytest.fixture
def platform() -> Iterator[Platform]:
    with Platform() as served:
        yield served
