"""Structured output: statements as JSON, each with the numbers of the lines that back it."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

from langchain_core.messages import BaseMessage

from mistral_rag.grounding._evidence.evidence import EvidenceUnit, marker
from mistral_rag.grounding._evidence.prompt import messages

RULES: Final = """\
Reply with one JSON object and nothing else, and with no markers in its texts: {"statements": [{"text": "...", \
"evidence": [1, 2]}, ...], "missing": ""}. Each statement is one sentence; "evidence" has the numbers N of the lines \
[EN-...] that back it. If the evidence does not answer the question, "statements" is empty and "missing" says what is \
missing.\
"""
_STOPS: Final = ".!?。！？"


def structured_prompt(
    question: str, evidence: Sequence[EvidenceUnit], *, nonce: str, instructions: str, template: str | None
) -> list[BaseMessage]:
    """The prompt for markers, with the rule to write JSON in their place."""
    own = "\n".join(filter(None, [RULES, instructions.strip()]))
    return messages(question, evidence, nonce=nonce, instructions=own, template=template)


class StructuredReply:
    """Reads a JSON object piece by piece; gives each statement with its markers as soon as it is whole."""

    def __init__(self, nonce: str) -> None:
        self._nonce = nonce
        self._text = ""
        self._at = -1
        self._given = False

    def feed(self, message: BaseMessage) -> str:
        """Take a message, or the next chunk of one."""
        new = str(message.text)
        self._text += new
        return "".join(self._statements()) if "}" in new else ""

    def close(self) -> str:
        """End the reply. Text that is no such object is given as it is, so that nothing vanishes."""
        given = "".join(self._statements())
        if self._given:
            return given
        missing = self._missing()
        return f"{marker(0, self._nonce)} {missing}" if missing else self._text

    def _statements(self) -> Iterator[str]:
        if self._at < 0:
            key = self._text.find('"statements"')
            opened = self._text.find("[", key) if key >= 0 else -1
            if opened < 0:
                return
            self._at = opened + 1
        while (found := self._next()) is not None:
            yield f"{' ' if self._given else ''}{found}"
            self._given = True

    def _next(self) -> str | None:
        start = self._at + len(self._text[self._at :]) - len(self._text[self._at :].lstrip(" \r\n\t,"))
        if self._text[start : start + 1] != "{":
            return None
        try:
            statement, self._at = json.JSONDecoder().raw_decode(self._text, start)
        except ValueError:
            return None
        return self._marked(statement)

    def _marked(self, statement: dict[str, Any]) -> str:
        text, cited = str(statement.get("text") or "").strip(), statement.get("evidence")
        numbers = cited if isinstance(cited, list) else [cited] if cited is not None else []
        markers = "".join(self._marker(number) for number in numbers)
        stop = text[-1:] if text[-1:] in _STOPS else ""
        return f"{text.removesuffix(stop)} {markers}{stop}" if markers else text

    def _marker(self, number: Any) -> str:
        digits = str(number).strip("[]Ee ").partition("-")[0]
        return marker(int(digits), self._nonce) if digits.isdecimal() and 0 < int(digits) < 10_000 else "[E0000]"

    def _missing(self) -> str:
        try:
            reply = json.loads(self._text[self._text.find("{") : self._text.rfind("}") + 1])
        except ValueError:
            return ""
        return str(reply.get("missing") or "").strip() if isinstance(reply, dict) else ""
