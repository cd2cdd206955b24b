"""Options of the commands that search an index, and the retriever that they describe."""

from __future__ import annotations

import argparse

from mistral_rag.terminal import UsageError, add_groups, at_least_one, index_folder, printable, text_argument

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Literal

    from mistral_rag.retrieval import QueryExpander
    from mistral_rag.retrievers import HybridRetriever


def add_retrieval(sub: argparse.ArgumentParser) -> None:
    """Add the options of a search."""
    sub.add_argument("-k", type=at_least_one, default=8, metavar="N", help="passages to retrieve (default 8)")
    sub.add_argument(
        "--filter",
        type=_json_object,
        metavar="JSON",
        help='only documents whose metadata fits, such as \'{"language": "en"}\'',
    )
    add_groups(sub, "find what a reader in this group finds; may be repeated (default: what everyone finds)")
    sub.add_argument(
        "--expand",
        choices=("rules", "model", "off"),
        default="rules",
        help="further words to search for: by rules for companies' reports (default), by the chat model, or none",
    )


def question_of(arguments: argparse.Namespace) -> str:
    """The question that was typed. Raises UsageError when there is nothing to read in it."""
    question: str = arguments.question
    if not printable(question).replace("\ufffd", "").strip():
        raise UsageError("the question is empty. Write one, in quotes")
    return question


def retriever_of(arguments: argparse.Namespace) -> HybridRetriever:
    """Make the retriever that the options describe."""
    folder = index_folder(arguments)
    from mistral_rag.retrievers import HybridRetriever

    expander = _expander(arguments.expand)
    retriever = HybridRetriever.from_index(
        folder, k=arguments.k, filter=arguments.filter, groups=arguments.groups, expander=expander
    )
    if arguments.filter:
        _check_fields(retriever, arguments.filter)
    return retriever


def _check_fields(retriever: HybridRetriever, wanted: Mapping[str, object]) -> None:
    """Raise InvalidFilterError for a field that no document has, also where a search would do without it.

    Who types a filter wants to hear of a slip; a program may ask for documents without a field.
    """
    from mistral_rag.retrieval._filtered_fields import named_fields, require_fields

    with retriever.index.view() as view:
        require_fields(view, named_fields(wanted), set())


def _expander(kind: str) -> QueryExpander | Literal["signals"] | None:
    if kind != "model":
        return "signals" if kind == "rules" else None
    from mistral_rag.defaults import load_chat_model
    from mistral_rag.errors import ConfigurationError
    from mistral_rag.retrieval import Glossary, ModelExpander

    model = load_chat_model()
    if model is None:
        raise ConfigurationError("--expand model needs a key. Set MISTRAL_API_KEY, or use --expand rules")
    return ModelExpander(model, otherwise=Glossary())


def _json_object(text: str) -> dict[str, object]:
    import json

    try:
        value = json.loads(text_argument(text))
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise argparse.ArgumentTypeError("must be a JSON object")
    return value
