"""`mistral-rag ask`: an answer as it comes, then its citations."""

from __future__ import annotations

import argparse
from contextlib import contextmanager

from mistral_rag.cli._answers import show_checks, shown, spent
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
    say_json,
    text_argument,
)

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from collections.abc import Iterator

    from langchain_core.language_models import BaseChatModel

    from mistral_rag.grounding import GroundedQA


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
    add_model(sub)
    sub.add_argument("--stream", action="store_true", help="with --json: one JSON line a piece, the answer last")
    sub.set_defaults(command=ask)


def add_model(sub: argparse.ArgumentParser) -> None:
    """Add the options that say who writes the answers, and what they may cost."""
    sub.add_argument(
        "--model", type=text_argument, metavar="NAME", help="the chat model (default: mistral-small-latest with a key)"
    )
    sub.add_argument("--extractive", action="store_true", help="quote the best passages; call no model")
    sub.add_argument(
        "--max-cost", type=dollars, metavar="USD", help="send nothing that could cost more than this in all"
    )


def model_of(arguments: argparse.Namespace) -> BaseChatModel | None:
    """The model that the options describe; None when answers are to be quotes."""
    from mistral_rag.defaults import load_chat_model

    return None if arguments.extractive else load_chat_model(arguments.model)


def chain_of(arguments: argparse.Namespace) -> GroundedQA:
    """The chain that the options describe."""
    retriever = retriever_of(arguments)
    from mistral_rag.grounding import GroundedQA

    return GroundedQA(retriever=retriever, model=model_of(arguments))


def ask(arguments: argparse.Namespace) -> int:
    """`mistral-rag ask`."""
    question = question_of(arguments)
    chain = chain_of(arguments)
    from mistral_rag.grounding import fold

    with paid(question, arguments):
        answer = fold(shown(chain.stream(question), arguments), question=question)
    if arguments.json:
        say_json(answer.model_dump(mode="json"))
    else:
        show_checks(answer)
        aside(spent(answer))
    return {"abstained": ABSTAINED, "blocked": ABSTAINED, "incomplete": UNDONE}.get(answer.status, DONE)


@contextmanager
def paid(question: str, arguments: argparse.Namespace) -> Iterator[None]:
    """Count what the question costs, where there is a key; a limit stops its calls."""
    from mistral_rag.defaults import has_key

    if not has_key():  # nobody is paid: the prices need not be imported
        yield
        return
    from mistral_rag.usage import question_costs

    with question_costs(index_folder(arguments), question, max_cost=arguments.max_cost):
        yield
