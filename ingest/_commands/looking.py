"""Options that say which documents a build is about, and where they come from."""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from ingest.sources._found import SourceFile
    from ingest.sources._places import LookSettings

STANDARD_INPUT = "-"


def add_look(sub: argparse.ArgumentParser) -> None:
    """Add the paths and the options that choose among them."""
    sub.add_argument(
        "paths",
        nargs="+",
        metavar="PATH",
        help="files, folders, URLs (https://…), folders of stores (s3://…, gs://…, az://…, sftp://…, webdav://…), "
        "or - for a list on standard input",
    )
    sub.add_argument(
        "--include",
        action="append",
        default=[],
        metavar="PATTERN",
        help="only files that match, as in .gitignore: '*.pdf', 'hr/**'; may be repeated. What is not looked at stays "
        "in the index as it is",
    )
    sub.add_argument(
        "--exclude",
        action="append",
        default=[],
        metavar="PATTERN",
        help="no files or folders that match; may be repeated. What is never to be found belongs into a .ragignore",
    )
    sub.add_argument(
        "-0", "--null", action="store_true", help="the list on standard input has NUL characters between names"
    )
    sub.add_argument("--rules", metavar="FILE", help="a file of rules (TOML): metadata and groups by path")
    add_private(sub)


def add_private(sub: argparse.ArgumentParser) -> None:
    """Add the option that lets URLs lead anywhere."""
    sub.add_argument(
        "--allow-private", action="store_true", help="URLs may lead to addresses inside this network, or this machine"
    )


def named_sources(arguments: argparse.Namespace) -> list[str]:
    """The places that are named as such."""
    return [path for path in arguments.paths if path != STANDARD_INPUT]


def look_settings(
    arguments: argparse.Namespace, is_settled: Callable[[SourceFile], bool] | None = None
) -> LookSettings:
    """The settings of a look, with the list on standard input when it was asked for."""
    from ingest.sources._local import split_list
    from ingest.sources._places import LookSettings

    listed: list[str] = []
    if STANDARD_INPUT in arguments.paths:
        listed = split_list(sys.stdin.buffer.read(), null=arguments.null)
    return LookSettings(
        include=arguments.include,
        exclude=arguments.exclude,
        rules=arguments.rules,
        listed=listed,
        allow_private=arguments.allow_private,
        is_settled=is_settled,
    )
