"""Terminal of both programs: exit codes, one-sentence errors, clean output.

All that a command prints goes through here, and comes out in whatever encoding the terminal has, without characters
that could steer it: names of files, texts of documents, replies of models and messages of servers are foreign.
Standard library only: `--help` must start in the time of a few bare Pythons.
"""

from mistral_rag._counting import counted
from mistral_rag._printable import one_line, printable
from mistral_rag.terminal._options import (
    CommandParser,
    UsageError,
    add_common,
    add_groups,
    at_least_one,
    dollars,
    index_folder,
    text_argument,
    write_output,
)
from mistral_rag.terminal._output import (
    agreed,
    aside,
    bare_stderr,
    can_ask,
    is_terminal,
    note,
    say,
    say_json,
    say_json_line,
    say_sequence,
    say_text,
    typed_lines,
)
from mistral_rag.terminal._running import (
    ABSTAINED,
    DONE,
    EXIT_CODES,
    INTERRUPTED,
    PLATFORM,
    TERMINATED,
    UNDONE,
    UNUSABLE,
    exit_code,
    run,
)

__all__ = [
    "ABSTAINED",
    "DONE",
    "EXIT_CODES",
    "INTERRUPTED",
    "PLATFORM",
    "TERMINATED",
    "UNDONE",
    "UNUSABLE",
    "CommandParser",
    "UsageError",
    "add_common",
    "add_groups",
    "agreed",
    "aside",
    "at_least_one",
    "bare_stderr",
    "can_ask",
    "counted",
    "dollars",
    "exit_code",
    "index_folder",
    "is_terminal",
    "note",
    "one_line",
    "printable",
    "run",
    "say",
    "say_json",
    "say_json_line",
    "say_sequence",
    "say_text",
    "text_argument",
    "typed_lines",
    "write_output",
]
