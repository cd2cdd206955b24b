"""The evidence that a model is shown: within a budget of tokens, each text once, and not all of one document."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.runnables import RunnableBinding

from mistral_rag.grounding._evidence.evidence import EvidenceUnit
from mistral_rag.grounding._evidence.prompt import rendered
from mistral_rag.text import NON_ALPHANUMERIC

_LETTERS: Final = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ "
CountTokens = Callable[[str], int]
MAX_SHARE: Final = 0.6
"""Share of the budget that one document may take while others wait."""
MIN_COPY: Final = 30
"""Letters and digits from which on equal texts are copies; "Total" and "Yes" stand in many places."""
MAX_TRIED: Final = 20
"""Units that are tried again: each costs one count of the whole evidence."""
NONCE: Final = "xxxx"
"""As long as a nonce; the tokens of a real one may differ by one or two a line."""
BYTES_PER_TOKEN: Final = 4
"""Of English text; used for models whose tokenizer is not known."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The units that are shown, numbered anew, and what a reader should know about the others."""

    units: tuple[EvidenceUnit, ...]
    warnings: tuple[str, ...] = ()


def select(evidence: Sequence[EvidenceUnit], budget: int, count: CountTokens | None) -> Selection:
    """Choose the units of the best passages that fit into `budget` tokens, at least one.

    `count` counts exactly; without it a token is taken for four bytes of UTF-8, and a warning says so when that
    decides.
    """
    distinct = _without_copies(evidence)
    fits = _within(distinct, budget, count or estimated)
    chosen = [replace(unit, number=number) for number, unit in enumerate(fits, start=1)]
    if len(fits) == len(distinct):
        return Selection(tuple(chosen))
    how = "" if count else " (estimated as four bytes each: the model's tokenizer is not known)"
    left = len(distinct) - len(fits)
    told = f"left out {left} of {len(distinct)} lines of evidence: the budget is {budget} tokens{how}"
    return Selection(tuple(chosen), (told,))


def estimated(text: str) -> int:
    """Tokens of a text by its bytes."""
    return -(-len(text.encode(errors="replace")) // BYTES_PER_TOKEN)


def counter_of(model: object) -> CountTokens | None:
    """The tokenizer of a model of this package, also from behind `bind` and `with_config`; None for any other.

    Other models' counts may load a foreign tokenizer from the network.
    """
    while isinstance(model, RunnableBinding):
        model = model.bound
    return model.get_num_tokens if isinstance(model, BaseChatModel) and model._llm_type == "mistral-chat" else None


def _at_most(text: str) -> int:
    """More tokens than any tokenizer of the platform makes: one for two letters or blanks, one for each other byte."""
    data = text.encode(errors="replace")
    others = len(data.translate(None, _LETTERS))
    return (len(data) - others) // 2 + others


def _without_copies(evidence: Sequence[EvidenceUnit]) -> list[EvidenceUnit]:
    """The units, each text once: where it stands in the best passage. Spacing, case and signs make no other text."""
    best: dict[str, EvidenceUnit] = {}
    kept: set[int] = set()
    for unit in sorted(evidence, key=lambda unit: unit.rank):
        letters = NON_ALPHANUMERIC.sub("", f"{unit.text}{unit.header}".casefold())
        if len(letters) < MIN_COPY or letters not in best:
            kept.add(unit.number)
            best.setdefault(letters, unit)
    return [unit for unit in evidence if unit.number in kept]


def _within(units: Sequence[EvidenceUnit], budget: int, count: CountTokens) -> list[EvidenceUnit]:
    """The units that fit, in their order; those of better passages are taken first."""
    # loading a tokenizer takes a second: it is spared where far fewer tokens than the budget are certain
    whole = rendered(units, NONCE)
    if _at_most(whole) <= budget or count(whole) <= budget:
        return list(units)
    sources = {unit.passage.source.uri for unit in units}
    share = budget * MAX_SHARE if len(sources) > 1 else budget
    used: dict[str, int] = {}
    taken: list[EvidenceUnit] = []
    spare: list[EvidenceUnit] = []
    for unit in sorted(units, key=lambda unit: unit.rank):
        size, uri = count(rendered([unit], NONCE)), unit.passage.source.uri
        if sum(used.values()) + size > budget or used.get(uri, 0) + size > share:
            spare.append(unit)
            continue
        used[uri] = used.get(uri, 0) + size
        taken.append(unit)
    return _filled_up(units, taken, spare, budget, count) or list(units[:1])


def _filled_up(
    units: Sequence[EvidenceUnit],
    taken: list[EvidenceUnit],
    spare: Sequence[EvidenceUnit],
    budget: int,
    count: CountTokens,
) -> list[EvidenceUnit]:
    """The units taken, with those that the room they leave still holds, in their order.

    Units of a page share their heading and context, so together they are smaller than one by one.
    """
    order = {unit.number: at for at, unit in enumerate(units)}
    chosen = sorted(taken, key=lambda unit: order[unit.number])
    for unit in spare[:MAX_TRIED]:
        wider = sorted([*chosen, unit], key=lambda unit: order[unit.number])
        if count(rendered(wider, NONCE)) <= budget:
            chosen = wider
    return chosen
