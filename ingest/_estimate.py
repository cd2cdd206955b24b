"""Estimate of what a build would do and cost: files are parsed, nothing is sent, nothing is written."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from ingest._documents import ReadFile, read_files
from ingest._embedding import keyed_texts
from ingest._ocr import When, With, open_reader
from ingest._plan import FileToRead, make_plan
from ingest._sources import resolve_roots
from ingest.parsing._result import WRONG_TEXT, ParsedFile
from mistral_rag.defaults import NO_EMBEDDINGS, choose_embeddings
from mistral_rag.errors import IndexNotFoundError
from mistral_rag.index import IndexWriter
from mistral_rag.ocr import PageReader
from mistral_rag.schema import Source

TOKENS_OF_A_PICTURE: Final = 600
"""Taken for a page whose text nobody knows yet: about 2,400 characters, a printed page of prose."""

PRICES: Final[Mapping[str, float]] = MappingProxyType({"mistral-embed": 0.10, "codestral-embed": 0.15})
"""US dollars for a million tokens, by the platform's list of 2026; models on this machine cost nothing."""
PRICE_OF_A_PAGE: Final = 0.004
"""US dollars for a page read by Mistral OCR 4, by the price table of LiteLLM."""


@dataclass(slots=True)
class Estimate:
    """Work that is to be done: files to read, their pages, those of them to read by OCR, tokens to embed.

    What earlier builds kept is not counted. `wrong` are the pages whose text says something else than is printed:
    source, page, reason. `cost` is in US dollars; None where the price of a model is not known.
    """

    files: int = 0
    pages: int = 0
    ocr_pages: int = 0
    tokens: int = 0
    cost: float | None = 0.0
    embedding: str = ""
    ocr: str = ""
    wrong: list[dict[str, Any]] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """By the names of the documented JSON form."""
        return asdict(self)


def estimate(
    paths: Sequence[str | Path],
    index: str | Path,
    *,
    embeddings: str = "auto",
    workers: int | None = None,
    ocr: When = "auto",
    ocr_with: With | PageReader = "auto",
) -> Estimate:
    """Estimate what a build with these arguments would do; see `ingest.Build`."""
    roots = resolve_roots(paths)
    with open_reader(ocr, ocr_with) as reader, _known(Path(index)) as writer:
        known = writer.sources() if writer else {}
        plan = make_plan(roots, known, prune=False, reader=reader.name if reader else "")
        found = Estimate(files=len(plan.to_read), ocr=reader.name if reader else "")
        found.embedding = _embedding_of(embeddings, writer)
        languages: Counter[str] = Counter()
        with closing(read_files(plan.to_read, workers=workers, every_picture=ocr == "always")) as read:
            for item in read:
                if isinstance(item, ReadFile) and isinstance(item.parsed, ParsedFile):
                    languages[item.parsed.language] += sum(len(page.text) for page in item.parsed.pages)
                    _add(found, item.file, item.parsed, reader, writer)
    if found.embedding == "auto":
        found.embedding = choose_embeddings(languages) if found.files else ""
    if found.embedding == NO_EMBEDDINGS:
        found.tokens = 0
    found.cost = _cost(found)
    return found


@contextmanager
def _known(index: Path) -> Iterator[IndexWriter | None]:
    """The index, as its one writer sees it; None when there is none yet."""
    try:
        writer = IndexWriter.open(index, create=False)
    except IndexNotFoundError:
        yield None
        return
    with writer:
        yield writer


def _embedding_of(asked: str, writer: IndexWriter | None) -> str:
    if writer and writer.identity and asked == "auto":
        return writer.identity.embedding
    return NO_EMBEDDINGS if asked == "none" else asked


def _add(
    found: Estimate, file: FileToRead, parsed: ParsedFile, reader: PageReader | None, writer: IndexWriter | None
) -> None:
    found.pages += len(parsed.pages)
    found.wrong += [
        {"source": file.found.name, "page": picture.page, "reason": picture.reason}
        for picture in parsed.pictures
        if picture.reason.startswith(WRONG_TEXT)
    ]
    if reader:
        keys = {bytes.fromhex(picture.key) for picture in parsed.pictures}
        kept = writer.cached_pages(reader.name, list(keys)) if writer else {}
        found.ocr_pages += len(keys) - len(kept)
        found.tokens += TOKENS_OF_A_PICTURE * len(keys)
    found.tokens += _tokens(found.embedding, file, parsed, writer)


def _tokens(model: str, file: FileToRead, parsed: ParsedFile, writer: IndexWriter | None) -> int:
    """The tokens of the chunks that no kept embedding is for."""
    from mistral_rag.embeddings import count_tokens

    source = Source(
        uri=parsed.uri,
        digest=file.digest,
        name=file.found.name,
        title=parsed.title,
        media_type=parsed.media_type,
        language=parsed.language,
        metadata=parsed.metadata,
    )
    keyed = keyed_texts(source, parsed)
    kept = writer.cached_embeddings(model, [key for key, _ in keyed]) if writer else {}
    return sum(count_tokens(text) for key, text in keyed if key not in kept)


def _cost(found: Estimate) -> float | None:
    local = found.embedding == NO_EMBEDDINGS or found.embedding.startswith("local-")
    price = 0.0 if local or not found.tokens else PRICES.get(found.embedding)
    if price is None:
        return None
    pictures = 0.0 if found.ocr.startswith("local-") else PRICE_OF_A_PAGE * found.ocr_pages
    return round(price * found.tokens / 1e6 + pictures, 6)
