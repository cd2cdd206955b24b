"""Estimate of what a build would do and cost: files are parsed, nothing is sent, nothing is written."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from ingest._planning.moves import can_move
from ingest._planning.plan import FileToRead, make_plan
from ingest._planning.prices import price_of_pages, price_of_tokens, prices_of
from ingest._planning.unread import unread_files
from ingest._reading.documents import ReadFile, read_files
from ingest._reading.members import MemberQueue
from ingest._reading.ocr import When, With, open_reader
from ingest._vectors.embedding import keyed_text
from ingest.parsing._result import WRONG_TEXT, ParsedFile
from ingest.sources._places import LookSettings, Named, SourcePlaces
from mistral_rag.defaults import NO_EMBEDDINGS, choose_embeddings
from mistral_rag.errors import IndexNotFoundError
from mistral_rag.index import IndexWriter, SourceStatus
from mistral_rag.ocr import PageReader
from mistral_rag.schema import Source

TOKENS_OF_A_PICTURE: Final = 600
"""Taken for a page whose text nobody knows yet: about 2,400 characters, a printed page of prose."""
BATCH: Final = 1000
"""Passages of the index that are looked at together."""


@dataclass(slots=True)
class Estimate:
    """Work that is to be done: files to read, their pages, those of them to read by OCR, tokens to embed.

    What earlier builds kept is not counted, and what comes twice once. `unread` are files that no parser takes: reason,
    count and names. `wrong` are the pages whose text says something else than is printed: source, page, reason. `cost`
    is in US dollars by the prices of the month `prices_of`; None where the price of a model is not known.
    """

    files: int = 0
    pages: int = 0
    ocr_pages: int = 0
    tokens: int = 0
    cost: float | None = 0.0
    prices_of: str = field(default_factory=prices_of)
    embedding: str = ""
    ocr: str = ""
    unread: list[dict[str, Any]] = field(default_factory=list)
    wrong: list[dict[str, Any]] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """By the names of the documented JSON form."""
        return asdict(self)


def estimate(
    sources: Named | Iterable[Named],
    index: str | Path | None = None,
    *,
    embeddings: str = "auto",
    workers: int | None = None,
    ocr: When = "auto",
    ocr_with: With | PageReader = "auto",
    look: LookSettings | None = None,
    batch: bool = False,
    passwords: Sequence[str] = (),
) -> Estimate:
    """Estimate what a build with these arguments would do; see `ingest.Build`. Without an `index` all is new."""
    with SourcePlaces(sources, look) as places, open_reader(ocr, ocr_with) as reader, _known(index) as writer:
        known = writer.sources() if writer else {}
        name = reader.name if reader else ""
        plan = make_plan(places, known, prune=False, reader=name, has_passwords=bool(passwords))
        files = [file for file in plan.to_read if not _moves(file, known.get(plan.moved.get(file.found.uri, "")))]
        found = Estimate(files=len(files), ocr=name)
        found.unread = unread_files(plan.unread)
        found.embedding = _embedding_of(embeddings, writer)
        counting = _Counting(found, reader, writer)
        members = MemberQueue(known, found.ocr)
        reading = read_files(
            files, members=members, workers=workers, every_picture=ocr == "always", passwords=passwords
        )
        with closing(reading) as read:
            for item in read:
                if not isinstance(item, ReadFile):
                    continue
                if isinstance(item.parsed, ParsedFile):
                    counting.add(item.file, item.parsed)
                    inside = members.take(item.file, item.parsed, item.unpacked) if item.unpacked else []
                    found.files += sum(file.status != "unchanged" for file in inside)
                members.through(item.file)
        if found.embedding == "auto":
            languages = counting.languages
            found.embedding = choose_embeddings(languages) if found.files or counting.waiting else ""
        counting.add_waiting()
    if found.embedding == NO_EMBEDDINGS:
        found.tokens = 0
    price = price_of_tokens(found.embedding, found.tokens, batch=batch)
    found.cost = None if price is None else round(price + price_of_pages(found.ocr, found.ocr_pages), 6)
    return found


def _moves(file: FileToRead, before: SourceStatus | None) -> bool:
    return before is not None and can_move(file, before)


@contextmanager
def _known(index: str | Path | None) -> Iterator[IndexWriter | None]:
    """The index, as its one writer sees it; None when there is none yet."""
    if index is None:
        yield None
        return
    try:
        writer = IndexWriter.open(Path(index), create=False)
    except IndexNotFoundError:
        yield None
        return
    with writer:
        yield writer


def _embedding_of(asked: str, writer: IndexWriter | None) -> str:
    if writer and writer.identity and not writer.undecided and asked == "auto":
        return writer.identity.embedding
    return NO_EMBEDDINGS if asked == "none" else asked


class _Counting:
    """Counts pages to read and tokens to embed, each text and each picture once."""

    def __init__(self, found: Estimate, reader: PageReader | None, writer: IndexWriter | None) -> None:
        self.languages: Counter[str] = Counter()
        self._found, self._reader, self._writer = found, reader, writer
        self._pictures: set[bytes] = set()
        self._texts: set[bytes] = set()

    def add(self, file: FileToRead, parsed: ParsedFile) -> None:
        """Count a file."""
        found = self._found
        self.languages[parsed.language] += len(parsed.chunks)
        found.pages += len(parsed.pages)
        found.wrong += [
            {"source": file.found.name, "page": picture.page, "reason": picture.reason}
            for picture in parsed.pictures
            if picture.reason.startswith(WRONG_TEXT)
        ]
        if self._reader:
            keys = {bytes.fromhex(picture.key) for picture in parsed.pictures} - self._pictures
            self._pictures |= keys
            kept = self._writer.cached_pages(self._reader.name, list(keys)) if self._writer else {}
            found.ocr_pages += len(keys) - len(kept)
            found.tokens += TOKENS_OF_A_PICTURE * len(keys)
        source = Source(
            uri=parsed.uri,
            digest=file.digest,
            name=file.found.name,
            title=parsed.title,
            media_type=parsed.media_type,
            language=parsed.language,
            metadata=parsed.metadata,
        )
        self._add_texts(keyed_text(chunk, source, parsed.pages[chunk.page - 1]) for chunk in parsed.chunks)

    @property
    def waiting(self) -> bool:
        """True when passages of the index wait for their vectors."""
        if self._writer is None:
            return False
        with self._writer.view() as view:
            return bool(view.count() if view.undecided else view.pending(limit=1))

    def add_waiting(self) -> None:
        """Count the passages that are in the index without vectors."""
        if self._writer is None:
            return
        after = 0
        with self._writer.view() as view:
            while rows := view.pending(after, BATCH):
                after = rows[-1]
                stored = view.chunks(rows, layouts=True)
                self._add_texts(keyed_text(one.chunk, one.source, one.whole_page) for one in stored)

    def _add_texts(self, keyed: Iterable[tuple[bytes, str]]) -> None:
        """Count the tokens of texts that no kept embedding is for."""
        from mistral_rag.embeddings import count_tokens

        texts = {key: text for key, text in keyed if key not in self._texts}
        self._texts |= texts.keys()
        kept = self._writer.cached_embeddings(self._found.embedding, list(texts)) if self._writer else {}
        self._found.tokens += sum(count_tokens(text) for key, text in texts.items() if key not in kept)
