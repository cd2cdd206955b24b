"""Answers as the terminal shows them: the text as it comes, then citations, verdicts, and what it took."""

from __future__ import annotations

import argparse

from mistral_rag.cli._places import is_code, place_of
from mistral_rag.terminal import note, say, say_json, say_text

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mistral_rag.grounding import AnswerPiece
    from mistral_rag.schema import Answer, Citation


def shown(pieces: Iterable[AnswerPiece | Answer], arguments: argparse.Namespace) -> Iterator[AnswerPiece | Answer]:
    """The same pieces, their text written as it comes."""
    from mistral_rag.schema import Answer

    for piece in pieces:
        if not isinstance(piece, Answer):
            if not arguments.json:
                say_text(piece.text)
            elif arguments.stream:
                say_json({"text": piece.text})
        yield piece


def show_checks(answer: Answer) -> None:
    """Print the lines below the text: reason of a partial answer, citations, unsupported claims, warnings."""
    if answer.text:
        say()
    if answer.status != "answered":
        say(f"{answer.status}: {answer.reason}" if answer.reason else answer.status)
    for citation in answer.citations:
        show_citation(citation)
    for claim in answer.claims:
        if claim.support in {"unsupported", "contradicted"}:
            statement = " ".join(answer.text[claim.start : claim.end].split())
            say(f"{claim.support}: {statement}" + (f" ({'; '.join(claim.reasons)})" if claim.reasons else ""))
    for removed in answer.removed:
        say(f"withheld: {removed.text} ({removed.reason})")
    for warning in answer.warnings:
        note(f"warning: {warning}")


def show_citation(citation: Citation) -> None:
    """Print a citation: where it stands, what is quoted, and what the checks say."""
    say(_citation_line(citation))
    for line in _code_lines(citation):
        say_text(f"    {line}\n")


def spent(answer: Answer) -> str:
    """Time, tokens and money of an answer on one line; what is not known is left out."""
    seconds = f"{sum(answer.timings.values()):.1f} s"
    if (search := answer.timings.get("retrieve")) is not None:
        seconds += f" ({search:.1f} s search)"
    tokens = [f"{answer.usage[name]:,} tokens {way}" for name, way in WAYS.items() if name in answer.usage]
    money = [] if answer.cost is None else [f"${answer.cost:.4f}"]
    return ", ".join([seconds, *tokens, *money, answer.model or "no model"])


WAYS = {"input_tokens": "in", "output_tokens": "out"}
"""Directions of the tokens that a model counts."""
MAX_CELLS = 8
"""Cells of a quoted row that are named on its line."""


def _code_lines(citation: Citation) -> list[str]:
    """The lines of a quote of code, which stand below the line of its citation; empty for any other quote."""
    return citation.quote.expandtabs(4).split("\n") if citation.quote and is_code(citation.quote) else []


def _citation_line(citation: Citation) -> str:
    if citation.quote is None or not citation.spans:
        return f"[{citation.marker}] {place_of(citation.title, citation.source)}: not verified ({citation.location})"
    first = next((span for span in citation.spans if span.role == "quote"), citation.spans[0])
    where = place_of(citation.title, citation.source, first.locator)
    mark = "" if citation.location in {"exact", "normalised"} else f" ({citation.location})"
    if citation.seen == "differs":
        shown = f'"{" ".join(citation.seen_text.split())}"' if citation.seen_text else "nothing"
        mark += f" (not verified: the picture shows {shown})"
    elif citation.seen != "unchecked":
        mark += f" (picture {citation.seen})"
    if is_code(citation.quote):
        return f"[{citation.marker}] {where}{mark}:"
    quoted = f'[{citation.marker}] {where}{mark}: "{" ".join(citation.quote.split())}"'
    named = [cell for cell in citation.cells if cell.column]
    if not 0 < len(named) <= MAX_CELLS:
        return quoted
    # a row's name is said once, behind its last cell
    last = {cell.row: at for at, cell in enumerate(named)}
    cells = (str(c) if last[c.row] == at else f"{c.column}: {c.value}" for at, c in enumerate(named))
    return f"{quoted}; cells: {'; '.join(cells)}"
