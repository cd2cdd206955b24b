"""Configurations in the form of LiteLLM: arguments of its router, or the file of its proxy.

https://docs.litellm.ai/docs/routing: `model_list` of `{model_name, litellm_params}`, where deployments of one name
share its calls, and `fallbacks` from name to names.
"""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any, Final

from langchain_core.language_models import BaseChatModel

from mistral_rag.errors import ConfigurationError
from mistral_rag.routing._breaker import CircuitBreaker
from mistral_rag.routing._hosts import Host, checked
from mistral_rag.routing._router import ChatRouter
from mistral_rag.routing._targets import Target

ROUTER: Final = frozenset(
    {"fallbacks", "default_fallbacks", "routing_strategy", "num_retries", "allowed_fails", "cooldown_time", "timeout"}
)
SECTIONS: Final = ("router_settings", "litellm_settings")
"""Sections of the proxy's file that hold arguments of the router."""

SERVER: Final = frozenset({"general_settings"})
"""Section about the proxy as a server, which says nothing about who answers."""

BALANCED: Final = ("simple-shuffle", "weighted-pick")
NUM_RETRIES: Final = 2
"""LiteLLM's default, which is that of the openai library."""

HOST: Final = frozenset({"model", "api_key", "api_base", "base_url", "timeout", "max_retries", "extra_headers"})
WEIGHTS: Final = ("weight", "rpm", "tpm")
"""Parameters by which "simple-shuffle" weighs deployments; the first that any of them has counts."""

LEFT_OUT: Final = frozenset({*HOST, *WEIGHTS, "order", "custom_llm_provider"})


def router_of_model_list(
    config: Mapping[str, Any], *, models: Mapping[str, BaseChatModel], model: str | None
) -> ChatRouter:
    """The router for calls to the name `model` in the list; None takes the first.

    Raises:
        ConfigurationError: A part is missing, unknown, or something that this router does not do.
    """
    settings = _settings(config)
    strategy = settings.get("routing_strategy", BALANCED[0])
    if strategy not in BALANCED:
        raise ConfigurationError(f"routing_strategy must be {' or '.join(BALANCED)}, not {strategy!r}.")
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for number, entry in enumerate(config["model_list"] or ()):
        checked(entry, frozenset({"model_name", "litellm_params", "model_info"}), where=f"model_list[{number}]")
        groups.setdefault(str(entry.get("model_name")), []).append(dict(entry.get("litellm_params") or {}))
    if not groups:
        raise ConfigurationError("model_list has no entry.")
    first = next(iter(groups)) if model is None else model
    names = [first, *_fallbacks(first, settings)]
    missing = [name for name in names if name not in groups]
    if missing:
        raise ConfigurationError(f"model_list has no {missing[0]!r}; it has {', '.join(groups)}.")
    made = [_group(groups[name], name, settings, models) for name in names]
    return (
        made[0]
        if len(made) == 1
        else ChatRouter(
            targets=[Target(group, name=name) for group, name in zip(made, names, strict=True)], breaker=None
        )
    )


def _settings(config: Mapping[str, Any]) -> dict[str, Any]:
    outer = {name: value for name, value in config.items() if name not in {"model_list", *SECTIONS, *SERVER}}
    parts = {"the configuration": outer, **{name: config.get(name) or {} for name in SECTIONS}}
    return {name: value for where, part in parts.items() for name, value in checked(part, ROUTER, where=where).items()}


def _fallbacks(name: str, settings: Mapping[str, Any]) -> Sequence[str]:
    """The names that follow, without repeats: those of this name, or else those of all."""
    lists = {key: value for entry in settings.get("fallbacks") or () for key, value in entry.items()}
    following = lists.get(name, lists.get("*", settings.get("default_fallbacks") or ()))
    if not all(isinstance(other, str) for other in following):
        raise ConfigurationError("fallbacks must name entries of model_list.")
    return [other for other in dict.fromkeys(following) if other != name]


def _group(
    deployments: Sequence[Mapping[str, Any]],
    name: str,
    settings: Mapping[str, Any],
    models: Mapping[str, BaseChatModel],
) -> ChatRouter:
    """The deployments of one name: balanced by weight, those of a higher `order` when the others have failed."""
    default = CircuitBreaker()
    breaker = CircuitBreaker(
        failures=max(1, settings.get("allowed_fails", default.failures)),
        cooldown=settings.get("cooldown_time", default.cooldown),
    )
    weigher = next((key for key in WEIGHTS if any(key in given for given in deployments)), None)
    # LiteLLM's retries go to the next deployment, as a router's targets do; only a single one is asked again
    retries = settings.get("num_retries", NUM_RETRIES) if len(deployments) == 1 else 0
    targets = [_target(given, name, models, retries, settings, weigher) for given in deployments]
    ranks = [given.get("order", 0) for given in deployments]
    ranked = sorted(zip(ranks, targets, strict=True), key=lambda pair: pair[0])
    tiers = [[target for _, target in tier] for _, tier in groupby(ranked, key=lambda pair: pair[0])]
    balanced = [ChatRouter(name=name, targets=tier, mode="loadbalance", breaker=breaker) for tier in tiers]
    return (
        balanced[0]
        if len(balanced) == 1
        else ChatRouter(
            targets=[Target(tier, name=f"order {number}") for number, tier in enumerate(balanced, 1)], breaker=None
        )
    )


def _target(
    given: Mapping[str, Any],
    name: str,
    models: Mapping[str, BaseChatModel],
    retries: int,
    settings: Mapping[str, Any],
    weigher: str | None,
) -> Target:
    where = f"model_list, {name}"
    if not (isinstance(given.get("model"), str) and given["model"]):
        raise ConfigurationError(f"{where}: litellm_params must name a model.")
    prefix, _, model = str(given.get("model", "")).partition("/")
    provider = str(given.get("custom_llm_provider") or (prefix if model else "mistral"))
    host = Host(
        provider=provider,
        model=model or prefix,
        key=given.get("api_key"),
        address=given.get("api_base") or given.get("base_url"),
        timeout=given.get("timeout", settings.get("timeout")),
        retries=given.get("max_retries", retries),
        headers=given.get("extra_headers") or {},
    )
    names = (str(given.get("model")), model, provider)
    chat = host.chat_model(models, names=names, vault=None, where=where)
    parameters = {key: value for key, value in given.items() if key not in LEFT_OUT}
    if not host.is_made(models, names=names):
        parameters["model"] = host.model
    return Target(chat, weight=given.get(weigher, 0) if weigher else 1.0, params=parameters, name=host.model)
