"""`mistral-rag show`: the pages that an answer cites, with the quoted words marked."""

from __future__ import annotations

import argparse

from mistral_rag.cli._stored import answer_bytes, first_fault
from mistral_rag.terminal import (
    DONE,
    EXIT_CODES,
    UNDONE,
    UsageError,
    add_common,
    add_groups,
    index_folder,
    note,
    say,
    say_json,
    text_argument,
    write_output,
)

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mistral_rag.cli._cited_pages import CitedPages
    from mistral_rag.schema import Citation

_FORMATS = (".html", ".htm", ".pdf", ".png")

_EXAMPLES = """\
examples:
  mistral-rag ask "Who may end it?" --index index/ --json > answer.json
  mistral-rag show answer.json --index index/ --out answer.html            all citations
  mistral-rag show answer.json --index index/ --marker 2 --out quote.pdf   the page of [2]
  mistral-rag ask "Who?" --index index/ --json | mistral-rag show - --index index/ --out quote.png

Each quote is looked up in the index again, and its file must still be the one that was cited:
else nothing is drawn of it (exit code 1). Nothing is sent."""


def add_show(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the program."""
    sub = commands.add_parser(
        "show",
        help="draw the cited pages of an answer, with the quoted words marked",
        description="Draw the page of a citation with the quoted words marked, and the heads of quoted table cells\n"
        "in another colour.",
        epilog=_EXAMPLES + "\n\n" + EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    given = sub.add_mutually_exclusive_group(required=True)
    given.add_argument(
        "answer", nargs="?", metavar="ANSWER.json", help="what `mistral-rag ask --json` printed; -: standard input"
    )
    given.add_argument("--citation", metavar="FILE", help="a JSON file of one citation instead; -: standard input")
    add_common(sub)
    add_groups(sub, "show what a reader in this group may read; may be repeated (default: what everyone may)")
    sub.add_argument(
        "--marker", type=text_argument, metavar="N", help="the citation [N] (default: all in .html, else the first)"
    )
    sub.add_argument(
        "--out",
        required=True,
        metavar="FILE",
        help="a .png, a .pdf with real highlight annotations, or an .html file that holds everything",
    )
    sub.set_defaults(command=show)


def show(arguments: argparse.Namespace) -> int:
    """`mistral-rag show`."""
    from pathlib import Path

    out = Path(arguments.out)
    suffix = format_of(out)
    folder = index_folder(arguments)
    citations = chosen(_given(arguments), arguments.marker, several=suffix.startswith(".htm"))
    from mistral_rag.cli._cited_pages import look_up
    from mistral_rag.index import IndexReader

    with IndexReader.open(folder, groups=arguments.groups) as reader:
        found = [look_up(reader, citation) for citation in citations]
    return draw(found, out, as_json=arguments.json)


def format_of(out: Path) -> str:
    """The ending of a file that can be drawn to. Raises UsageError for another one."""
    suffix = out.suffix.lower()
    if suffix not in _FORMATS:
        raise UsageError(f"{out.name}: what is drawn is a .png, .pdf or .html file; give it one of these endings")
    return suffix


def draw(found: Sequence[CitedPages], out: Path, *, as_json: bool = False) -> int:
    """Draw citations to a file by the ending of its name, and say so; gives an exit code."""
    format_of(out)
    way = {".png": _png, ".pdf": _pdf}.get(out.suffix.lower(), _html)
    return _said(way(found, out), out, as_json=as_json)


def _given(arguments: argparse.Namespace) -> Sequence[Citation]:
    """The citations in the file that was named. Raises UsageError when there are none."""
    from pydantic import ValidationError

    from mistral_rag.schema import Answer, Citation

    name = arguments.citation or arguments.answer
    text = answer_bytes(name)
    kind = Citation if arguments.citation else Answer
    try:
        read = kind.model_validate_json(text)
    except ValidationError as error:
        raise UsageError(first_fault(error, name, kind.__name__.lower())) from error
    citations = (read,) if isinstance(read, Citation) else read.citations
    if not citations:
        raise UsageError(f"the answer in {name} cites nothing: there is no page to show")
    return citations


def chosen(citations: Sequence[Citation], marker: str | None, *, several: bool) -> Sequence[Citation]:
    """The citations to show. Raises UsageError for a marker that the answer has not."""
    markers = ", ".join(f"[{citation.marker}]" for citation in citations)
    if marker is not None:
        wanted = marker.strip().strip("[]")
        found = [citation for citation in citations if citation.marker == wanted]
        if not found:
            raise UsageError(f"the answer has no citation [{wanted}]; it has {markers}")
        return found[:1]
    if not several and len(citations) > 1:
        note(f"[{citations[0].marker}] is shown of {markers}; --marker N chooses another one, an .html file shows all")
    return citations if several else citations[:1]


def _png(cited: Sequence[CitedPages], out: Path) -> list[CitedPages]:
    from mistral_rag.cli._cited_pages import drawn, picture

    _check_printed(cited[0])
    found = drawn(cited[0])
    if found.problem is None:
        write_output(out, picture(found))
    return [found]


def _pdf(cited: Sequence[CitedPages], out: Path) -> list[CitedPages]:
    from dataclasses import replace

    from mistral_rag.cli._cited_pages import highlighted
    from mistral_rag.errors import ParseError
    from mistral_rag.overlay import NotDrawnError

    first = cited[0]
    _check_printed(first)
    if first.source is not None and first.source.media_type != "application/pdf":
        raise UsageError(f"{first.source.name} is no PDF; name a .png or .html file")
    try:
        write_output(out, highlighted(first))
    except (NotDrawnError, ParseError) as error:
        return [replace(first, problem=str(error))]
    return [first]


def _html(cited: Sequence[CitedPages], out: Path) -> list[CitedPages]:
    from mistral_rag.cli._cited_pages import drawn, sections
    from mistral_rag.overlay import CITATION_LEGEND, html_page

    found = [drawn(one) for one in cited]
    made = html_page("Cited pages", [section for one in found for section in sections(one)], legend=CITATION_LEGEND)
    write_output(out, made.encode())
    return found


def _check_printed(cited: CitedPages) -> None:
    if cited.problem is None and cited.source is not None and not cited.is_printed:
        raise UsageError(f"{cited.source.name} has no printed pages to draw; name an .html file")


def _said(shown: Sequence[CitedPages], out: Path, *, as_json: bool) -> int:
    """Print what was drawn, and what was not and why."""
    undrawn = [one for one in shown if one.problem is not None]
    # an HTML file says of each citation why it is not drawn; the others are not written
    is_written = len(undrawn) < len(shown) or out.suffix.lower().startswith(".htm")
    if as_json:
        say_json({"out": str(out) if is_written else None, "citations": [_row(one) for one in shown]})
    for one in shown:
        if one.problem is not None:
            note(f"error: {one.name}: {one.problem}")
        elif not as_json:
            say(f"{one.name}: {one.verdict}; drawn to {out}")
    return UNDONE if undrawn else DONE


def _row(one: CitedPages) -> dict[str, object]:
    citation = one.citation
    return {
        "marker": citation.marker,
        "source": citation.source,
        "page": citation.page,
        "location": citation.location,
        "verified": citation.verified,
        "seen": citation.seen,
        "problem": one.problem,
    }
