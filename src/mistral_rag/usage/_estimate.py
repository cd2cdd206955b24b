"""Estimates of what a call will use, before it is sent."""

import math
from collections.abc import Iterator
from typing import Any, Final

from mistral_rag.api._ledger import PlannedCall
from mistral_rag.usage._prices import UsageCounts

LETTERS: Final = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ "
MESSAGE_TOKENS: Final = 8
"""Control tokens of a message, at most, by mistral-common's chat templates."""
IMAGE_TOKENS: Final = 3_136
"""Tokens of the largest image: 56 rows of 55 squares and a row's end, rounded up (mistral-common, `ImageEncoder`)."""
SENT: Final = ("messages", "prompt", "suffix", "input", "inputs", "tools", "response_format", "instructions")
"""Fields of a body that the model reads."""


def estimate(text: str) -> int:
    """An estimate of the tokens of a text, on the high side, in microseconds.

    The platform's tokenizers make one token of every digit, of most punctuation marks, and of about four Latin letters;
    other scripts have nearly one token a byte.
    """
    data = text.encode(errors="replace")
    others = len(data.translate(None, LETTERS))
    return math.ceil((len(data) - others) / 3.5 + others * 0.9) + 2


def planned_counts(planned: PlannedCall) -> UsageCounts:
    """Largest use of a call: its texts by estimate, its answer by `max_tokens`, the pages that it names.

    An answer without `max_tokens` has no bound that is known beforehand, and is not counted.
    """
    body = planned.body or {}
    texts = list(_texts([body[name] for name in SENT if name in body]))
    prompt = sum(estimate(text) for text in texts if not text.startswith("data:"))
    images = IMAGE_TOKENS * sum(1 for text in texts if text.startswith("data:"))
    messages = body.get("messages")
    marks = MESSAGE_TOKENS * (len(messages) if isinstance(messages, list) else 1) if body else 0
    answers = body.get("n") if isinstance(body.get("n"), int) else 1
    most = body.get("max_tokens")
    answer = most * answers if isinstance(most, int) and isinstance(answers, int) else 0
    return UsageCounts(input_tokens=prompt + images + marks, output_tokens=answer, pages=planned.pages)


def _texts(value: Any) -> Iterator[str]:
    """All strings in a part of a body, and the names of its fields, which tokens are spent on too."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            waiting += [*item.values()]
        elif isinstance(item, list):
            waiting += item
