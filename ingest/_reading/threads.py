"""Messages that answer each other: what one repeats of another that is in the index is not searched a second time."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from ingest.parsing._mail.pages import HISTORY
from ingest.parsing._result import ParsedFile
from mistral_rag.index import SourceStatus
from mistral_rag.schema import Source


class MailThreads:
    """The messages of an index by their ids (RFC 5322, 3.6.4), and those that answer them.

    The repeated text stays on its page, which is not searched as long as everyone who may read the answer may read the
    message that it repeats. `known` are the documents of the index.
    """

    def __init__(self, known: Mapping[str, SourceStatus]) -> None:
        self._messages: dict[str, Source] = {}
        self._answers: dict[str, list[Source]] = {}
        self._new: set[str] = set()
        for state in known.values():
            if state.status == "ok":
                self._note(state.source)

    def without_repeated(self, source: Source, parsed: ParsedFile) -> ParsedFile:
        """A message without the passages that repeat another one of the index."""
        if identity := self._note(source):
            self._new.add(identity)
        if not self._is_repeated(source):
            return parsed
        repeated = {number for number, page in enumerate(parsed.pages, 1) if page.locator.label == HISTORY}
        return replace(parsed, chunks=tuple(chunk for chunk in parsed.chunks if chunk.page not in repeated))

    def late(self) -> Iterator[str]:
        """The uris of answers whose `HISTORY` repeats a message which came behind them."""
        for identity in self._new:
            for answer in self._answers.get(identity, ()):
                if self._is_repeated(answer):
                    yield answer.uri

    def _note(self, source: Source) -> str:
        identity, answered = (str(source.metadata.get(name) or "") for name in ("message_id", "in_reply_to"))
        if identity:
            self._messages[identity] = source
        if answered and answered != identity:
            self._answers.setdefault(answered, []).append(source)
        return identity

    def _is_repeated(self, answer: Source) -> bool:
        message = self._messages.get(str(answer.metadata.get("in_reply_to") or ""))
        if message is None or message.uri == answer.uri:
            return False
        readers, groups = set(message.groups), set(answer.groups)
        return readers == groups or "*" in readers or (bool(groups) and groups <= readers)
