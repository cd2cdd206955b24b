"""Reasoning: the efforts that a model takes, and the think tags of older models, whose text contains the thoughts."""

from collections.abc import Iterator
from typing import NamedTuple

from mistral_rag.catalogue import ModelEntry
from mistral_rag.messages._requests.tools import Wire

LEVELS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
OPEN, CLOSE = "<think>", "</think>"
THINK_PROMPT = (
    f"Think before you answer. Write your thoughts between {OPEN} and {CLOSE}, as freely and as long as you need, "
    "in the language of the question. After them write the answer, complete in itself: the reader does not see the "
    "thoughts."
)


class Effort(NamedTuple):
    """The effort to send, None to leave it out, and a note for the caller when it is not the requested one."""

    value: str | None
    note: str | None = None


def nearest_effort(effort: str | None, name: str, model: ModelEntry | None) -> Effort:
    """The nearest effort that the model is known to take: the next higher one, else the highest.

    "none" becomes the lowest one of a model that can't be kept from thinking. What is not known, or told differently by
    different sources, goes out as it was given, and so does a value that this release does not know.
    """
    if effort is None or model is None or model.efforts is None or model.efforts_disputed or effort in model.efforts:
        return Effort(effort)
    if not model.efforts:
        if effort == "none":
            return Effort(None)
        always = "always thinks as much as it finds right" if model.reasons else "does not reason"
        return Effort(None, f"reasoning_effort was left out: {name} {always}")
    if effort not in LEVELS:
        return Effort(effort)
    levels = [level for level in model.efforts if level in LEVELS and level != "none"]
    enough = [level for level in levels if LEVELS.index(level) >= LEVELS.index(effort)]
    if not levels:
        return Effort(effort)
    nearest = enough[0] if enough else levels[-1]
    return Effort(nearest, f"reasoning_effort {effort} became {nearest}: {name} takes {', '.join(model.efforts)}")


class ThinkTags:
    """Splitter of streamed text at think tags; a tag may be cut anywhere. Only tags before any other text count."""

    def __init__(self) -> None:
        self._state = "before"
        self._held = ""

    def feed(self, text: str) -> Iterator[Wire]:
        """Add text; yields the chunks, in the platform's form, that no later text can change."""
        self._held += text
        if self._state == "before":
            started = self._held.lstrip()
            if OPEN.startswith(started[: len(OPEN)]) and len(started) < len(OPEN):
                return
            thinks = started.startswith(OPEN)
            self._state = "inside" if thinks else "after"
            self._held = started[len(OPEN) :] if thinks else self._held
        if self._state == "inside":
            yield from self._inside()
        if self._state == "gap":
            self._held = self._held.lstrip()
            self._state = "after" if self._held else "gap"
        if self._state == "after" and self._held:
            yield {"type": "text", "text": self._held}
            self._held = ""

    def _inside(self) -> Iterator[Wire]:
        thought, closed, rest = self._held.partition(CLOSE)
        if closed:
            self._state, self._held = "gap", rest
            yield _thought(thought, closed=True)
            return
        open_tag = next((size for size in range(len(CLOSE) - 1, 0, -1) if thought.endswith(CLOSE[:size])), 0)
        self._held = thought[len(thought) - open_tag :]
        if ready := thought[: len(thought) - open_tag]:
            yield _thought(ready, closed=False)

    def end(self) -> Iterator[Wire]:
        """The rest that might have become a tag."""
        if self._held:
            yield (
                _thought(self._held, closed=False) if self._state == "inside" else {"type": "text", "text": self._held}
            )
        self._held = ""


def _thought(text: str, *, closed: bool) -> Wire:
    return {"type": "thinking", "thinking": [{"type": "text", "text": text}], "closed": closed}
