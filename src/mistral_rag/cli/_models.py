"""`mistral-rag models`: the model catalogue, and what the platform says otherwise."""

from __future__ import annotations

import argparse

from mistral_rag.terminal import DONE, EXIT_CODES, UNDONE, counted, say, say_json, text_argument

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from mistral_rag.catalogue import ModelCatalogue, ModelEntry, Price

SERVED = frozenset({"current", "preview", "labs", "deprecated"})
THOUSAND = 1024
"""Contexts are powers of two: 256k are 262,144 tokens."""


def add_models(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the program."""
    sub = commands.add_parser(
        "models",
        help="the models that are known: limits, abilities, prices and their dates",
        description="Print the model catalogue: what ships with this release, changed by your own entries in the JSON "
        "file that MISTRAL_RAG_MODELS names. Nothing is asked of anybody without --live.",
        epilog=EXIT_CODES,
    )
    sub.add_argument("names", nargs="*", type=text_argument, metavar="NAME", help="only these, by id or alias")
    sub.add_argument("--all", action="store_true", help="models that are no longer served, too")
    sub.add_argument(
        "--live", action="store_true", help="ask the platform, and show what differs; exit code 1 when something does"
    )
    sub.add_argument("--json", action="store_true", help="print one JSON object on standard output")
    sub.set_defaults(command=models)


def models(arguments: argparse.Namespace) -> int:
    """`mistral-rag models`."""
    from mistral_rag.catalogue import load_catalogue

    catalogue = load_catalogue()
    if arguments.live:
        return _live(catalogue, arguments)
    chosen = _chosen(catalogue, arguments)
    if arguments.json:
        entries = [entry.model_dump(mode="json", exclude_none=True) for entry in chosen]
        say_json({"checked": str(catalogue.checked), "models": [_sorted(entry) for entry in entries]})
        return DONE
    for entry in chosen:
        say(_line(entry))
        if entry.aliases:
            say(f"    also {', '.join(entry.aliases)}")
    say(f"{counted(len(chosen), 'model')}, facts and prices (US dollars) of {catalogue.checked}")
    return DONE


def _sorted(entry: dict[str, Any]) -> dict[str, Any]:
    return {**entry, "abilities": sorted(entry["abilities"])}


def _chosen(catalogue: ModelCatalogue, arguments: argparse.Namespace) -> Sequence[ModelEntry]:
    if not arguments.names:
        return [entry for entry in catalogue.models if arguments.all or entry.state in SERVED]
    from mistral_rag.errors import ConfigurationError

    found = {name: catalogue.find(name) for name in arguments.names}
    if unknown := [name for name, entry in found.items() if entry is None]:
        raise ConfigurationError(
            f"the catalogue has no {', '.join(unknown)}; a model that it does not know is used as it is given"
        )
    return list({entry.id: entry for entry in found.values() if entry is not None}.values())


def _line(entry: ModelEntry) -> str:
    from datetime import UTC, datetime

    facts = [entry.kind if entry.state == "current" else f"{entry.kind}, {entry.state}"]
    if entry.context:
        facts.append(f"{_size(entry.context)} tokens")
    if entry.efforts:
        facts.append("effort " + "/".join(entry.efforts) + (" (sources disagree)" if entry.efforts_disputed else ""))
    if shown := sorted(entry.abilities & {"audio", "fim", "reasoning", "tools", "vision"}):
        facts.append(" ".join(shown))
    price = entry.price(datetime.now(UTC).date())
    if price is not None:
        facts.append(_price(price))
    if entry.retires:
        facts.append(f"{'retired' if entry.state == 'retired' else 'retires'} {entry.retires}")
    if entry.replacement:
        facts.append(f"now {entry.replacement}")
    return f"{entry.id}: {'; '.join(facts)}"


def _size(tokens: int) -> str:
    if tokens % THOUSAND:
        return f"{tokens:,}"
    thousands = tokens // THOUSAND
    return f"{thousands // THOUSAND}M" if thousands % THOUSAND == 0 else f"{thousands}k"


def _price(price: Price) -> str:
    tokens = [_dollars(value) for value in (price.input, price.cached_input, price.output) if value is not None]
    parts = [f"{'/'.join(tokens)} a million tokens"] if tokens else []
    for value, unit in (
        (price.page, "a page"),
        (price.annotated_page, "an annotated page"),
        (price.audio_minute, "a minute of audio"),
        (price.million_characters, "a million characters"),
    ):
        if value is not None:
            parts.append(f"{_dollars(value)} {unit}")
    return ", ".join(parts)


def _dollars(value: float) -> str:
    return f"${value:g}"


def _live(catalogue: ModelCatalogue, arguments: argparse.Namespace) -> int:
    from mistral_rag.api._connection import Connection
    from mistral_rag.catalogue import differences

    cards = Connection().client.send("GET", "models", expects="data").data["data"]
    found = differences(catalogue, [card for card in cards if isinstance(card, dict)])
    if arguments.names:
        found = [difference for difference in found if difference.model in arguments.names]
    if arguments.json:
        keys = ("model", "fact", "ours", "theirs")
        say_json({"models": cards, "differences": [{key: getattr(one, key) for key in keys} for one in found]})
    else:
        for difference in found:
            say(str(difference))
        say(f"{counted(len(cards), 'model')} served, {counted(len(found), 'difference')}")
    return UNDONE if found else DONE
