"""`mistral-rag serve`: the page and the API for one index."""

from __future__ import annotations

import argparse
import gc

from mistral_rag.terminal import (
    DONE,
    EXIT_CODES,
    add_common,
    add_groups,
    index_folder,
    note,
    say,
    say_json,
    text_argument,
)

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from mistral_rag.serve import Principal, ServeSettings, Tokens

_EPILOG = """\
Only this machine reaches 127.0.0.1. For any other address name who may ask: by one --token (better
in the environment variable MISTRAL_RAG_TOKEN, which a list of processes does not show), or by a file
  {"tokens": [{"sha256": "…", "name": "anna", "groups": ["hr"]}]}
where sha256 is that of the token: printf %s TOKEN | sha256sum.
Needs optional packages: pip install "mistral-rag[serve]"."""


def add_serve(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the program."""
    sub = commands.add_parser(
        "serve",
        help="a page to ask and check, and its API",
        description="Serve a page where a team asks, and sees each quote marked on the page it stands on.",
        epilog=f"{_EPILOG}\n\n{EXIT_CODES}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_common(sub)
    sub.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help="address to listen on (default 127.0.0.1)")
    sub.add_argument("--port", type=_port, default=8377, metavar="N", help="port (default 8377; 0: any free one)")
    sub.add_argument(
        "--name",
        action="append",
        default=[],
        metavar="HOST",
        help="a host name that browsers call the server by, such as a proxy's; may be repeated",
    )
    given = sub.add_mutually_exclusive_group()
    given.add_argument("--token", metavar="T", help="the bearer token that everyone needs")
    given.add_argument("--tokens", metavar="FILE", help="a JSON file of hashed tokens with names and groups")
    add_groups(
        sub, "without --tokens: what a reader in this group finds; may be repeated (default: what everyone finds)"
    )
    sub.add_argument("--title", type=text_argument, default="", metavar="TEXT", help="heading of the page")
    sub.add_argument(
        "--model", type=text_argument, metavar="NAME", help="the chat model (default: mistral-small-latest with a key)"
    )
    sub.add_argument("--extractive", action="store_true", help="quote the best passages; call no model")
    sub.add_argument("--allow-upload", action="store_true", help="documents may be uploaded, replaced and deleted")
    sub.add_argument(
        "--watch", action="append", default=[], metavar="PATH", help="keep the index in step with a folder"
    )
    sub.add_argument("--audit", action="store_true", help="note who asked what (audit.jsonl in the folder of --data)")
    sub.add_argument(
        "--data", metavar="DIR", help="folder for feedback, audit log and uploads (default: the index's name + -serve)"
    )
    sub.add_argument("--access-log", action="store_true", help="a JSON line a request on standard error")
    sub.add_argument("--open", action="store_true", help="open the page in a browser")
    sub.set_defaults(command=serve)


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError("must be a number from 0 to 65535")
    return int(text)


def serve(arguments: argparse.Namespace) -> int:
    """`mistral-rag serve`; goes on until it is interrupted."""
    folder = index_folder(arguments)
    _require_packages(arguments)
    from pathlib import Path

    from mistral_rag.index import IndexReader
    from mistral_rag.serve import ServeSettings, run

    IndexReader.open(folder).close()  # an error now is one of the command line
    owner, tokens = _readers(arguments)
    settings = ServeSettings(
        index=folder.absolute(),
        host=arguments.host,
        port=arguments.port,
        names=tuple(arguments.name),
        tokens=tokens,
        owner=owner,
        allow_upload=arguments.allow_upload,
        watch=tuple(arguments.watch),
        audit=arguments.audit,
        data=Path(arguments.data).absolute() if arguments.data else None,
        model=_model(arguments),
        title=arguments.title or folder.absolute().name,
    )
    _log(arguments)
    gc.enable()  # commands answer once and go without; a server goes on
    run(settings, started=lambda url: _said(url, settings, arguments))
    return DONE


def _require_packages(arguments: argparse.Namespace) -> None:
    """Raise MissingExtraError where an extra is not installed."""
    from importlib.util import find_spec

    from mistral_rag.errors import MissingExtraError

    if not all(find_spec(name) for name in ("starlette", "uvicorn", "python_multipart")):
        raise MissingExtraError("mistral-rag serve", "serve")
    if arguments.watch and not find_spec("watchfiles"):
        raise MissingExtraError("--watch", "watch")


def _log(arguments: argparse.Namespace) -> None:
    """Let the log come out on standard error; with --access-log a JSON line a request, too."""
    import logging

    from mistral_rag._logger import logger_of

    logging.basicConfig(format="%(levelname)s: %(message)s", level=logging.WARNING)
    if arguments.watch:
        logger_of("mistral_rag.serve._uploads").setLevel(logging.INFO)
    if arguments.access_log:
        access, lines = logger_of("mistral_rag.serve.access"), logging.StreamHandler()
        lines.setFormatter(logging.Formatter("%(message)s"))
        access.addHandler(lines)
        access.setLevel(logging.INFO)
        access.propagate = False


def _model(arguments: argparse.Namespace) -> str | None:
    """The name of the chat model; None for quotes alone."""
    from mistral_rag.defaults import CHAT_MODEL, has_key
    from mistral_rag.errors import ConfigurationError

    if arguments.extractive:
        return None
    if arguments.model and not has_key():
        raise ConfigurationError(f"the model {arguments.model} needs a key. Set MISTRAL_API_KEY")
    return arguments.model or (CHAT_MODEL if has_key() else None)


def _readers(arguments: argparse.Namespace) -> tuple[Principal, Tokens]:
    """The principal of one token or of none, and the tokens."""
    import os
    from pathlib import Path

    from mistral_rag.serve import Principal, Tokens

    groups = tuple(arguments.groups) if arguments.groups else None
    owner = Principal("owner", groups, may_write=True, may_operate=True)
    if arguments.tokens:
        return owner, Tokens.read(Path(arguments.tokens))
    token = arguments.token or os.environ.get("MISTRAL_RAG_TOKEN")
    return owner, Tokens.of(token, owner) if token else Tokens()


def _said(url: str, settings: ServeSettings, arguments: argparse.Namespace) -> None:
    """Say where the page is, and open it where that was asked for."""
    if arguments.json:
        say_json({"url": url})
    else:
        say(f"serving {settings.index.name} at {url} (Ctrl-C ends it)")
    if arguments.open:
        import webbrowser

        if not webbrowser.open(url):
            note("warning: no browser could be opened")
