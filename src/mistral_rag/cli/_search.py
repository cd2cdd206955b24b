"""`mistral-rag search`: passages, and on demand the reasons for their order."""

from __future__ import annotations

import argparse

from mistral_rag.cli._places import place_of
from mistral_rag.cli._retrieval import add_retrieval, question_of, retriever_of
from mistral_rag.terminal import DONE, EXIT_CODES, add_common, counted, note, say, say_json, text_argument

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from collections.abc import Iterator

    from mistral_rag.retrieval import Explanation, Hit

SNIPPET = 200
"""Characters of a passage that a person is shown: about two lines of a terminal."""


def add_search(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the program."""
    sub = commands.add_parser(
        "search",
        help="find passages, without an answer",
        description="Find the passages that fit a question best, without writing an answer.",
        epilog=EXIT_CODES,
    )
    sub.add_argument("question", type=text_argument)
    add_common(sub)
    add_retrieval(sub)
    sub.add_argument("--explain", action="store_true", help="show ranks and parts of each side, routing and filter")
    sub.set_defaults(command=search)


def search(arguments: argparse.Namespace) -> int:
    """`mistral-rag search`."""
    question = question_of(arguments)
    found = retriever_of(arguments).explain(question, k=arguments.k)
    if arguments.json:
        results = [_result(hit, arguments.explain) for hit in found.hits]
        say_json({"results": results, **({"explanation": found.to_json()} if arguments.explain else {})})
        for warning in found.warnings:
            note(f"warning: {warning}")
        return DONE
    for line in _explained(found) if arguments.explain else ():
        say(line)
    for number, hit in enumerate(found.hits, 1):
        say(f"{number}. {place_of(hit.source.title, hit.source.name, hit.page.locator)} ({hit.score:.3f})")
        if arguments.explain:
            say(f"   {_parts_line(hit)}")
        say(f"   {' '.join(hit.chunk.text.split())[:SNIPPET]}")
    if not found.hits:
        note("nothing found")
    for warning in found.warnings:
        note(f"warning: {warning}")
    return DONE


def _result(hit: Hit, explain: bool) -> dict[str, object]:
    document = hit.to_document()
    shown = {"id": document.id, "page_content": document.page_content, "metadata": document.metadata}
    row: dict[str, object] = {**shown, "score": hit.score}
    return {**row, "parts": hit.parts, "ranks": hit.ranks} if explain else row


def _explained(found: Explanation) -> Iterator[str]:
    """Lines about the whole ranking."""
    passages = counted(found.readable, "passage")
    yield f"searched: {found.searched} of {passages}" + (f", filter {found.filter}" if found.filter else "")
    yield f"covered by words: {found.covered:.0%}; the vectors weigh {found.dense_weight:.2f}"
    if found.named:
        come = "comes" if len(found.named) == 1 else "come"
        yield f"named in the question: {counted(len(found.named), 'document')}, which {come} first"
    if found.expansion:
        yield f"further words: {found.expansion}"


def _parts_line(hit: Hit) -> str:
    sides = [f"{side} {hit.parts[side]:.3f} (rank {hit.ranks[side] or '-'})" for side in ("lexical", "dense")]
    return ", ".join(
        [*sides, *(f"{name.replace('_', ' ')} {hit.parts[name]:.3f}" for name in ("document_boost", "page_boost"))]
    )
