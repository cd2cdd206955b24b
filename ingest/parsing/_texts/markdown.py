"""The parser for Markdown (CommonMark with tables): rendered as HTML, so that what its tags hide is hidden here too."""

import re
from collections.abc import Sequence
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererProtocol
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from pydantic import JsonValue

from ingest.chunking import is_field
from ingest.parsing._html.reader import HtmlReader
from ingest.parsing._pages.titles import written_title
from ingest.parsing._result import Parsed, with_doubt
from ingest.parsing._texts.outline import Outline
from mistral_rag.text import read_text, readable_name

MAX_NESTING = 60
"""Lists in lists, quotes in quotes: what is deeper is made to exhaust the parser's stack."""
FRONT_MATTER = re.compile(r"\ufeff?---[ \t]*\n(.{0,10000}?)\n(?:---|\.\.\.)[ \t]*(?:\n|$)", re.DOTALL)
SETTING = re.compile(r"([A-Za-z][\w-]{0,40}):[ \t]+(\S.*)")
LATEX_TABLE = re.compile(r"\\begin\{(tabular[*x]?|longtable|array)\}")
MAX_LATEX_LINES = 500
"""Lines in which a table of LaTeX ends; one without an end is a word about LaTeX."""
SWALLOWS = re.compile(
    r"<(/?)(iframe|noembed|noframes|noscript|object|plaintext|script|select|style|template|textarea|title|xmp)\b"
)
"""Tags that take all that follows for their content; one that is never closed is a word about HTML."""


def parse(path: Path) -> Parsed:
    """The file's sections as pages; `metadata` holds the plain settings of its front matter."""
    source = read_text(path)
    text = source.text.replace("\r\n", "\n").replace("\r", "\n")
    metadata: dict[str, JsonValue] = {}
    if front := FRONT_MATTER.match(text):
        metadata = {key: value.strip().strip("\"'") for key, value in SETTING.findall(front[1])}
        text = text[front.end() :]
    outline = Outline()
    reader = HtmlReader(outline)
    reader.read(markdown_html(text))
    title = written_title(str(metadata.pop("title", ""))) or outline.title or readable_name(path.stem)
    hidden = {0: reader.hidden} if reader.hidden else {}
    return with_doubt(Parsed(title, metadata, outline.pages(), hidden=hidden), source.doubt)


def markdown_html(text: str) -> str:
    """Markdown as the HTML that it renders to."""
    return str(_markdown().render(text, {"closed": {name for slash, name in SWALLOWS.findall(text.lower()) if slash}}))


def _markdown() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"maxNesting": MAX_NESTING}).enable(["table", "strikethrough"])
    parser.block.ruler.before("paragraph", "latex_table", _latex_table, {"alt": ["paragraph", "reference"]})
    parser.add_render_rule("html_inline", _html_inline)
    parser.add_render_rule("softbreak", _softbreak)
    return parser


def _softbreak(
    _renderer: RendererProtocol, tokens: Sequence[Token], at: int, _options: OptionsDict, _env: EnvType
) -> str:
    """Keep the line break between two fields, "Place: hall 2" above "Date: 3 April", which people write as lines."""
    begin = next((i + 1 for i in range(at - 1, -1, -1) if tokens[i].type == "softbreak"), 0)
    end = next((i for i in range(at + 1, len(tokens)) if tokens[i].type == "softbreak"), len(tokens))
    lines = ("".join(token.content for token in part) for part in (tokens[begin:at], tokens[at + 1 : end]))
    return "<br />\n" if all(map(is_field, lines)) else "\n"


def _latex_table(state: StateBlock, first: int, end: int, silent: bool) -> bool:
    """Take a table of LaTeX as it is, line by line, and not as a paragraph."""
    begins = LATEX_TABLE.match(_line(state, first))
    if begins is None:
        return False
    closing = f"\\end{{{begins[1]}}}"
    last = next((at for at in range(first, min(end, first + MAX_LATEX_LINES)) if closing in _line(state, at)), None)
    if last is None or silent:
        return last is not None
    token = state.push("fence", "code", 0)
    token.content = state.getLines(first, last + 1, state.sCount[first], keepLastLF=True)
    token.map = [first, last + 1]
    state.line = last + 1
    return True


def _line(state: StateBlock, at: int) -> str:
    return state.src[state.bMarks[at] + state.tShift[at] : state.eMarks[at]]


def _html_inline(
    _renderer: RendererProtocol, tokens: Sequence[Token], at: int, _options: OptionsDict, env: EnvType
) -> str:
    tag = tokens[at].content
    opened = SWALLOWS.match(tag.lower())
    return escapeHtml(tag) if opened and opened[2] not in env["closed"] else tag
