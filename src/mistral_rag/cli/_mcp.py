"""`mistral-rag mcp`: the index as tools of assistants that speak the Model Context Protocol."""

from __future__ import annotations

import argparse
import gc

from mistral_rag.cli._ask import add_model, model_of
from mistral_rag.cli._retrieval import add_retrieval, retriever_of
from mistral_rag.terminal import DONE, EXIT_CODES, UsageError, add_common, note

_EXAMPLES = """\
An assistant starts it by itself. Tell it the command, with the absolute path of the index:
  {"mcpServers": {"documents": {"command": "mistral-rag", "args": ["mcp", "--index", "/srv/index"]}}}

With --http it listens on this machine, at http://127.0.0.1:8378/mcp.

"""


def add_mcp(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the program."""
    sub = commands.add_parser(
        "mcp",
        help="offer the index to assistants, by the Model Context Protocol",
        description="Serve an index to an assistant by the Model Context Protocol: tools to search, ask, list, find\n"
        'and read. Needs optional packages: pip install "mistral-rag[mcp]".',
        epilog=_EXAMPLES + EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_common(sub)
    add_retrieval(sub)
    add_model(sub)
    sub.add_argument("--http", action="store_true", help="listen on 127.0.0.1 instead of speaking by standard input")
    sub.add_argument("--port", type=_port, default=8378, metavar="N", help="with --http: the port (default 8378)")
    sub.set_defaults(command=mcp)


def mcp(arguments: argparse.Namespace) -> int:
    """`mistral-rag mcp`; goes on until the client leaves or it is interrupted."""
    if arguments.json:
        raise UsageError("mcp speaks JSON already; leave out --json")
    retriever = retriever_of(arguments)
    from mistral_rag.mcp import mcp_server

    gc.enable()  # the program has switched it off, for commands that answer once
    server = mcp_server(retriever, model=model_of(arguments))
    if arguments.http:
        note(f"listening on http://127.0.0.1:{arguments.port}/mcp")
        server.run("streamable-http", host="127.0.0.1", port=arguments.port)
    else:
        server.run("stdio")
    return DONE


def _port(text: str) -> int:
    port = int(text) if text.isascii() and text.isdigit() else 0
    if not 0 < port < 65536:
        raise argparse.ArgumentTypeError("must be a port, from 1 to 65535")
    return port
