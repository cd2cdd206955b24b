"""The order in which targets are asked."""

import hashlib
import math
import random
from collections.abc import Callable, Sequence
from typing import Literal

from langchain_core.messages import BaseMessage, HumanMessage
from langchain_core.runnables.config import ensure_config

from mistral_rag.routing._targets import Target

Mode = Literal["fallback", "loadbalance", "single"]


def order(
    targets: Sequence[Target], mode: Mode, chance: random.Random, *, conversation: str | None = None
) -> list[int]:
    """Positions of the targets in the order in which they are asked.

    "loadbalance" draws them by weight without putting back; the others are asked when the one before fails. With a
    `conversation` the draw is that of its name: weighted rendezvous hashing, which needs no memory and moves no other
    conversation when a target is added or fails (Wang, Weighted Distributed Hash Tables, 2004).
    """
    if mode == "single":
        return [0]
    if mode == "fallback":
        return list(range(len(targets)))
    draw = _by_name(targets, conversation) if conversation is not None else lambda _: 1.0 - chance.random()
    keys = {at: math.log(draw(at)) / target.weight for at, target in enumerate(targets) if target.weight > 0}
    return sorted(keys, key=keys.__getitem__, reverse=True)


def _by_name(targets: Sequence[Target], conversation: str) -> Callable[[int], float]:
    names = [target.name for target in targets]

    def draw(at: int) -> float:
        text = f"{names[at]}\0{names[:at].count(names[at])}\0{conversation}"
        number = int.from_bytes(hashlib.blake2b(text.encode(errors="replace"), digest_size=8).digest())
        return (number + 1) / 2**64

    return draw


def conversation_of(messages: Sequence[BaseMessage], given: object = None) -> str:
    """The name of a conversation: the caller's, or LangGraph's thread, or else the first message of the user."""
    named = given if given is not None else ensure_config().get("configurable", {}).get("thread_id")
    if named is not None:
        return str(named)
    first = next((message for message in messages if isinstance(message, HumanMessage)), None)
    return str(first.content) if first is not None else ""
