"""Answers that were given lately: who got them, so that they can be exported and judged."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from mistral_rag.serve._index.addresses import document_id

if TYPE_CHECKING:
    from mistral_rag.schema import Answer

MAX_ANSWERS: Final = 2_000
"""Answers kept in memory: those of some days of a team."""
MAX_BYTES: Final = 64 << 20
"""Bytes of their texts."""


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """An answer, whom it was given to, from which commit of the index, and what it took."""

    id: str
    principal: str
    answer: "Answer"
    sequence: int
    seconds: float
    time: str

    @classmethod
    def now(cls, id: str, principal: str, answer: "Answer", sequence: int, seconds: float) -> "GivenAnswer":
        """An answer that was given just now."""
        return cls(id, principal, answer, sequence, seconds, datetime.now(UTC).isoformat(timespec="seconds"))

    @property
    def document_ids(self) -> frozenset[str]:
        """The documents that the answer was made of: cited, or given to the model."""
        retrieved = (document.metadata.get("uri") for document in self.answer.documents)
        uris = [*(citation.uri for citation in self.answer.citations), *retrieved]
        return frozenset(document_id(uri) for uri in uris if isinstance(uri, str))


class GivenAnswers:
    """The last answers by id; only the principal that got one finds it. Any number of threads may use it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[GivenAnswer, int]] = OrderedDict()
        self._size = 0

    def keep(self, given: GivenAnswer) -> None:
        """Keep an answer; the oldest ones go when there are too many."""
        size = len(given.answer.text) + sum(len(one.page_content) for one in given.answer.documents)
        with self._lock:
            self._kept[given.id] = given, size
            self._size += size
            while len(self._kept) > 1 and (len(self._kept) > MAX_ANSWERS or self._size > MAX_BYTES):
                self._size -= self._kept.popitem(last=False)[1][1]

    def find(self, id: str, principal: str) -> GivenAnswer | None:
        """The answer with this id that was given to a principal; None where there is none, or not any more."""
        with self._lock:
            found = self._kept.get(id)
        return found[0] if found is not None and found[0].principal == principal else None
