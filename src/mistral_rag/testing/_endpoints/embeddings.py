"""POST /v1/embeddings: checks of the limits, then vectors."""

import uuid
from typing import Any

from mistral_rag.testing._content.words import count_tokens
from mistral_rag.testing._endpoints import catalogue
from mistral_rag.testing._endpoints.catalogue import ServedModel
from mistral_rag.testing._rules import refusals
from mistral_rag.testing._rules.bodies import EmbeddingRequest
from mistral_rag.testing._server.exchange import Request, Response, json_response
from mistral_rag.testing._server.routing import Endpoint, parsed

MAX_INPUTS = 256
"""Texts of one request; the platform's limit."""

MAX_TOKENS = 16_384
"""Tokens of one request, all texts together; the platform's limit."""

PROMPT = "invalid_request_prompt"


def routes() -> dict[str, Endpoint]:
    """The routes of these endpoints."""
    return {"POST /embeddings": embed}


def embed(request: Request) -> Response:
    """Embed texts."""
    embedded = body(parsed(EmbeddingRequest, request))
    cost = str(embedded["usage"]["total_tokens"])
    return json_response(embedded, headers={"x-ratelimit-tokens-query-cost": cost})


def body(request: EmbeddingRequest) -> dict[str, Any]:
    """The response body, with the vectors in the order of the inputs."""
    model = catalogue.find(request.model)
    if not model.dimensions:
        raise refusals.unknown_model(request.model)
    texts = [request.input] if isinstance(request.input, str) else request.input
    tokens = _within_limits(texts, model)
    return {
        "id": uuid.uuid4().hex,
        "object": "list",
        "data": _data(texts, request, model),
        "model": request.model,
        "usage": {
            "prompt_audio_seconds": None,
            "prompt_tokens": tokens,
            "total_tokens": tokens,
            "completion_tokens": 0,
            "prompt_tokens_details": None,
        },
    }


def _within_limits(texts: list[str], model: ServedModel) -> int:
    if not texts:
        raise refusals.bad_request("Please provide at least one input element.", kind=PROMPT, code="3210")
    if len(texts) > MAX_INPUTS:
        message = "Too many inputs in request, split into more batches."
        raise refusals.bad_request(message, kind=PROMPT, code="3210")
    counts = [count_tokens(text) for text in texts]
    if (longest := max(counts)) > model.context:
        message = f"Input id {counts.index(longest)} has {longest} tokens, exceeding max {model.context} tokens."
        raise refusals.bad_request(message, kind=PROMPT, code="3051")
    if sum(counts) > MAX_TOKENS:
        raise refusals.bad_request("Too many tokens overall, split into more batches.", kind=PROMPT, code="3210")
    return sum(counts)


def _data(texts: list[str], request: EmbeddingRequest, model: ServedModel) -> list[dict[str, Any]]:
    # The import of numpy takes longer than that of the whole fake.
    from mistral_rag.testing._content import vectors

    matrix = vectors.embed(texts, _dimensions(request, model), width=model.max_dimensions)
    rows = vectors.quantised(matrix, request.output_dtype)
    return [
        {"object": "embedding", "embedding": vectors.on_the_wire(row, request.encoding_format), "index": index}
        for index, row in enumerate(rows)
    ]


def _dimensions(request: EmbeddingRequest, model: ServedModel) -> int:
    wanted = request.output_dimension
    if wanted is None or wanted == model.dimensions:
        return model.dimensions
    if model.max_dimensions == model.dimensions:
        raise refusals.bad_request(f"Model {request.model} does not support output_dimension.")
    if wanted > model.max_dimensions:
        raise refusals.bad_request(f"output_dimension must be at most {model.max_dimensions} for {request.model}.")
    if wanted % 8 and "binary" in request.output_dtype:
        raise refusals.bad_request("output_dimension must be a multiple of 8 for binary types.")
    return wanted
