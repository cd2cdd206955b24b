"""Configurations in the form of the Portkey gateway.

https://portkey.ai/docs/api-reference/inference-api/config-object: `strategy`, `targets`, and in each target
`provider`, `api_key`, `weight`, `override_params`, …, or again `strategy` and `targets`. Names may be in camel case, as
Portkey's TypeScript library writes them.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from langchain_core.language_models import BaseChatModel

from mistral_rag.errors import ConfigurationError
from mistral_rag.routing._breaker import CircuitBreaker
from mistral_rag.routing._hosts import Host, checked, retries_of
from mistral_rag.routing._router import ChatRouter
from mistral_rag.routing._targets import Target

MODES: Final = {"fallback": "fallback", "loadbalance": "loadbalance", "single": "single"}
GROUP: Final = frozenset({"strategy", "targets", "name", "weight", "retry", "request_timeout", "override_params"})
TARGET: Final = frozenset(
    {
        "name",
        "weight",
        "retry",
        "request_timeout",
        "override_params",
        "provider",
        "api_key",
        "virtual_key",
        "custom_host",
    }
)
STRATEGY: Final = frozenset({"mode", "on_status_codes", "cb_config", "sticky_session"})
BREAKER: Final = frozenset({"failure_threshold", "cooldown_interval"})
INHERITED: Final = ("retry", "request_timeout", "override_params")
"""Settings of a group that hold for the targets in it that do not give their own."""


def router_of_strategy(config: Mapping[str, Any], *, models: Mapping[str, BaseChatModel]) -> ChatRouter:
    """The router for a configuration with `strategy` and `targets`.

    Raises:
        ConfigurationError: A part is missing, unknown, or something that this router does not do.
    """
    given = checked(_snake(config), GROUP, where="the configuration")
    targets = given.get("targets")
    if not isinstance(targets, list) or not targets:
        raise ConfigurationError('"targets" must be a list of at least one target.')
    strategy = checked(_snake(given.get("strategy") or {"mode": "single"}), STRATEGY, where="strategy")
    mode = strategy.get("mode")
    if mode not in MODES:
        raise ConfigurationError(f"strategy.mode must be one of {', '.join(MODES)}, not {mode!r}.")
    inherited = {name: given[name] for name in INHERITED if name in given}
    codes = strategy.get("on_status_codes")
    return ChatRouter(
        name=given.get("name"),
        targets=[_target(inherited | _snake(target), number, models) for number, target in enumerate(targets)],
        mode=MODES[mode],
        on_status_codes=None if codes is None else frozenset(codes),
        sticky=bool(strategy.get("sticky_session")),
        breaker=_breaker(strategy.get("cb_config")),
    )


def _target(given: Mapping[str, Any], number: int, models: Mapping[str, BaseChatModel]) -> Target:
    where = f"targets[{number}]"
    weight = given.get("weight", 1.0)
    if "targets" in given:
        group = router_of_strategy(given, models=models)
        return Target(group, weight=weight, name=given.get("name") or where)
    checked(given, TARGET, where=where)
    parameters = dict(given.get("override_params") or {})
    slug, _, model = str(parameters.pop("model", "")).rpartition("/") if "model" in parameters else ("", "", "")
    host = Host(
        provider=str(given.get("provider") or slug or "mistral-ai").removeprefix("@"),
        model=model,
        key=given.get("api_key"),
        address=given.get("custom_host"),
        timeout=given["request_timeout"] / 1000 if "request_timeout" in given else None,  # milliseconds
        retries=retries_of(given.get("retry"), where=where),
    )
    names = (given.get("name"), given.get("virtual_key"), host.provider, model)
    chat = host.chat_model(models, names=names, vault=given.get("virtual_key"), where=where)
    if model and not host.is_made(models, names=names):
        parameters["model"] = model
    return Target(chat, weight=weight, params=parameters, name=given.get("name") or model)


def _breaker(given: Any) -> CircuitBreaker | None:
    if given is None:
        return CircuitBreaker()
    held = checked(_snake(given), BREAKER, where="strategy.cb_config")
    default = CircuitBreaker()
    milliseconds = held.get("cooldown_interval", default.cooldown * 1000)
    return CircuitBreaker(failures=held.get("failure_threshold", default.failures), cooldown=milliseconds / 1000)


def _snake(given: Any) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise ConfigurationError(f"A part of the configuration must be a dict, not {type(given).__name__}.")
    return {re.sub(r"(?<=[a-z])(?=[A-Z])", "_", str(name)).lower(): value for name, value in given.items()}
