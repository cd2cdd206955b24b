"""Answers as Markdown, with their citations as footnotes; what documents and models wrote stays text."""

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from mistral_rag.serve._export.conversation import ExportedAnswer, ExportedCitation

if TYPE_CHECKING:
    from mistral_rag.schema import Citation

WITHHELD: Final = "Documents that this answer was made of are no longer here, or you may no longer read them."
_SPECIAL: Final = re.compile(r"[\\`*_{}\[\]()<>#+!|~&$]")
_MARKER: Final = re.compile(r"\[(\d{1,4})\]")
_RULE: Final = re.compile(r"^(\s*)([-=]+|\d+[.)])(?=\s|$)", re.MULTILINE)
"""Beginnings of lines that would make a list, a rule or a heading."""


def as_markdown(answers: Sequence[ExportedAnswer], *, base: str) -> str:
    """The answers as a Markdown file; `base` is the server's URL, for the addresses of citations."""
    return "\n".join(line for one in answers for line in _lines(one, base))


def _lines(one: ExportedAnswer, base: str) -> Iterator[str]:
    answer = one.given.answer
    numbers = {citation.marker: citation.number for citation in one.citations}
    yield f"## {_plain(' '.join(answer.question.split()))}\n"
    if one.withheld:
        yield f"*{WITHHELD}*\n"
        return
    if answer.text:
        yield _with_footnotes(answer.text, numbers) + "\n"
    if answer.status != "answered":
        yield f"*{answer.status}*: {_plain(answer.reason or '')}\n"
    for claim in answer.claims:
        if claim.support in {"unsupported", "contradicted", "partial"}:
            yield f"- *{claim.support}*: {_plain(' '.join(answer.text[claim.start : claim.end].split()))}"
    yield f"\n{one.given.time}, {_plain(answer.model or 'quotes alone, no model')}\n"
    for citation in one.citations:
        yield from _footnote(citation, base)


def _with_footnotes(text: str, numbers: dict[str, int]) -> str:
    """The text of an answer with its markers as footnotes."""
    pieces, at = [], 0
    for marker in _MARKER.finditer(text):
        if marker[1] in numbers:
            pieces += [_lined(text[at : marker.start()]), f"[^{numbers[marker[1]]}]"]
            at = marker.end()
    return "".join([*pieces, _lined(text[at:])])


def _footnote(one: ExportedCitation, base: str) -> Iterator[str]:
    citation = one.found or one.given
    where = f", {_plain(str(citation.spans[0].locator))}" if citation.spans else ""
    link = f" <{base}{one.address.path[1:]}>" if one.address else ""
    named = f"{_plain(citation.title)} ({_plain(citation.source)}){where}"
    yield f"[^{one.number}]: {named}; {_state(one, citation)}.{link}\n"
    for line in (citation.quote or citation.given_quote or "").splitlines():
        yield f"    > {_plain(line)}"
    yield ""


def _state(one: ExportedCitation, citation: "Citation") -> str:
    if one.found is None:
        return "stale or not found: the document no longer holds this"
    return "verified" if citation.verified else "not verified"


def _lined(text: str) -> str:
    """Text whose lines stay lines; a dash at a line's start stays one of a list."""
    return _SPECIAL.sub(r"\\\g<0>", text)


def _plain(text: str) -> str:
    """Text in which nothing is markup."""
    return _RULE.sub(r"\1\\\2", _SPECIAL.sub(r"\\\g<0>", text))
