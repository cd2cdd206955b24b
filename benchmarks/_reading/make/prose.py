"""Prose that says nothing but is all different: each sentence has a number and names of its own."""

import random

_WHO = (
    "The northern depot", "Our workshop", "A supplier", "The harbour office", "The second shift", "Our laboratory",
    "The finance team", "A contractor", "The regional board", "The design group", "The warehouse", "An auditor",
    "The night crew", "Our largest customer", "The training centre", "The safety committee", "A local carrier",
    "The purchasing desk", "The service line", "The archive", "The planning unit", "A visiting engineer",
)  # fmt: skip
_DID = (
    "shipped", "inspected", "ordered", "returned", "repaired", "counted", "rejected", "approved", "recorded",
    "delivered", "replaced", "measured", "stored", "painted", "sampled", "calibrated", "insured", "reported",
)  # fmt: skip
_WHAT = (
    "pallets", "valves", "contracts", "batteries", "sensors", "invoices", "housings", "permits", "turbines", "drawings",
    "compressors", "cables", "gaskets", "forms", "filters", "engines", "samples", "brackets", "vehicles", "cylinders",
)  # fmt: skip
_HOW = (
    "under the agreement of last autumn", "without a single complaint", "after a long delay at the border",
    "because the previous series had failed", "before the holiday closed the plant", "at a lower price than planned",
    "while the main hall was being rebuilt", "although the documents were incomplete", "for the first time since March",
    "in spite of heavy weather on the coast", "with help from two neighbouring sites", "against the advice of counsel",
)  # fmt: skip
_TITLES = (
    "Deliveries and returns", "Work on the main hall", "Costs of storage", "Inspection of valves", "Plans for spring",
    "Agreements with carriers", "Safety on site", "Review of suppliers", "Training of crews", "Energy and water",
)  # fmt: skip


class Prose:
    """Sentences by a seed; no number comes twice on a page."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)  # noqa: S311 - the same text each time
        self._numbers = self._random.sample(range(103, 9989), 500)
        self._titles = self._random.sample(_TITLES, len(_TITLES))

    def number(self) -> int:
        """A number that has not been given yet."""
        return self._numbers.pop()

    def sentence(self) -> str:
        """One sentence of 8 to 14 words."""
        pick = self._random.choice
        return f"{pick(_WHO)} {pick(_DID)} {self.number()} {pick(_WHAT)} {pick(_HOW)}."

    def text(self, sentences: int) -> str:
        """A paragraph."""
        return " ".join(self.sentence() for _ in range(sentences))

    def title(self) -> str:
        """A heading."""
        return self._titles.pop()

    def note(self) -> str:
        """A few words without a verb at their head, as in a margin."""
        pick = self._random.choice
        return f"{pick(_WHAT).capitalize()} {pick(_DID)} {pick(_HOW)}: {self.number()}"


def wrap(text: str, width: int, *, hyphens: bool = False) -> list[str]:
    """Lines of at most `width` characters; with `hyphens` long words are divided where the line ends."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        room = width - len(line) - 1
        if not line or len(word) <= room:
            line = f"{line} {word}".lstrip()
            continue
        rest = word
        if hyphens and word.isalpha() and len(word) >= 8 and room >= 5:
            head = min(len(word) - 3, room - 1)
            line, rest = f"{line} {word[:head]}-", word[head:]
        lines.append(line)
        line = rest
    return [*lines, line]
