"""The parser for program code and settings: lines as they stand, indentation included."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from ingest.parsing._result import Parsed, with_doubt
from ingest.parsing._texts.outline import split_text
from mistral_rag.schema import Block, Locator, Page, clean_text
from mistral_rag.text import drop_invisible, read_text, readable_name

CODE_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        ".bash": "text/x-shellscript",
        ".sh": "text/x-shellscript",
        ".bat": "text/x-bat",
        ".cmd": "text/x-bat",
        ".c": "text/x-c",
        ".h": "text/x-c",
        ".cc": "text/x-c++",
        ".cpp": "text/x-c++",
        ".hpp": "text/x-c++",
        ".cs": "text/x-csharp",
        ".css": "text/css",
        ".go": "text/x-go",
        ".java": "text/x-java",
        ".kt": "text/x-kotlin",
        ".js": "text/javascript",
        ".jsx": "text/jsx",
        ".mjs": "text/javascript",
        ".ts": "text/x-typescript",
        ".tsx": "text/tsx",
        ".lua": "text/x-lua",
        ".php": "text/x-php",
        ".pl": "text/x-perl",
        ".ps1": "text/x-powershell",
        ".py": "text/x-python",
        ".r": "text/x-r",
        ".rb": "text/x-ruby",
        ".rs": "text/x-rust",
        ".scala": "text/x-scala",
        ".sql": "text/x-sql",
        ".swift": "text/x-swift",
        ".tf": "text/x-terraform",
        ".vb": "text/x-vb",
        ".cfg": "text/x-ini",
        ".conf": "text/x-ini",
        ".ini": "text/x-ini",
        ".properties": "text/x-properties",
        ".toml": "application/toml",
        ".yaml": "application/yaml",
        ".yml": "application/yaml",
        ".tex": "text/x-tex",
    }
)
"""Media types of code and settings by suffix."""


def parse(path: Path) -> Parsed:
    """The file's lines, in pages of at most 20,000 characters that are located by line; the title is its name."""
    source = read_text(path)
    text = drop_invisible(clean_text(source.text)).rstrip()
    pages: list[Page] = []
    line = 1
    for part in split_text(text):
        last = line + part.rstrip("\n").count("\n")
        if plain := part.strip("\n"):
            first = line + (len(part) - len(part.lstrip("\n")))
            locator = Locator(kind="section", number=len(pages) + 1, label=f"lines {first}-{last}")
            block = Block(start=0, end=len(plain), kind="code", origin="markup")
            pages.append(Page(locator=locator, text=plain, blocks=(block,)))
        line += part.count("\n")
    return with_doubt(Parsed(readable_name(path.name), {}, tuple(pages)), source.doubt)
