"""Differences between the catalogue and what a host says of its models."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mistral_rag.catalogue._catalogue import ModelCatalogue
from mistral_rag.catalogue._entries import ModelEntry

ABILITIES = {"completion_fim": "fim", "function_calling": "tools", "reasoning": "reasoning", "vision": "vision"}
"""Abilities by the platform's names that the catalogue has too."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A fact of one model: `ours` is the catalogue's, `theirs` the host's; None where there is none."""

    model: str
    fact: str
    ours: Any
    theirs: Any

    def __str__(self) -> str:
        return f"{self.model}: {self.fact} is {_shown(self.theirs)} at the host, {_shown(self.ours)} in the catalogue"


def _shown(value: Any) -> str:
    return "not given" if value is None else ("yes" if value is True else "no" if value is False else str(value))


def differences(catalogue: ModelCatalogue, cards: Sequence[Mapping[str, Any]]) -> list[Difference]:
    """Compare the catalogue with the cards of `GET /v1/models`, in the order of the cards; then what is not served."""
    named = [card for card in cards if isinstance(card.get("id"), str)]
    found = [difference for card in named for difference in _of_card(catalogue, card)]
    served = {name for card in named for name in (card["id"], *(card.get("aliases") or ()))}
    ours = (entry for entry in catalogue.models if entry.state in {"current", "preview"})
    absent = [Difference(entry.id, "service", True, False) for entry in ours if not served & set(entry.names)]
    return found + absent


def _of_card(catalogue: ModelCatalogue, card: Mapping[str, Any]) -> Iterator[Difference]:
    name = card["id"]
    entry = catalogue.find(name)
    if entry is None:
        if card.get("type") != "fine-tuned":
            yield Difference(name, "service", None, True)
        return
    if entry.state == "retired":
        yield Difference(name, "state", "retired", "served")
    context = card.get("max_context_length")
    if isinstance(context, int) and entry.context is not None and context != entry.context:
        yield Difference(name, "context", entry.context, context)
    if card.get("deprecation") and str(card["deprecation"])[:10] != str(entry.retires):
        yield Difference(name, "retires", entry.retires and str(entry.retires), str(card["deprecation"])[:10])
    if entry.kind == "chat" and isinstance(card.get("capabilities"), Mapping):
        yield from _of_abilities(name, entry, card["capabilities"])


def _of_abilities(name: str, entry: ModelEntry, capabilities: Mapping[str, Any]) -> Iterator[Difference]:
    for theirs, ours in ABILITIES.items():
        if theirs in capabilities and bool(capabilities[theirs]) != (ours in entry.abilities):
            yield Difference(name, ours, ours in entry.abilities, bool(capabilities[theirs]))
