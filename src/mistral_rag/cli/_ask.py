"""`mistral-rag ask`: an answer as it comes, then its citations."""

from __future__ import annotations

import argparse
from contextlib import contextmanager

from mistral_rag.cli._places import is_code, place_of
from mistral_rag.cli._retrieval import add_retrieval, question_of, retriever_of
from mistral_rag.terminal import (
    ABSTAINED,
    DONE,
    EXIT_CODES,
    UNDONE,
    add_common,
    aside,
    dollars,
    index_folder,
    note,
    say,
    say_json,
    say_text,
    text_argument,
)

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mistral_rag.grounding import AnswerPiece
    from mistral_rag.schema import Answer, Citation


def add_ask(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the program."""
    sub = commands.add_parser(
        "ask",
        help="answer a question with checked citations",
        description="Answer a question from an index. With MISTRAL_API_KEY a Mistral model writes the answer; without "
        "one it consists of quotes of the best passages, and says so.",
        epilog=EXIT_CODES,
    )
    sub.add_argument("question", type=text_argument)
    add_common(sub)
    add_retrieval(sub)
    sub.add_argument(
        "--model", type=text_argument, metavar="NAME", help="the chat model (default: mistral-small-latest with a key)"
    )
    sub.add_argument("--extractive", action="store_true", help="quote the best passages; call no model")
    sub.add_argument(
        "--max-cost", type=dollars, metavar="USD", help="send nothing that could cost more than this in all"
    )
    sub.add_argument("--stream", action="store_true", help="with --json: one JSON line a piece, the answer last")
    sub.set_defaults(command=ask)


def ask(arguments: argparse.Namespace) -> int:
    """`mistral-rag ask`."""
    question = question_of(arguments)
    retriever = retriever_of(arguments)
    from mistral_rag.defaults import load_chat_model
    from mistral_rag.grounding import GroundedQA, fold

    model = None if arguments.extractive else load_chat_model(arguments.model)
    chain = GroundedQA(retriever=retriever, model=model)
    with _paid(question, arguments):
        answer = fold(_shown(chain.stream(question), arguments), question=question)
    if arguments.json:
        say_json(answer.model_dump(mode="json"))
    else:
        _show_checks(answer)
        aside(_spent(answer))
    return {"abstained": ABSTAINED, "blocked": ABSTAINED, "incomplete": UNDONE}.get(answer.status, DONE)


@contextmanager
def _paid(question: str, arguments: argparse.Namespace) -> Iterator[None]:
    """Tell the index's ledger of the calls, with a digest of the question; a limit stops them."""
    from mistral_rag.defaults import has_key

    if not has_key():  # nobody is paid
        yield
        return
    from hashlib import sha256

    from mistral_rag.usage import costs, index_ledger, labelled

    ledger = index_ledger(index_folder(arguments))
    named = sha256(question.encode(errors="replace")).hexdigest()[:12]
    with costs(max_cost=arguments.max_cost, ledger=ledger), labelled(question=named):
        yield


def _shown(pieces: Iterable[AnswerPiece | Answer], arguments: argparse.Namespace) -> Iterator[AnswerPiece | Answer]:
    """The same pieces, their text written as it comes."""
    from mistral_rag.schema import Answer

    for piece in pieces:
        if not isinstance(piece, Answer):
            if not arguments.json:
                say_text(piece.text)
            elif arguments.stream:
                say_json({"text": piece.text})
        yield piece


def _show_checks(answer: Answer) -> None:
    """Print the lines below the text: reason of a partial answer, citations, unsupported claims, warnings."""
    if answer.text:
        say()
    if answer.status != "answered":
        say(f"{answer.status}: {answer.reason}" if answer.reason else answer.status)
    for citation in answer.citations:
        say(_citation_line(citation))
        for line in _code_lines(citation):
            say_text(f"    {line}\n")
    for claim in answer.claims:
        if claim.support in {"unsupported", "contradicted"}:
            statement = " ".join(answer.text[claim.start : claim.end].split())
            say(f"{claim.support}: {statement}" + (f" ({'; '.join(claim.reasons)})" if claim.reasons else ""))
    for removed in answer.removed:
        say(f"withheld: {removed.text} ({removed.reason})")
    for warning in answer.warnings:
        note(f"warning: {warning}")


def _spent(answer: Answer) -> str:
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
