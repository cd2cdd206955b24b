"""Text whose columns are set apart by blanks: the regions of a page are found on the grid of its characters.

Such is the output of `pdftotext -layout`, and what people write in an editor.
"""

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

from mistral_rag.pdf._fragments import Fragment
from mistral_rag.pdf._geometry import Rectangle, around
from mistral_rag.pdf._regions import Region, text_regions

_WIDTH, _HEIGHT, _LEADING = 5.0, 10.0, 12.0
"""A character's place in points, as a typewriter sets it: two blanks are as wide as a gap between cells."""
_MIN_ROWS = 3
"""Lines with a gap: of fewer nothing is known."""
_MAX_WORDS = 20_000
"""More are no page."""
_WORD = re.compile(r"\S+")
_GAP = re.compile(r"\S {2,}\S")


def apart(text: str) -> str:
    """The text of one page with columns and matters beside each other one after the other; unchanged without any.

    A line whose words stay together is kept as it is. Tabs are no blanks: tables are written with them.
    """
    lines = text.split("\n")
    if sum(_GAP.search(line) is not None for line in lines) < _MIN_ROWS or "\t" in text:
        return text
    words = [(at, found.start(), found[0]) for at, line in enumerate(lines) for found in _WORD.finditer(line)]
    if len(words) > _MAX_WORDS:
        return text
    boxes = {number: _box(*word) for number, word in enumerate(words)}
    regions = text_regions(_fragments(words, boxes), [word for _, _, word in words], boxes)
    if len(regions) < 2:
        return text
    return "\n\n".join(_printed(region, lines, words) for region in regions)


def _box(line: int, column: int, word: str) -> Rectangle:
    top = _LEADING * line
    return Rectangle(_WIDTH * column, top, _WIDTH * (column + len(word)), top + _HEIGHT)


def _fragments(words: Sequence[tuple[int, int, str]], boxes: Mapping[int, Rectangle]) -> list[Fragment]:
    """Words of one line that stand one blank apart."""
    groups: list[list[int]] = [[0]]
    for before, after in pairwise(range(len(words))):
        line, column, word = words[before]
        if words[after][:2] != (line, column + len(word) + 1):
            groups.append([])
        groups[-1].append(after)
    return [Fragment(group, around([boxes[word] for word in group])) for group in groups]


def _printed(region: Region, lines: Sequence[str], words: Sequence[tuple[int, int, str]]) -> str:
    """The lines of a region as they are written, without what stands beside them; blank lines between them are one."""
    spans = []
    for row in region.rows:
        own = sorted(word for fragment in row for word in fragment.words)
        line, start, _ = words[own[0]]
        _, column, last = words[own[-1]]
        end = column + len(last)
        whole = not lines[line][:start].strip() and not lines[line][end:].strip()
        spans.append((line, 0 if whole else start, start, end))
    edge = min((first for _, cut, first, _ in spans if cut), default=0)
    printed: list[str] = []
    for at, (line, cut, first, end) in enumerate(spans):
        if at and line > spans[at - 1][0] + 1:
            printed.append("")
        printed.append(" " * max(first - edge, 0) * bool(cut) + lines[line][cut:end])
    return "\n".join(printed)
