"""Routers from the configurations that users of Portkey and LiteLLM have."""

from typing import Any

import pytest
from langchain_core.language_models import FakeListChatModel

from mistral_rag import ChatMistral
from mistral_rag.errors import ConfigurationError
from mistral_rag.routing import ChatRouter, CircuitBreaker
from mistral_rag.testing import FakeMistral, faults


def mistral(fake: FakeMistral, model: str, **given: Any) -> dict[str, Any]:
    """A target of Portkey's."""
    parameters = {"model": model, **given.pop("override_params", {})}
    return {
        "provider": "mistral-ai",
        "api_key": fake.key,
        "custom_host": fake.base_url,
        "override_params": parameters,
        **given,
    }


def deployment(fake: FakeMistral, name: str, model: str, **given: Any) -> dict[str, Any]:
    """An entry of LiteLLM's model_list."""
    return {
        "model_name": name,
        "litellm_params": {"model": f"mistral/{model}", "api_key": fake.key, "api_base": fake.base_url, **given},
    }


def answered_by(router: ChatRouter, **arguments: Any) -> Any:
    return router.invoke("Hello", **arguments).response_metadata["routing"]["target"]


def test_portkey_falls_back_on_its_codes(fake: FakeMistral) -> None:
    config = {
        "strategy": {"mode": "fallback", "on_status_codes": [429]},
        "targets": [mistral(fake, "mistral-small-latest"), mistral(fake, "mistral-medium-latest")],
    }
    router = ChatRouter.from_config(config)
    assert (router.mode, router.on_status_codes) == ("fallback", frozenset({429}))
    fake.faults.add(faults.rate_limit())
    assert answered_by(router) == "mistral-medium-latest"


def test_portkey_shares_by_weight_with_parameters_of_each_target(fake: FakeMistral) -> None:
    config = {
        "strategy": {"mode": "loadbalance"},
        "targets": [
            mistral(fake, "mistral-small-latest", weight=0),
            mistral(fake, "mistral-medium-latest", weight=0.7, override_params={"temperature": 0.2, "max_tokens": 5}),
        ],
    }
    router = ChatRouter.from_config(config)
    assert [target.weight for target in router.targets] == [0, 0.7]
    assert answered_by(router, temperature=0.9) == "mistral-medium-latest"
    body = fake.requests[0].json
    assert (body["model"], body["temperature"], body["max_tokens"]) == ("mistral-medium-latest", 0.2, 5)


def test_portkey_groups_hold_groups_and_pass_their_settings_on(fake: FakeMistral) -> None:
    config = {
        "retry": {"attempts": 2, "on_status_codes": [429, 503]},
        "requestTimeout": 9000,
        "strategy": {"mode": "fallback", "onStatusCodes": [429, 502]},
        "targets": [
            {
                "name": "small ones",
                "strategy": {"mode": "loadbalance", "sticky_session": {"hash_fields": ["metadata.user"], "ttl": 60}},
                "targets": [mistral(fake, "mistral-small-latest"), mistral(fake, "ministral-8b-latest")],
            },
            {"provider": "@mistral", "apiKey": fake.key, "customHost": fake.base_url, "overrideParams": {"model": "m"}},
        ],
    }
    router = ChatRouter.from_config(config)
    [inner, last] = [target.model for target in router.targets]
    assert isinstance(inner, ChatRouter)
    assert (inner.mode, inner.sticky) == ("loadbalance", True)
    assert isinstance(last, ChatMistral)
    assert (last.model, last.max_retries, last.timeout) == ("m", 2, 9.0)
    assert answered_by(router) in {"small ones/mistral-small-latest", "small ones/ministral-8b-latest"}


def test_portkey_breaks_circuits(fake: FakeMistral) -> None:
    settings = {"failure_threshold": 4, "cooldown_interval": 60000}
    strategy = {"mode": "fallback", "cb_config": settings}
    router = ChatRouter.from_config({"strategy": strategy, "targets": [mistral(fake, "mistral-small-latest")]})
    assert router.breaker == CircuitBreaker(failures=4, cooldown=60.0)


def test_models_of_others_are_named(fake: FakeMistral) -> None:
    config = {
        "strategy": {"mode": "fallback"},
        "targets": [{"provider": "anthropic", "virtual_key": "vault"}, mistral(fake, "mistral-small-latest")],
    }
    other = FakeListChatModel(responses=["other"])
    assert ChatRouter.from_config(config, models={"anthropic": other}).invoke("Hello").text == "other"
    assert ChatRouter.from_config(config, models={"vault": other}).invoke("Hello").text == "other"
    with pytest.raises(ConfigurationError, match="the virtual key 'vault' is in Portkey's vault"):
        ChatRouter.from_config(config)
    config["targets"] = [{"provider": "anthropic", "api_key": "k"}]
    with pytest.raises(ConfigurationError, match="'anthropic' is no host of Mistral's protocol"):
        ChatRouter.from_config(config)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({}, 'has "strategy" and "targets"'),
        ({"strategy": {"mode": "conditional"}, "targets": [{}]}, "not 'conditional'"),
        ({"strategy": {"mode": "single"}, "targets": []}, "at least one target"),
        ({"strategy": {"mode": "single"}, "targets": [{}], "cache": {"mode": "semantic"}}, "cache can't be used"),
        ({"targets": [{"provider": "mistral-ai", "input_guardrails": ["x"]}]}, r"targets\[0\]: input_guardrails can't"),
        ({"targets": [{"retry": {"attempts": 1, "on_status_codes": [404]}}]}, r"not \[404\]"),
        ({"targets": ["mistral"]}, "must be a dict, not str"),
        ({"model_list": []}, "has no entry"),
        ({"model_list": [{"model_name": "a"}], "redis_host": "x"}, "redis_host can't be used"),
        ({"model_list": [{"model_name": "a"}], "routing_strategy": "least-busy"}, "not 'least-busy'"),
        ({"model_list": [{"model_name": "a"}], "fallbacks": [{"a": ["b"]}]}, "has no 'b'; it has a"),
        ([], "A configuration is a dict, not list; read its file first."),
        ('{"model_list": []}', "A configuration is a dict, not str"),
        ({"model_list": None}, "has no entry"),
        ({"model_list": ["a"]}, r"model_list\[0\] must be a dict, not str"),
        (
            {"model_list": [{"model_name": "a", "litellm_params": {}}]},
            "model_list, a: litellm_params must name a model",
        ),
        ({"model_list": [{"model_name": "a", "litellm_params": {"model": 5}}]}, "litellm_params must name a model"),
        ({"model_list": [{"model_name": "a", "litellm_params": "x"}]}, "is of the wrong kind"),
        ({"model_list": [{"model_name": "a", "litellm_params": {"model": "x"}}], "fallbacks": ["b"]}, "wrong kind"),
        ({"targets": [{"api_key": "k", "weight": "2"}]}, "weight of a target must be a number"),
        ({"targets": [{"api_key": "k", "weight": float("nan")}]}, "weight of a target must be a number"),
        ({"targets": [{"api_key": "k", "override_params": "x"}]}, "is of the wrong kind"),
        ({"targets": [{"api_key": "k", "request_timeout": "x"}]}, "is of the wrong kind"),
        ({"targets": [{"api_key": "k"}], "strategy": {"mode": "fallback", "on_status_codes": 429}}, "wrong kind"),
    ],
)
def test_what_is_not_done_is_refused_by_name(config: Any, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        ChatRouter.from_config(config)


def test_litellm_balances_a_name_and_falls_back_to_another(fake: FakeMistral) -> None:
    config = {
        "model_list": [
            deployment(fake, "fast", "mistral-small-latest", weight=3, temperature=0.1),
            deployment(fake, "fast", "ministral-8b-latest", weight=1),
            deployment(fake, "good", "mistral-medium-latest"),
        ],
        "fallbacks": [{"fast": ["good"]}],
        "routing_strategy": "simple-shuffle",
        "num_retries": 0,
        "allowed_fails": 2,
        "cooldown_time": 5,
    }
    router = ChatRouter.from_config(config)
    assert [target.name for target in router.targets] == ["fast", "good"]
    fast = router.targets[0].model
    assert [target.weight for target in fast.targets] == [3, 1]
    assert fast.breaker == CircuitBreaker(failures=2, cooldown=5)
    assert answered_by(router) in {"fast/mistral-small-latest", "fast/ministral-8b-latest"}
    fake.faults.add(faults.bad_gateway(), times=2)
    assert answered_by(router) == "good/mistral-medium-latest"
    assert answered_by(ChatRouter.from_config(config, model="good")) == "mistral-medium-latest"


def test_litellm_weighs_by_rpm_and_orders(fake: FakeMistral) -> None:
    config = {
        "model_list": [
            deployment(fake, "fast", "ministral-8b-latest", rpm=10, order=2),
            deployment(fake, "fast", "mistral-small-latest", rpm=30, order=1),
        ]
    }
    router = ChatRouter.from_config(config)
    assert [[target.weight for target in tier.model.targets] for tier in router.targets] == [[30], [10]]
    assert answered_by(router) == "order 1/mistral-small-latest"


def test_the_file_of_a_litellm_proxy_is_read(fake: FakeMistral, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEAM_KEY", fake.key)
    config = {
        "model_list": [deployment(fake, "fast", "mistral-small-latest", api_key="os.environ/TEAM_KEY")],
        "router_settings": {"routing_strategy": "simple-shuffle"},
        "litellm_settings": {"num_retries": 1},
        "general_settings": {"master_key": "sk-1234"},
    }
    router = ChatRouter.from_config(config)
    assert router.targets[0].model.max_retries == 1
    assert answered_by(router) == "mistral-small-latest"
    monkeypatch.delenv("TEAM_KEY")
    with pytest.raises(ConfigurationError, match="from TEAM_KEY, which is not set"):
        ChatRouter.from_config(config)


def test_the_platforms_key_stays_at_home(fake: FakeMistral, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MISTRAL_API_KEY", fake.key)
    served = {"model": "hosted_vllm/mistral-small-latest", "api_base": fake.base_url}
    router = ChatRouter.from_config({"model_list": [{"model_name": "own", "litellm_params": served}], "num_retries": 0})
    with pytest.raises(Exception, match="401"):
        router.invoke("Hello")
    assert [request.key_matches for request in fake.requests] == [False]


def test_no_configuration_shows_its_keys(fake: FakeMistral) -> None:
    config = {"strategy": {"mode": "single"}, "targets": [mistral(fake, "mistral-small-latest")]}
    assert fake.key not in repr(ChatRouter.from_config(config))
