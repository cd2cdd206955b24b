"""Settings of a retriever under our names and LangChain's."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, Literal, TypedDict

from mistral_rag._nearest import refusal
from mistral_rag.errors import ConfigurationError
from mistral_rag.retrieval._expansion import QueryExpander
from mistral_rag.retrieval._reranking import Reranker
from mistral_rag.retrieval._score_breakdown import Fusion
from mistral_rag.retrieval._signals import Signal

SearchType = Literal["similarity", "mmr", "similarity_score_threshold"]
"""LangChain's names for the ranking as it is, for maximal marginal relevance, and for a least score."""

SEARCH_TYPES: Final = ("similarity", "mmr", "similarity_score_threshold")
LANGCHAIN_NAMES: Final = {"fetch_k": "candidates", "lambda_mult": "mmr"}
"""Settings that LangChain's vector stores call otherwise."""
FOREIGN: Final = (*LANGCHAIN_NAMES, "search_type", "search_kwargs")

LAMBDA_MULT: Final = 0.5
"""What LangChain's stores take for `mmr` where no `lambda_mult` is given."""

FIXED: Final = {
    "groups": "groups are fixed when a retriever is made, so that no request reads for others",
    "index": "the index is fixed when a retriever is made",
    "embeddings": "the embeddings are those of the index",
}
"""Settings that a call can't change, and the reason."""
TRACED: Final = ("tags", "metadata", "name")
"""LangChain's labels of a run: a call gives them in its config."""


class RetrieverSettings(TypedDict, total=False):
    """The settings of `HybridRetriever` beside those that `from_index` names; the class says what they mean.

    The last four are LangChain's names: `fetch_k` is `candidates`, `lambda_mult` is `mmr`, `search_type` is
    "similarity", "mmr" or "similarity_score_threshold", and `search_kwargs` holds any of the others.
    """

    dense_weight: float | None
    fusion: Fusion
    routing: bool
    signals: Sequence[Signal] | None
    expander: QueryExpander | Literal["signals"] | None
    reranker: Reranker | None
    candidates: int
    mmr: float | None
    score_threshold: float | None
    most_per_document: int | None
    neighbours: int
    tags: list[str] | None
    metadata: dict[str, Any] | None
    name: str | None
    fetch_k: int
    lambda_mult: float
    search_type: SearchType
    search_kwargs: Mapping[str, Any]


def own_settings(given: Mapping[str, Any], known: Collection[str]) -> dict[str, Any]:
    """The settings under our names.

    Raises:
        ConfigurationError: a setting is not `known`, given twice, or does not fit its `search_type`.
    """
    flat = _flat(given)
    for name in flat:
        if name not in known and name not in FOREIGN:
            raise ConfigurationError(refusal("no setting", name, {*known, *FOREIGN}))
    kind = flat.pop("search_type", None)
    renamed: dict[str, Any] = {}
    for name, value in flat.items():
        own = LANGCHAIN_NAMES.get(name, name)
        if own != name and own in flat:
            raise ConfigurationError(f"{own} is given twice, also as {name}")
        renamed[own] = value
    return renamed if kind is None else _of_type(kind, renamed)


def call_settings(given: Mapping[str, Any], known: Collection[str]) -> dict[str, Any]:
    """As `own_settings`, of a single call. Raises ConfigurationError for what is fixed when a retriever is made."""
    for name, reason in FIXED.items():
        if name in _flat(given):
            raise ConfigurationError(f"{name} can't be given to a call: {reason}")
    return own_settings(given, [name for name in known if name not in FIXED and name not in TRACED])


def _flat(given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings with those inside of `search_kwargs`."""
    inner = given.get("search_kwargs", {})
    if not isinstance(inner, Mapping):
        raise ConfigurationError("search_kwargs is a dict of settings")
    outer = {name: value for name, value in given.items() if name != "search_kwargs"}
    if twice := sorted(outer.keys() & inner.keys()):
        raise ConfigurationError(f"{twice[0]} is given twice: by itself and in search_kwargs")
    return {**outer, **inner}


def _of_type(kind: object, settings: dict[str, Any]) -> dict[str, Any]:
    if kind not in SEARCH_TYPES:
        raise ConfigurationError(refusal("no search_type", str(kind), SEARCH_TYPES))
    if kind == "mmr":
        return {"mmr": LAMBDA_MULT, **settings}
    if settings.get("mmr") is not None:
        raise ConfigurationError(f'lambda_mult (or mmr) is for search_type "mmr", not "{kind}"')
    if kind == "similarity_score_threshold" and settings.get("score_threshold") is None:
        raise ConfigurationError('search_type "similarity_score_threshold" needs a score_threshold')
    return {**settings, "mmr": None}
