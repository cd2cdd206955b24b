"""The `mistral-rag` program: ask, search, doctor; and the entry point of `ingest`."""

from __future__ import annotations

import argparse
import gc

from mistral_rag.terminal import (
    ABSTAINED,
    DONE,
    EXIT_CODES,
    UNDONE,
    UNUSABLE,
    add_common,
    add_groups,
    at_least_one,
    counted,
    index_folder,
    note,
    run,
    say,
    say_json,
)

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Literal

    from mistral_rag.grounding import AnswerPiece
    from mistral_rag.retrieval import QueryExpander
    from mistral_rag.retrievers import Explanation, Hit, HybridRetriever
    from mistral_rag.schema import Answer, Citation

SNIPPET = 200
"""Characters of a passage that `search` shows a person."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run `mistral-rag`; returns the exit code."""
    arguments = _parser().parse_args(argv)
    gc.disable()  # a command answers once and ends; looking for garbage meanwhile takes a tenth of its time
    try:
        return run(arguments.command, arguments)
    finally:
        gc.enable()


def ingest(argv: Sequence[str] | None = None) -> int:
    """Run `ingest`, unless another package of that name hides ours."""
    import importlib

    package = importlib.import_module("ingest")
    if getattr(package, "DISTRIBUTION", None) != "mistral-rag":
        where = getattr(package, "__file__", None) or next(iter(getattr(package, "__path__", ["?"])))
        note(f"error: another package named `ingest` at {where} hides the one of mistral-rag; rename it or move away")
        return UNUSABLE
    from ingest.__main__ import main as run_ingest

    return run_ingest(argv)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mistral-rag",
        description="Ask questions of an index of documents; every statement of the answer is cited and checked.",
        epilog=f"Build an index first: ingest build FOLDER --index DIR\n\n{EXIT_CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_ask(commands)
    _add_search(commands)
    sub = commands.add_parser(
        "doctor",
        help="what is installed, which models are used, whether key and host work",
        description="Check the installation, the key and, where one is named, an index. A key is never printed.",
    )
    add_common(sub)
    sub.set_defaults(command=doctor)
    return parser


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *rest: object) -> None:
        from importlib.metadata import version

        parser.exit(message=f"mistral-rag {version('mistral-rag')}\n")


def _add_ask(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    sub = commands.add_parser(
        "ask",
        help="answer a question with checked citations",
        description="Answer a question from an index. With MISTRAL_API_KEY a Mistral model writes the answer; without "
        "one it consists of quotes of the best passages, and says so.",
        epilog=EXIT_CODES,
    )
    sub.add_argument("question")
    add_common(sub)
    _add_retrieval(sub)
    sub.add_argument("--model", metavar="NAME", help="the chat model (default: mistral-small-latest with a key)")
    sub.add_argument("--extractive", action="store_true", help="quote the best passages; call no model")
    sub.add_argument("--stream", action="store_true", help="with --json: one JSON line a piece, the answer last")
    sub.set_defaults(command=ask)


def _add_search(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    sub = commands.add_parser(
        "search",
        help="find passages, without an answer",
        description="Find the passages that fit a question best, without writing an answer.",
        epilog=EXIT_CODES,
    )
    sub.add_argument("question")
    add_common(sub)
    _add_retrieval(sub)
    sub.add_argument("--explain", action="store_true", help="show ranks and parts of each side, routing and filter")
    sub.set_defaults(command=search)


def _add_retrieval(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("-k", type=at_least_one, default=8, metavar="N", help="passages to retrieve (default 8)")
    sub.add_argument(
        "--filter",
        type=_json_object,
        metavar="JSON",
        help='only documents whose metadata fits, such as \'{"language": "en"}\'',
    )
    add_groups(sub, "find what a reader in this group finds; may be repeated (default: what everyone finds)")
    sub.add_argument(
        "--expand",
        choices=("rules", "model", "off"),
        default="rules",
        help="further words to search for: by rules for companies' reports (default), by the chat model, or none",
    )


def ask(arguments: argparse.Namespace) -> int:
    """`mistral-rag ask`."""
    retriever = _retriever(arguments)
    from mistral_rag.defaults import load_chat_model
    from mistral_rag.grounding import GroundedQA, fold

    model = None if arguments.extractive else load_chat_model(arguments.model)
    chain = GroundedQA(retriever=retriever, model=model, pages=retriever.index)
    answer = fold(_shown(chain.stream(arguments.question), arguments), question=arguments.question)
    if arguments.json:
        say_json(answer.model_dump(mode="json"))
    else:
        _show_checks(answer)
    return {"abstained": ABSTAINED, "blocked": ABSTAINED, "incomplete": UNDONE}.get(answer.status, DONE)


def _shown(pieces: Iterable[AnswerPiece | Answer], arguments: argparse.Namespace) -> Iterator[AnswerPiece | Answer]:
    """The same pieces, their text written as it comes."""
    from mistral_rag.schema import Answer

    for piece in pieces:
        if not isinstance(piece, Answer):
            if not arguments.json:
                say(piece.text, end="")
            elif arguments.stream:
                say_json({"text": piece.text})
        yield piece


def _show_checks(answer: Answer) -> None:
    """Print the lines below the text: reason of a partial answer, citations, unsupported claims, warnings."""
    say("\n" if answer.text else "", end="")
    if answer.status != "answered":
        say(f"{answer.status}: {answer.reason}" if answer.reason else answer.status)
    for citation in answer.citations:
        say(_citation_line(citation))
    for claim in answer.claims:
        if claim.support in {"unsupported", "contradicted"}:
            statement = " ".join(answer.text[claim.start : claim.end].split())
            say(f"{claim.support}: {statement}" + (f" ({'; '.join(claim.reasons)})" if claim.reasons else ""))
    for removed in answer.removed:
        say(f"withheld: {removed.text} ({removed.reason})")
    for warning in answer.warnings:
        note(f"warning: {warning}")


def _citation_line(citation: Citation) -> str:
    if citation.quote is None or not citation.spans:
        return f"[{citation.marker}] {citation.title}: not verified ({citation.location})"
    where = citation.spans[0].locator
    mark = "" if citation.verified else f" ({citation.location})"
    return f'[{citation.marker}] {citation.title}, {where}{mark}: "{" ".join(citation.quote.split())}"'


def search(arguments: argparse.Namespace) -> int:
    """`mistral-rag search`."""
    found = _retriever(arguments).explain(arguments.question, k=arguments.k)
    if arguments.json:
        results = [_result(hit, arguments.explain) for hit in found.hits]
        say_json({"results": results, **({"explanation": found.to_json()} if arguments.explain else {})})
        return DONE
    for line in _explained(found) if arguments.explain else ():
        say(line)
    for number, hit in enumerate(found.hits, 1):
        say(f"{number}. {hit.source.title}, {hit.page.locator} ({hit.score:.3f})")
        if arguments.explain:
            say(f"   {_parts_line(hit)}")
        say(f"   {' '.join(hit.chunk.text.split())[:SNIPPET]}")
    if not found.hits:
        note("nothing found")
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
        yield f"company named: {len(found.named)} of its documents {come} first"
    if found.expansion:
        yield f"further words: {found.expansion}"


def _parts_line(hit: Hit) -> str:
    sides = [f"{side} {hit.parts[side]:.3f} (rank {hit.ranks[side] or '-'})" for side in ("lexical", "dense")]
    return ", ".join(
        [*sides, *(f"{name.replace('_', ' ')} {hit.parts[name]:.3f}" for name in ("document_boost", "page_boost"))]
    )


def doctor(arguments: argparse.Namespace) -> int:
    """`mistral-rag doctor`."""
    from pathlib import Path

    from mistral_rag.cli._doctor import examine

    checks = []
    for check in examine(Path(arguments.index) if arguments.index else None):
        checks.append(check)
        if not arguments.json:
            say(f"{'ok  ' if check.ok else 'FAIL'} {check.name:12} {check.detail}")
    ok = all(check.ok for check in checks)
    if arguments.json:
        rows = [{"name": check.name, "ok": check.ok, "detail": check.detail} for check in checks]
        say_json({"ok": ok, "checks": rows})
    return DONE if ok else UNDONE


def _retriever(arguments: argparse.Namespace) -> HybridRetriever:
    folder = index_folder(arguments)
    from mistral_rag.retrievers import HybridRetriever

    expander = _expander(arguments.expand)
    return HybridRetriever.from_index(
        folder, k=arguments.k, filter=arguments.filter, groups=arguments.groups, expander=expander
    )


def _expander(kind: str) -> QueryExpander | Literal["signals"] | None:
    if kind != "model":
        return "signals" if kind == "rules" else None
    from mistral_rag.defaults import load_chat_model
    from mistral_rag.errors import ConfigurationError
    from mistral_rag.retrieval import Glossary, ModelExpander

    model = load_chat_model()
    if model is None:
        raise ConfigurationError("--expand model needs a key. Set MISTRAL_API_KEY, or use --expand rules")
    return ModelExpander(model, otherwise=Glossary())


def _json_object(text: str) -> dict[str, object]:
    import json

    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise argparse.ArgumentTypeError("a JSON object")
    return value
