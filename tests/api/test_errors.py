import copy
import json
from typing import Any

import pytest
from langchain_core import exceptions as core

from mistral_rag import errors
from mistral_rag.api._errors import ApiError, error_from_object, error_from_response

VALIDATION = [{"type": "extra_forbidden", "loc": ["body", "seed"], "msg": "Extra inputs are not permitted", "input": 1}]


def answered(status: int, body: Any, **headers: str) -> ApiError:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return error_from_response(status, headers, content)


@pytest.mark.parametrize(
    ("status", "ours", "langchains"),
    [
        (400, errors.BadRequestError, core.ModelInvalidRequestError),
        (401, errors.AuthenticationError, core.ModelAuthenticationError),
        (403, errors.PermissionDeniedError, core.ModelPermissionDeniedError),
        (404, errors.NotFoundError, core.ModelNotFoundError),
        (408, errors.ApiTimeoutError, core.ModelTimeoutError),
        (413, errors.PayloadTooLargeError, core.ModelInvalidRequestError),
        (422, errors.InvalidRequestError, core.ModelInvalidRequestError),
        (429, errors.RateLimitError, core.ModelRateLimitError),
        (500, errors.ServerError, core.ModelAPIError),
        (503, errors.ServerError, core.ModelAPIError),
        (418, errors.BadRequestError, core.ModelInvalidRequestError),
    ],
)
def test_a_status_has_our_class_and_langchains(status: int, ours: type[Exception], langchains: type[Exception]) -> None:
    error = answered(status, b"")
    assert type(error) is ours
    assert isinstance(error, langchains)
    assert error.status == status


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"object": "error", "message": "Bad.", "type": "bad_request", "param": None, "code": "3001"}, "Bad."),
        ({"object": "Error", "message": "Bad.", "code": 3001}, "Bad."),
        ({"detail": "Not Found"}, "Not Found"),
        ({"message": "no Route matched", "request_id": "r1"}, "no Route matched"),
        ({"detail": VALIDATION}, "Extra inputs are not permitted at body.seed"),
        ({"object": "error", "message": {"detail": VALIDATION}}, "Extra inputs are not permitted at body.seed"),
        (
            {"object": "error", "message": json.dumps({"detail": VALIDATION})},
            "Extra inputs are not permitted at body.seed",
        ),
        ({"object": "error", "message": VALIDATION}, "Extra inputs are not permitted at body.seed"),
        ({"detail": VALIDATION * 2}, "not permitted at body.seed; Extra inputs are not permitted at body.seed"),
        ({"error": {"message": "From a gateway", "type": "x", "code": 400}}, "From a gateway"),
        ({"error": "From another gateway"}, "From another gateway"),
        (["odd"], "odd"),
        (b"<html><head><title>502 Bad Gateway</title></head><body>x</body></html>", "502 Bad Gateway"),
        (b"upstream connect error", "upstream connect error"),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b"", "no reason given"),
        (b"null", "no reason given"),
        (b"{", "{"),
    ],
)
def test_every_shape_of_body_gives_its_sentence(body: Any, sentence: str) -> None:
    assert sentence in str(answered(400, body))


def test_what_the_body_tells_is_kept() -> None:
    body = {"object": "error", "message": "Rate limit exceeded", "type": "rate_limited", "code": "1300"}
    error = answered(429, body, **{"retry-after": "3", "mistral-correlation-id": "abc"})
    assert (error.status, error.code, error.type) == (429, "1300", "rate_limited")
    assert (error.retry_after, error.request_id, error.body) == (3.0, "abc", body)
    assert str(error) == "Mistral API error 429 (rate_limited): Rate limit exceeded."


def test_the_request_id_of_a_gateways_body_is_found() -> None:
    assert answered(404, {"message": "no Route", "request_id": "r1"}).request_id == "r1"


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"message": "Invalid model: x", "type": "invalid_model", "code": "1500"}, errors.UnknownModelError),
        (400, {"message": "The model is currently not in use", "code": "3003"}, errors.UnknownModelError),
        (
            400,
            {"message": "Prompt contains 9 tokens, too large for model with 8 maximum context length"},
            errors.ContextOverflowError,
        ),
        (403, {"message": "Blocked by guardrail", "categories": {"pii": True, "law": False}}, errors.RefusalError),
        (429, {"message": "Service tier capacity exceeded", "type": "invalid_request_error"}, errors.RateLimitError),
    ],
)
def test_some_reasons_have_a_class_of_their_own(status: int, body: dict[str, Any], kind: type[Exception]) -> None:
    assert type(answered(status, body)) is kind


def test_a_refusal_names_its_categories() -> None:
    error = answered(403, {"message": "Blocked by guardrail", "categories": {"pii": True, "law": False}})
    assert isinstance(error, errors.RefusalError)
    assert error.categories == ("pii",)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"object": "error", "message": "Slow down", "type": "rate_limited", "code": "1300"}, errors.RateLimitError),
        ({"object": "error", "message": "Oops", "type": "internal_server_error", "code": "1000"}, errors.ServerError),
        ({"object": "error", "message": "Oops", "raw_status_code": 503}, errors.ServerError),
        ({"object": "error", "message": "Wrong", "type": "invalid_request_error"}, errors.BadRequestError),
        ({"object": "error", "message": "?"}, errors.ResponseError),
    ],
)
def test_an_error_object_without_a_status_is_typed_by_its_words(body: dict[str, Any], kind: type[Exception]) -> None:
    assert type(error_from_object(body, {})) is kind


def test_context_overflow_is_langchains_too() -> None:
    assert issubclass(errors.ContextOverflowError, core.ContextOverflowError)


def test_errors_can_be_copied() -> None:
    error = answered(429, {"message": "Slow down", "code": "1300"}, **{"retry-after": "3"})
    again = copy.copy(error)
    assert (type(again), str(again), again.retry_after) == (errors.RateLimitError, str(error), 3.0)


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_what_may_get_better_says_so(status: int) -> None:
    assert answered(status, b"").is_retryable


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 413, 422])
def test_what_will_not_get_better_says_so(status: int) -> None:
    assert not answered(status, b"").is_retryable


@pytest.mark.parametrize(
    ("names", "kind", "status"),
    [
        ({"type": "rate_limited", "code": "1300"}, errors.RateLimitError, 429),
        ({"type": "too_many_requests"}, errors.RateLimitError, 429),
        ({"type": "requests", "code": "rate_limit_exceeded"}, errors.RateLimitError, 429),
        ({"type": "insufficient_quota", "code": "insufficient_quota"}, errors.RateLimitError, 429),
        ({"type": "service_tier_capacity_exceeded", "code": "3505"}, errors.RateLimitError, 429),
        ({"status": "RESOURCE_EXHAUSTED", "code": 429}, errors.RateLimitError, 429),
        ({"type": "authentication_error"}, errors.AuthenticationError, 401),
        ({"type": "billing_api_budget_exhausted", "code": "2303"}, errors.PermissionDeniedError, 402),
        ({"type": "unreachable_backend", "code": "1100"}, errors.ServerError, 503),
        ({"type": "unauthorized"}, errors.AuthenticationError, 401),
        ({"type": "invalid_request_error", "code": "invalid_api_key"}, errors.AuthenticationError, 401),
        ({"type": "permission_error"}, errors.PermissionDeniedError, 403),
        ({"type": "guardrail_violation", "code": "3201"}, errors.RefusalError, 403),
        ({"code": "content_filter"}, errors.RefusalError, 403),
        ({"type": "not_found_error"}, errors.NotFoundError, 404),
        ({"type": "request_too_large"}, errors.PayloadTooLargeError, 413),
        ({"type": "unprocessable_entity"}, errors.InvalidRequestError, 422),
        ({"type": "timeout"}, errors.ApiTimeoutError, 408),
        ({"type": "gateway_timeout"}, errors.ServerError, 504),
        ({"type": "overloaded_error"}, errors.ServerError, 503),
        ({"type": "service_unavailable"}, errors.ServerError, 503),
        ({"type": "internal_server_error", "code": "1000"}, errors.ServerError, 500),
        ({"type": "invalid_request_error", "code": "3280"}, errors.BadRequestError, 400),
        ({"type": "invalid_request_error", "code": "context_length_exceeded"}, errors.ContextOverflowError, 400),
        ({"type": "invalid_model"}, errors.UnknownModelError, 400),
        ({"type": "generation_error"}, errors.ResponseError, None),
        ({"type": "None", "code": None}, errors.ResponseError, None),
    ],
)
def test_an_error_object_without_a_status_has_that_of_its_name(
    names: dict[str, Any], kind: type[Exception], status: int | None
) -> None:
    error = error_from_object({"error": {"message": "x", **names}}, {})
    assert (type(error), error.status) == (kind, status)


@pytest.mark.parametrize("code", ["content_filter", "content_policy_violation", "3201"])
def test_a_refusal_is_one_under_any_status(code: str) -> None:
    assert type(answered(400, {"error": {"message": "No.", "code": code}})) is errors.RefusalError


def test_what_a_litellm_proxy_does_not_know_is_not_told() -> None:
    error = answered(500, {"error": {"message": "Busy", "type": "None", "param": "None", "code": "500"}})
    assert str(error) == "Mistral API error 500 (ServerError): Busy."


def test_a_redirect_is_not_followed_and_names_the_place() -> None:
    error = answered(301, b"", location="https://api.mistral.ai/v1/chat/completions")
    assert str(error) == (
        "Mistral API error 301 (ApiError): no reason given. The host sends elsewhere, to "
        "https://api.mistral.ai/v1/chat/completions; if that is right, make it the base_url."
    )
