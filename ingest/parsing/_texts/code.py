"""Program code and settings in plain text: runs of lines whose indentation says something."""

import re
from collections.abc import Iterator
from typing import Final

MIN_MARKED: Final = 0.5
"""Share of a paragraph's lines that must look like code; of prose with indented lines it is below a tenth."""

_PARAGRAPH: Final = re.compile(r"(?:^[^\n]*\S[^\n]*(?:\n|\Z))+", re.MULTILINE)
_FENCED: Final = re.compile(
    r"^[ ]{0,3}(`{3,}|~{3,})[^\n]*\n(?P<code>.*?)(?:^[ ]{0,3}\1[^\n]*$|\Z)", re.MULTILINE | re.DOTALL
)
_MARK: Final = re.compile(
    r"""[{}\[\];\\]\s*$                             # a bracket, semicolon or continuation at its end
      | ^\s*[a-z_][\w.-]*\s*(?:[:=]|:=|\+=)(?:\s|$)  # a key or variable, and its value
      | ^\s*-\s[a-z_][\w-]*:(?:\s|$)
      | ^\s*(?:\#|//|--\s|/\*|\$\s|>>>\s|</?[\w!])   # a comment, a prompt, a tag
      | [=!<>]=|->|=>|&&|\|\|
      | \w\([^()\s]*[,)]                             # a call
      | ^\s*(?:if|elif|for|while|def|class|try|except|with|case|function|else|do|then|return|import|end|fi|done)\b
        (?:.*[:;{)\w])?$
    """,
    re.VERBOSE,
)
_PROSE: Final = re.compile(r"[^\W\d_]{2,},? [^\W\d_]{2,},? [^\W\d_]{2,},? [^\W\d_]{2,}")
"""Four words in a row, with nothing but blanks and commas between them."""


def code_runs(text: str) -> Iterator[tuple[int, int]]:
    """The ranges of paragraphs of code, from the beginning of their first line, without their last newline."""
    fences = [found.span("code") for found in _FENCED.finditer(text)]
    for found in _PARAGRAPH.finditer(text):
        start, end = found.start(), found.end() - found[0].endswith("\n")
        if any(first <= start and end <= last for first, last in fences) or _is_code(text[start:end].split("\n")):
            yield start, end


def _is_code(lines: list[str]) -> bool:
    indents = {len(line) - len(line.lstrip()) for line in lines}
    if len(lines) < 2 or len(indents) < 2:
        return False
    marked = sum(_MARK.search(line) is not None and _PROSE.search(line) is None for line in lines)
    return marked >= MIN_MARKED * len(lines)
