"""Commands that errors advise, whole, so that they can be run as they are printed: a POSIX shell reads one folder."""

import shlex


def build_command(folder: object) -> str:
    """The command that makes an index; PATH stands for its documents."""
    return f"ingest build PATH --index {_quoted(folder)}"


def verify_command(folder: object) -> str:
    """Advice to run the command that lists the damage of an index."""
    return f"Run: ingest verify --index {_quoted(folder)}"


def repair_command(folder: object) -> str:
    """The command that makes a damaged index whole."""
    return f"ingest repair --index {_quoted(folder)}"


def rebuild_command(folder: object) -> str:
    """Advice to run the command that builds an index anew."""
    return f"Run: {build_command(folder)} --rebuild"


def frozen_command(target: object) -> str:
    """The command that puts a copy which is only read at `target`."""
    return f"ingest export --frozen {_quoted(target)}"


def _quoted(folder: object) -> str:
    # a folder may be named by others: `$(…)` in its name must not run
    return shlex.quote(str(folder))
