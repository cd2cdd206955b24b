"""`mistral-rag chat`: questions one after the other, each in view of those before it."""

from __future__ import annotations

import argparse
import gc
import os

from mistral_rag.cli._answers import show_checks, show_citation, shown, spent
from mistral_rag.cli._ask import add_model, chain_of, paid
from mistral_rag.cli._retrieval import add_retrieval
from mistral_rag.terminal import (
    DONE,
    EXIT_CODES,
    UsageError,
    add_common,
    aside,
    can_ask,
    index_folder,
    is_terminal,
    note,
    printable,
    say_json,
    say_sequence,
    typed_lines,
    write_output,
)

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from pathlib import Path

    from langchain_core.messages import BaseMessage

    from mistral_rag.grounding import GroundedQA
    from mistral_rag.schema import Answer, Citation

PROMPT = "? "
COMMANDS = """\
/show N [FILE]   draw the page of citation [N]: here where the terminal can, else to a .png, .pdf or .html file
/sources         the citations of the last answer again
/new             forget the conversation
/help            this list
/quit            leave, as Ctrl-D does"""


def add_chat(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the program."""
    sub = commands.add_parser(
        "chat",
        help="ask question after question, and follow up",
        description="Ask one question after the other; a follow-up is understood from those before it.\n"
        "Questions can be piped in, too, one a line.\n\n" + COMMANDS,
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_common(sub)
    add_retrieval(sub)
    add_model(sub)
    sub.set_defaults(command=chat, stream=False)


def chat(arguments: argparse.Namespace) -> int:
    """`mistral-rag chat`; goes on until its input ends."""
    gc.enable()  # the program has switched it off, for commands that answer once
    talk = _Talk(chain_of(arguments), arguments)
    if can_ask():
        aside("Ask a question; /help lists the commands, /quit leaves")
    for line in typed_lines(PROMPT):
        text = printable(line).strip()
        if text in {"/quit", "/exit"}:
            break
        if text:
            _one(talk, text)
    return DONE


def _one(talk: _Talk, text: str) -> None:
    """Work off one line; what goes wrong with it does not end the conversation."""
    from mistral_rag.errors import MistralRagError

    try:
        if text.startswith("/"):
            talk.command(text)
        else:
            talk.ask(text)
    except (UsageError, MistralRagError) as error:
        note(f"error: {error}")
    except KeyboardInterrupt:
        if not can_ask():
            raise
        note("stopped")


class _Talk:
    """A conversation: what was said, and the last answer."""

    def __init__(self, chain: GroundedQA, arguments: argparse.Namespace) -> None:
        self._chain = chain
        self._arguments = arguments
        self._history: list[BaseMessage] = []
        self._last: Answer | None = None
        self._drawn: set[Path] = set()

    def ask(self, question: str) -> None:
        """Answer a question in view of those before it."""
        from langchain_core.messages import HumanMessage

        from mistral_rag.grounding import fold

        asked = {"question": question, "chat_history": self._history}
        with paid(question, self._arguments):
            answer = fold(shown(self._chain.stream(asked), self._arguments), question=question)
        if self._arguments.json:
            say_json(answer.model_dump(mode="json"))
        else:
            show_checks(answer)
            if answer.standalone_question is not None:
                note(f"understood as: {answer.standalone_question}")
            aside(spent(answer))
        self._last = answer
        self._history += [HumanMessage(question), answer.as_message()]

    def command(self, text: str) -> None:
        """Carry out a line that starts with a stroke."""
        name, *rest = text.split(maxsplit=2)
        if name == "/show":
            self._show(*rest)
        elif name == "/sources":
            for citation in self._citations():
                show_citation(citation)
        elif name == "/new":
            self._history, self._last = [], None
        else:
            if name != "/help":
                note(f"there is no command {name}")
            for line in COMMANDS.split("\n"):
                note(line)

    def _show(self, marker: str = "1", file: str | None = None) -> None:
        from mistral_rag.cli._cited_pages import drawn, look_up, picture
        from mistral_rag.cli._show import chosen, draw
        from mistral_rag.cli._terminal_pictures import picture_sequence
        from mistral_rag.index import IndexReader

        [citation] = chosen(self._citations(), marker, several=False)
        with IndexReader.open(index_folder(self._arguments), groups=self._arguments.groups) as reader:
            found = look_up(reader, citation)
        if file is None and found.problem is None and not found.is_printed:
            file = str(self._unasked(citation, ".html"))  # its text: there is no page to draw
        if file is not None:
            draw([found], _path(file))
            return
        page = drawn(found)
        if page.problem is not None:
            note(f"error: {page.name}: {page.problem}")
            return
        png = picture(page)
        sequence = picture_sequence(png, os.environ) if is_terminal() else None
        if sequence is not None:
            say_sequence(sequence)
            return
        path = self._unasked(citation, ".png")
        write_output(path, png)
        note(f"this terminal draws no pictures; the page is in {path}")

    def _unasked(self, citation: Citation, ending: str) -> Path:
        """A file here whose name nobody gave, so that it may take the place of none but this conversation's own."""
        from itertools import count

        names = (f"citation-{citation.marker}{f'-{n}' if n > 1 else ''}{ending}" for n in count(1))
        path = next(path for path in map(_path, names) if path in self._drawn or not path.exists())
        self._drawn.add(path)
        return path

    def _citations(self) -> tuple[Citation, ...]:
        if self._last is None or not self._last.citations:
            raise UsageError("there is no answer with citations yet")
        return self._last.citations


def _path(name: str) -> Path:
    from pathlib import Path

    return Path(name).expanduser()
