"""The parser for notebooks of Jupyter (nbformat 3 and 4): texts, code and what it printed, in order."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import JsonValue

from ingest.parsing._html.reader import HtmlReader
from ingest.parsing._result import Parsed, with_doubt
from ingest.parsing._texts.markdown import markdown_html
from ingest.parsing._texts.outline import Outline
from mistral_rag.errors import ParseError
from mistral_rag.text import read_text, readable_name

MAX_OUTPUT: Final = 5_000
"""Characters of what a cell printed: a log of 100,000 lines says no more than its beginning."""


def parse(path: Path) -> Parsed:
    """The notebook's sections as pages; its title is its first heading, else its file's name.

    Raises:
        ParseError: it is no notebook, or damaged.
    """
    source = read_text(path)
    try:
        notebook = json.loads(source.text.lstrip("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise ParseError(f"is no notebook, or damaged: {error}") from error
    if not isinstance(notebook, dict):
        raise ParseError("is no notebook: it is a list or value of JSON")
    outline = Outline()
    hidden = 0
    for cell in _cells(notebook):
        text = _joined(cell.get("source", cell.get("input")))
        kind = cell.get("cell_type")
        if kind == "markdown":
            reader = HtmlReader(outline)
            reader.read(markdown_html(text))
            hidden += reader.hidden
        elif kind == "heading":
            level = cell.get("level")
            outline.heading(level if isinstance(level, int) and 1 <= level <= 6 else 1, text)
        else:
            outline.block("code" if kind == "code" else "text", text)
            for output in _outputs(cell):
                outline.block("code", output[:MAX_OUTPUT])
    title = outline.title or readable_name(path.stem)
    parsed = Parsed(title, _metadata(notebook), outline.pages(), hidden={0: hidden} if hidden else {})
    return with_doubt(parsed, source.doubt)


def _cells(notebook: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    sheets = notebook.get("worksheets")
    holders = sheets if isinstance(sheets, list) else [notebook]
    for holder in holders:
        cells = holder.get("cells") if isinstance(holder, dict) else None
        yield from (cell for cell in cells or () if isinstance(cell, dict))


def _outputs(cell: Mapping[str, Any]) -> Iterator[str]:
    """Output of a cell as text: of its other forms nothing is read."""
    outputs = cell.get("outputs")
    for output in outputs if isinstance(outputs, list) else ():
        if not isinstance(output, dict) or output.get("output_type") == "error":
            continue
        data = output.get("data")
        plain = data.get("text/plain") if isinstance(data, dict) else None
        text = _joined(output.get("text") or plain)
        if text.strip():
            yield text


def _joined(text: Any) -> str:
    if isinstance(text, list):
        return "".join(part for part in text if isinstance(part, str))
    return text if isinstance(text, str) else ""


def _metadata(notebook: Mapping[str, Any]) -> dict[str, JsonValue]:
    metadata = notebook.get("metadata")
    kernel = metadata.get("kernelspec") if isinstance(metadata, dict) else None
    language = kernel.get("language") if isinstance(kernel, dict) else None
    return {"programming_language": language} if isinstance(language, str) else {}
