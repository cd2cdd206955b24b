"""Each function that meets the text of a document, a model or a user, as one function of a text."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, Generation

from ingest.chunking import cut
from ingest.parsing._pages.titles import title_of
from ingest.parsing._texts.markdown import FRONT_MATTER
from ingest.parsing._texts.outline import Outline, split_text
from mistral_rag import text as texts
from mistral_rag.api._formats.error_bodies import read_error
from mistral_rag.api._formats.sse import Decoder
from mistral_rag.api._responses import parse_object
from mistral_rag.errors import ApiError, ParseError
from mistral_rag.grounding._asked.things import things_in
from mistral_rag.grounding._conversation.follow_ups import refers_back
from mistral_rag.grounding._conversation.whole import made_whole
from mistral_rag.grounding._drafting.links import LinkFilter
from mistral_rag.grounding._drafting.markers import MarkerParser
from mistral_rag.grounding._drafting.phrases import connects, declines
from mistral_rag.grounding._support.support import judge
from mistral_rag.messages._references import sources_in
from mistral_rag.messages._replies.structured import StructuredParser
from mistral_rag.ocr._pages.block_positions import Finder, plain_content
from mistral_rag.ocr._pages.latex import plain_math
from mistral_rag.ocr._pages.markdown import MarkdownPage, write_markdown
from mistral_rag.ocr._pages.words import plain_words
from mistral_rag.ocr._text_layer.comparison import TOKEN
from mistral_rag.retrieval._domains.document_identity.editions import edition_of
from mistral_rag.retrieval._domains.document_identity.signal import DocumentIdentity
from mistral_rag.retrieval._domains.filings.glossary import Glossary
from mistral_rag.retrieval._domains.filings.names import all_names, first_word, official_name, usual_name, words_of
from mistral_rag.retrieval._domains.filings.signal import FilingIndex, Filings
from mistral_rag.retrieval._domains.filings.statements import statement_pages
from mistral_rag.retrieval._domains.periods import kinds_in, period_of
from mistral_rag.retrieval._questions import without_instructions
from mistral_rag.schema import Block, Locator, Page, Source, clean_text, text_digest
from mistral_rag.text import TableGrid
from mistral_rag.usage._estimate import estimate

COVER = "FORM 10-K\nFor the fiscal year ended December 31, 2023\nAcme Widgets, Inc.\n(Exact name of registrant)\n"


def _drained(found: Any) -> None:
    for _ in found:
        pass


def _source(name: str, title: str) -> Source:
    return Source(uri="file:///a", digest=text_digest(name), name=name, title=title, media_type="text/plain")


def _cut(text: str) -> object:
    return cut([Page(locator=Locator(kind="page", number=1), text=clean_text(text))], uri="file:///a", title=text[:100])


def _cut_block(kind: Any) -> Callable[[str], object]:
    def cut_block(text: str) -> object:
        text = clean_text(text)
        blocks = (Block(start=0, end=len(text), kind=kind, origin="markup"),) if text else ()
        return cut([Page(locator=Locator(kind="page", number=1), text=text, blocks=blocks)], uri="file:///a", title="a")

    return cut_block


def _markers(text: str) -> object:
    parser = MarkerParser("abc123", 9)
    return parser.feed(text), parser.close()


def _markers_in_pieces(text: str) -> object:
    parser = MarkerParser("abc123", 9)
    for at in range(0, len(text), 16):
        parser.feed(text[at : at + 16])
    return parser.close()


def _decoded(data: bytes) -> object:
    try:
        return texts.decode_text(data, markup=True).text
    except ParseError:
        return None


def _events(text: str) -> object:
    decoder = Decoder()
    data = text.encode(errors="replace")
    for at in range(0, len(data), 16):
        decoder.feed(data[at : at + 16])
    return decoder.idle, decoder.unended


def _object(text: str) -> object:
    try:
        return parse_object(text, {})
    except ApiError:
        return None


def _structured(text: str) -> object:
    from langchain_core.exceptions import OutputParserException

    parser = StructuredParser()
    generation: list[Generation] = [ChatGeneration(message=AIMessage(text))]
    try:
        return parser.parse_result(generation, partial=True), parser.parse_result(generation)
    except OutputParserException:
        return None


def _markdown(text: str) -> object:
    sheet = MarkdownPage()
    write_markdown(sheet, text, {"tbl-0.md": text[:50_000]})
    return sheet.writer.text


def _outline(text: str) -> object:
    outline = Outline()
    outline.heading(1, text)
    outline.block("text", text)
    grid = TableGrid()
    for row in ([text], [text, "1"], [text]):
        for cell in row:
            grid.add(" ".join(clean_text(cell).split()), is_head=row == [text])
        grid.end_row()
    outline.table(grid)
    return outline.title, outline.pages()


def _filing_question(text: str) -> object:
    index = FilingIndex()
    learned = Filings().learn(_source("acme 10-K 2023.txt", "Acme"), [COVER])
    if learned is not None:
        index.add(1, learned.profile)
    return index.read(text), index.boosts(text, expansion=text, covered=0.0)


def _names(text: str) -> object:
    official = official_name(COVER + text, "annual")
    return official_name(text, "annual"), usual_name(text), words_of(text), all_names(official, ["acme"], text)


def _found(text: str) -> object:
    finder = Finder(text)
    return [finder.find(piece) for piece in (text[:100], text[-100:], "no such words")]


FUNCTIONS: Mapping[str, Callable[[str], object]] = {
    "sentences": lambda text: _drained(texts.sentences(text)),
    "sentences of paragraphs": lambda text: _drained(texts.sentences(text, paragraphs=True)),
    "trimmed": lambda text: _drained(texts.trimmed(text, 0, len(text))),
    "can_begin": texts.can_begin,
    "numbers": lambda text: texts.numbers(text, named=True),
    "computed_number": lambda text: [
        texts.computed_number(n, f"grew by {n.text}", [text]) for n in texts.numbers(text)[:3]
    ],
    "dates": lambda text: _drained(texts.dates(text)),
    "table_scales": texts.table_scales,
    "missing_numbers": lambda text: texts.missing_numbers("in 2023 it was 1,234.5 million", [text]),
    "normal form space": lambda text: texts.normal_form(text, "space"),
    "normal form typography": lambda text: texts.normal_form(text, "typography"),
    "normal form squeezed": lambda text: texts.normal_form(text, "squeezed"),
    "tokenize": texts.tokenize,
    "tokenize German": lambda text: texts.tokenize(text, "de"),
    "hashed": lambda text: texts.bigrams(texts.hashed(text, "fr")),
    "written": lambda text: (texts.written(text, "fr"), texts.written_question(text, "fr")),
    "hashed_question": texts.hashed_question,
    "content words": texts.content_words,
    "asked words": texts.asked_words,
    "window": lambda text: texts.window(text.split()[:20], text.split(), 20),
    "near": lambda text: texts.near([("a", "b"), ("a", "a")], text.split()),
    "detect_language": lambda text: texts.detect_language([text]),
    "decode_text": lambda text: _decoded(text.encode(errors="surrogatepass")),
    "decode_text utf-16": lambda text: _decoded(text.encode("utf-16-le", errors="surrogatepass")),
    "decode_text latin": lambda text: _decoded(text.encode("cp1252", errors="replace") + b"\xe9"),
    "clean_text": clean_text,
    "chunks": _cut,
    "chunks of a list": _cut_block("list"),
    "chunks of a table": _cut_block("table"),
    "chunks of a title": _cut_block("title"),
    "split_text": lambda text: _drained(split_text(text)),
    "outline": _outline,
    "front matter": lambda text: FRONT_MATTER.match("---\n" + text),
    "title_of": lambda text: title_of(text, text, text[:100]),
    "markers": _markers,
    "markers in pieces": _markers_in_pieces,
    "links of a reply": lambda text: LinkFilter().feed(text),
    "things asked about": things_in,
    "follow-up": refers_back,
    "follow-up made whole": lambda text: made_whole(text, [text, "What were net sales in 2022?"]),
    "declining phrases": lambda text: (declines(text, text), connects(text, text)),
    "claim": lambda text: judge(text[:400], [text], "en", question=text[:100]),
    "without_instructions": without_instructions,
    "periods": lambda text: (period_of(text), kinds_in(text)),
    "editions": lambda text: edition_of(f"folder/{text}.pdf"),
    "names of companies": _names,
    "first word": lambda text: first_word("Acme Widgets, Inc.", [text] * 20),
    "statements": lambda text: statement_pages([text]),
    "glossary": Glossary().expand,
    "filing": lambda text: Filings().learn(_source("a.txt", text), [COVER + text, text]),
    "filing by description": lambda text: Filings().learn(_source(text, text), [text]),
    "document identity": lambda text: DocumentIdentity().learn(_source(text, text), [text]),
    "filing question": _filing_question,
    "server-sent events": _events,
    "server-sent events of lines": lambda text: _events("data: " + text.replace("\n", "\ndata: ") + "\n\n"),
    "error body": lambda text: read_error(text.encode(errors="replace")),
    "error page": lambda text: read_error(b"<" + text.encode(errors="replace")),
    "error object": lambda text: read_error({"message": text, "detail": [{"msg": text, "loc": [text]}]}),
    "reply": _object,
    "reply of a text": lambda text: _object(json.dumps({"id": text})),
    "structured output": _structured,
    "structured output cut off": lambda text: _structured('{"a": "' + text),
    "numbered sources": lambda text: sources_in([ToolMessage("{" + text, tool_call_id="a")]),
    "token estimate": estimate,
    "formula": plain_math,
    "words of markdown": plain_words,
    "markdown of OCR": _markdown,
    "heading of OCR": lambda text: _markdown("# a" + text.replace("\n", " ") + "b"),
    "table of OCR": lambda text: _markdown(f"<table><tr><td>{text}</td></tr></table>"),
    "pipe table of OCR": lambda text: _markdown("| a | b |\n|---|---|\n" + text),
    "content of a block": plain_content,
    "positions of words": _found,
    "tokens of a text layer": TOKEN.findall,
}
