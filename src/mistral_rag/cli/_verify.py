"""`mistral-rag verify`: a stored answer checked again."""

from __future__ import annotations

import argparse

from mistral_rag.cli._places import place_of
from mistral_rag.cli._stored import answer_bytes, first_fault
from mistral_rag.terminal import (
    DONE,
    EXIT_CODES,
    UNDONE,
    UsageError,
    add_common,
    add_groups,
    counted,
    index_folder,
    note,
    say,
    say_json,
)

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from mistral_rag.grounding import AnswerCheck, CitationCheck

_EXAMPLES = """\
examples:
  mistral-rag ask "Who may end it?" --index index/ --json > answer.json
  mistral-rag verify answer.json --index index/
  mistral-rag verify - --index index/ --group board --json < answer.json

Every quote is looked up again and every claim judged by what its quotes say now; nothing of the file is taken
on trust. Exit code 0 when all of it holds, 1 when something does not. Nothing is sent."""


def add_verify(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the program."""
    sub = commands.add_parser(
        "verify",
        help="check a stored answer again: its quotes, markers and claims",
        description="Check an answer again, from what the index holds now.",
        epilog=_EXAMPLES + "\n\n" + EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    sub.add_argument("answer", metavar="ANSWER.json", help="what `mistral-rag ask --json` printed; -: standard input")
    add_common(sub)
    add_groups(sub, "check by what a reader in this group may read; may be repeated (default: what everyone may)")
    sub.add_argument(
        "--pictures",
        action="store_true",
        help="also compare the quotes with the pictures of their pages (needs [local])",
    )
    sub.set_defaults(command=verify)


def verify(arguments: argparse.Namespace) -> int:
    """`mistral-rag verify`."""
    folder = index_folder(arguments)
    given = answer_bytes(arguments.answer)
    from pydantic import ValidationError

    from mistral_rag.grounding import stored_answer, verify_answer

    try:
        answer = stored_answer(given)
    except ValidationError as error:
        raise UsageError(first_fault(error, arguments.answer, "answer")) from error
    except ValueError as error:
        raise UsageError(
            f"{arguments.answer} holds no answer as `mistral-rag ask --json` prints it: {error}"
        ) from error
    check = verify_answer(answer, folder, groups=arguments.groups, picture=arguments.pictures)
    if arguments.json:
        say_json(
            {"ok": check.ok, "problems": list(check.problems), "citations": [_row(one) for one in check.citations]}
        )
    else:
        _show(check)
    return DONE if check.ok else UNDONE


def _show(check: AnswerCheck) -> None:
    for one in check.citations:
        say(_line(one))
        if one.nearest is not None:
            say(f'    did you mean (not verified): "{" ".join(one.nearest.split())}"')
    of_citations = sum(one.problem is not None for one in check.citations)
    for problem in check.problems[of_citations:]:
        say(problem)
    if not check.citations:
        note(f"the answer cites nothing; its status is {check.answer.status}")
    holding = len(check.citations) - of_citations
    say(f"{holding} of {counted(len(check.citations), 'citation')} verified, {counted(len(check.problems), 'problem')}")


def _line(one: CitationCheck) -> str:
    citation = one.citation
    locator = citation.spans[0].locator if citation.spans else None
    where = f"[{citation.marker}] {place_of(citation.title, citation.source, locator)}"
    if one.problem is None:
        return f"{where}: verified ({citation.location})"
    return f"{where}: not verified ({'stale' if one.stale else citation.location}): {one.problem}"


def _row(one: CitationCheck) -> dict[str, object]:
    citation = one.citation
    return {
        "marker": citation.marker,
        "source": citation.source,
        "page": citation.page,
        "location": citation.location,
        "verified": one.problem is None,
        "seen": citation.seen,
        "stale": one.stale,
        "problem": one.problem,
        "quote": citation.quote if citation.quote is not None else citation.given_quote,
        "nearest": one.nearest,
    }
