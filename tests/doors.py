"""Every public door of an index, tried at random by two tenants who also write, delete, forge and guess.

Two indexes get the same calls of tenant "staff". One of them also gets those of tenant "board", whose texts hold
canaries. Whatever staff does must come out alike on both: results, order, scores, counts, errors. Numbers of rows and
commits are left out: they grow with everybody's writes.

    python tests/doors.py [--calls 100000] [--seed 7]
"""

import argparse
import inspect
import json
import random
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np
from langchain_core.documents import Document
from langchain_core.runnables import RunnableLambda

from mistral_rag import FaissStore, GroundedQA, HybridRetriever, IndexReader, verify_citation
from mistral_rag.index import Identity, IndexWriter, View
from mistral_rag.schema import Citation
from mistral_rag.testing import small_document
from tests.test_canaries import COMPANIES, OPEN_WORDS, SECRET_WORDS, Hashed

CANARY: Final = "canarybird"
IDS: Final = [str(number) for number in range(12)]
URIS: Final = [f"file:///docs/{name}{number}.txt" for name in ("open", "board", "never") for number in range(4)]
FILTERS: Final[list[dict[str, Any] | None]] = [
    None,
    {"page_number": {"$gte": 1}},
    {"desk": "board"},
    {"desk": {"$ne": "board"}},
    {"$not": {"title": {"$prefix": "o"}}},
    {"source": {"$exists": False}},
]


class Side:
    """One of the two indexes, with staff's readers of it and board's store where board is there."""

    def __init__(self, folder: Path, *, with_board: bool) -> None:
        with IndexWriter.open(folder, identity=Identity("hashed", 16)) as writer:
            for number in range(4):
                put(writer, f"open{number}.txt", "staff" if number % 2 else "*", OPEN_WORDS[number:])
                if with_board:
                    put(writer, f"board{number}.txt", "board", [*SECRET_WORDS[number:], CANARY])
            writer.commit()
        self.folder = folder
        self.reader = IndexReader.open(folder, groups=["staff"])
        self.retriever = HybridRetriever.from_index(folder, embeddings=Hashed(), groups=["staff"])
        self.store = FaissStore(Hashed(), folder, groups=["staff"])
        self.board = FaissStore(Hashed(), folder, groups=["board"]) if with_board else None


def put(writer: IndexWriter, name: str, group: str, words: list[str]) -> None:
    texts = [" ".join(words).capitalize() + ".", " ".join(reversed(words)).capitalize() + "."]
    language = {"staff": "en", "board": "fr"}.get(group, "")
    source, pages, chunks = small_document(name, texts, groups=(group,), language=language, metadata={"desk": group})
    writer.put(source, pages, chunks, np.array(Hashed().embed_documents(texts), dtype=np.float32))


class Luck:
    """What a call asks for: the same for both sides."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 (must be repeatable)
        self.text = " ".join(self._random.choices([*OPEN_WORDS, *SECRET_WORDS, CANARY, *COMPANIES], k=4))
        self.ids = self._random.choices([*IDS, *guessed_ids()], k=3)
        self.uri = self._random.choice(URIS)
        self.k = self._random.randint(0, 9)
        self.filter = self._random.choice(FILTERS)
        self.number = self._random.randint(1, 3)
        self.vector = Hashed().embed_query(self.text)
        self.forged = {
            "uri": self.uri,
            "source": self.uri.rpartition("/")[2],
            "page": self.number,
            "first_unit": 0,
            "last_unit": self._random.choice([0, "a", None]),
            "start_index": 0,
            "headings": self._random.choice([[], None]),
            "kind": "text",
            "desk": self._random.choice(["staff", "board", 1]),
            "language": self._random.choice(["en", "fr", "xx", None]),
        }


def guessed_ids() -> list[str]:
    """Ids of board's chunks, as someone would have them who knows a text."""
    from mistral_rag.schema import Chunk

    words = [[*SECRET_WORDS[number:], CANARY] for number in range(4)]
    return [
        Chunk.make_id(f"file:///docs/board{number}.txt", " ".join(each).capitalize() + ".")
        for number, each in enumerate(words)
    ]


def shown(found: list[Document]) -> list[Any]:
    return [(document.id, document.page_content, document.metadata) for document in found]


def scored(found: list[tuple[Document, float]]) -> list[Any]:
    return [(document.id, document.page_content, score) for document, score in found]


def with_view(look: Callable[[View, Luck], Any]) -> Callable[[Side, Luck], Any]:
    def door(side: Side, luck: Luck) -> Any:
        with side.reader.view() as view:
            return look(view, luck)

    return door


def ids_of(view: View, rows: Any) -> list[str]:
    return [stored.chunk.id for stored in view.chunks(np.asarray(rows).ravel().tolist())]


def every(view: View) -> range:
    """Rows of everybody, also those that are gone."""
    return range(view.last_row + 1)


def twice(view: View) -> Any:
    return np.repeat(np.arange(view.last_row + 1), 2)


def key_of(text: str) -> bytes:
    return sha256(text.encode()).digest()


def scores_of(view: View, rows: Any, scores: Any) -> list[Any]:
    return sorted(zip(ids_of(view, rows), scores.tolist(), strict=True))


def asked(side: Side, luck: Luck, **settings: Any) -> Any:
    answer = GroundedQA(retriever=side.retriever.model_copy(update=settings)).invoke(luck.text)
    return answer.model_dump(exclude={"timings", "generation"})


def verified(side: Side, luck: Luck) -> Any:
    text = " ".join([*SECRET_WORDS[luck.number :], CANARY]).capitalize() + "."
    guess = Citation(
        marker="1", source="x", uri=luck.uri, title="x", start=0, end=0, location="not_found", given_quote=text[:40]
    )
    return [verify_citation(store, guess) for store in (side.reader, side.retriever.index, side.retriever.pages)]


def from_elsewhere(side: Side, luck: Luck) -> Any:
    given = [Document(luck.text, metadata=luck.forged, id=luck.ids[0]), Document("A word.", metadata=luck.forged)]
    chain = GroundedQA(retriever=RunnableLambda(lambda _: given), pages=side.retriever.pages)
    return chain.invoke(luck.text).model_dump(exclude={"timings", "generation"})


VIEW: Final[dict[str, Callable[[View, Luck], Any]]] = {
    "allowed": lambda view, luck: ids_of(view, view.allowed(luck.filter)),
    "cached_embeddings": lambda view, luck: view.cached_embeddings(
        "hashed", [key_of(luck.text), key_of(f"{CANARY} {luck.text}")]
    ),
    "changes": lambda view, luck: ids_of(view, view.changes(0).added),
    "chunks": lambda view, luck: [stored.chunk for stored in view.chunks(every(view), layouts=True)],
    "chunks_by_id": lambda view, luck: sorted(view.chunks_by_id(luck.ids, layouts=True)),
    "content_of": lambda view, luck: view.content_of(luck.uri),
    "count": lambda view, luck: view.count(),
    "dense": lambda view, luck: ids_of(view, view.dense(twice(view)).rows),
    "extra": lambda view, luck: view.extra("step"),  # noqa: S610
    "fields": lambda view, luck: sorted(view.fields()),
    "hidden": lambda view, luck: view.hidden(),
    "lexical": lambda view, luck: scores_of(view, *view.lexical(twice(view)).scores(luck.text)),
    "lexical_inputs": lambda view, luck: [(row.uri, row.text) for row in view.lexical_inputs()],
    "nearest": lambda view, luck: ids_of(view, view.nearest(np.array(luck.vector), luck.k, luck.filter)[0]),
    "numbered_sources": lambda view, luck: list(view.numbered_sources(view.row_sources()[:, 1].tolist()).values()),
    "page": lambda view, luck: view.page(luck.uri, luck.number),
    "page_summaries": lambda view, luck: view.page_summaries([luck.uri, *(source.uri for source in view.sources())]),
    "page_texts": lambda view, luck: list(view.page_texts(luck.uri)),
    "pages": lambda view, luck: list(view.pages(luck.uri)),
    "pending": lambda view, luck: ids_of(view, view.pending()),
    "profile": lambda view, luck: view.profile(luck.uri),
    "profiles": lambda view, luck: list(view.profiles(every(view)).values()),
    "profiles_by_uri": lambda view, luck: list(view.profiles_by_uri()),
    "row_sources": lambda view, luck: ids_of(view, view.row_sources()[:, 0]),
    "rows_of": lambda view, luck: sorted(view.rows_of(luck.ids)),
    "rows_with_vectors": lambda view, luck: ids_of(view, view.rows_with_vectors()),
    "source": lambda view, luck: view.source(luck.uri),
    "sources": lambda view, luck: list(view.sources()),
    "statuses": lambda view, luck: [(one.source, one.status, one.pages, one.chunks) for one in view.statuses()],
    "vector_batch": lambda view, luck: ids_of(view, view.vector_batch(every(view)).rows),
    "vector_batches": lambda view, luck: sorted(ids_of(view, [r for b in view.vector_batches() for r in b.rows])),
    "vector_count": lambda view, luck: view.vector_count(),
    "vectors": lambda view, luck: ids_of(view, view.vectors()[0]),
    "vectors_of": lambda view, luck: view.vectors_of(every(view))[1].tolist(),
}
NOT_OF_DOCUMENTS: Final = {"commit_digest", "setting"}
"""Methods of a view that read no document: settings of the index, and the digest of a commit."""

READER: Final[dict[str, Callable[[Side, Luck], Any]]] = {
    "extra": lambda side, luck: side.reader.extra("step"),  # noqa: S610
    "for_groups": lambda side, luck: side.reader.for_groups(["staff"]).status(),
    "page": lambda side, luck: side.reader.page(luck.uri, luck.number),
    "source": lambda side, luck: side.reader.source(luck.uri),
    "status": lambda side, luck: {**side.reader.status(), "generation": 0},
}
NOT_READING: Final = {"open", "view", "connection", "release", "close", "heed_forks", "before_fork", "after_fork"}
"""Methods of a reader that give no document; `view` leads to those above, `connection` is the package's own."""

STORE: Final[dict[str, Callable[[Side, Luck], Any]]] = {
    "add_texts": lambda side, luck: side.store.add_texts([luck.text], [luck.forged], ids=luck.ids[:1]),
    "delete": lambda side, luck: side.store.delete(luck.ids[:2]),
    "get_by_ids": lambda side, luck: shown(side.store.get_by_ids(luck.ids)),
    "max_marginal_relevance_search": lambda side, luck: shown(
        side.store.max_marginal_relevance_search(luck.text, luck.k, filter=luck.filter)
    ),
    "max_marginal_relevance_search_by_vector": lambda side, luck: shown(
        side.store.max_marginal_relevance_search_by_vector(luck.vector, luck.k, filter=luck.filter)
    ),
    "save_local": lambda side, luck: side.store.save_local(side.folder.with_name("copied")),
    "similarity_search": lambda side, luck: shown(side.store.similarity_search(luck.text, luck.k, luck.filter)),
    "similarity_search_by_vector": lambda side, luck: shown(
        side.store.similarity_search_by_vector(luck.vector, luck.k, luck.filter)
    ),
    "similarity_search_with_score": lambda side, luck: scored(
        side.store.similarity_search_with_score(luck.text, luck.k, luck.filter)
    ),
}
MAKING: Final = {"from_texts", "from_faiss_folder", "load_local", "close"}
"""Methods of a store that make one, or give nothing."""

RETRIEVER: Final[dict[str, Callable[[Side, Luck], Any]]] = {
    "explain": lambda side, luck: side.retriever.explain(luck.text, k=luck.k).to_json(),
    "model_copy": lambda side, luck: shown(
        side.retriever.model_copy(update={"filter": luck.filter, "neighbours": 1}).invoke(luck.text)
    ),
    "reread": lambda side, luck: [
        (one, stored.chunk, stored.whole_page)
        for one, stored in sorted(side.retriever.reread(luck.ids, filter=luck.filter).items())
    ],
    "retrieve": lambda side, luck: [passage.page for passage in side.retriever.retrieve(luck.text).passages()],
    "save_local": lambda side, luck: side.retriever.save_local(side.folder.with_name("copied")),
    "search": lambda side, luck: [(h.chunk, h.score, h.page) for h in side.retriever.search(luck.text, k=luck.k)],
}
SETTINGS: Final = {"from_documents", "from_index", "load_local", "model_post_init"}

ELSEWHERE: Final[dict[str, Callable[[Side, Luck], Any]]] = {
    "GroundedQA": asked,
    "GroundedQA, marginal": lambda side, luck: asked(side, luck, mmr=0.5, most_per_document=1),
    "GroundedQA, of a store": lambda side, luck: (
        GroundedQA(retriever=side.store.as_retriever(), pages=side.retriever.pages)
        .invoke(luck.text)
        .model_dump(exclude={"timings", "generation"})
    ),
    "GroundedQA, of foreign documents": from_elsewhere,
    "retriever.invoke, with settings of the call": lambda side, luck: shown(
        side.retriever.invoke(luck.text, k=luck.k, filter=luck.filter)
    ),
    "retriever.invoke": lambda side, luck: shown(side.retriever.invoke(luck.text)),
    "store.as_retriever": lambda side, luck: shown(side.store.as_retriever().invoke(luck.text)),
    "verify_citation": verified,
}
DOORS: Final = {
    **{f"View.{name}": with_view(look) for name, look in VIEW.items()},
    **{f"IndexReader.{name}": door for name, door in READER.items()},
    **{f"FaissStore.{name}": door for name, door in STORE.items()},
    **{f"HybridRetriever.{name}": door for name, door in RETRIEVER.items()},
    **ELSEWHERE,
}


def public_methods(kind: type, *, own: bool = False) -> set[str]:
    """Public methods; the async twins of others are left out, and with `own` what LangChain's classes bring."""
    names = vars(kind) if own else {name: None for base in kind.__mro__[:-1] for name in vars(base)}
    found = {name for name in names if name[0] != "_" and inspect.isroutine(inspect.getattr_static(kind, name))}
    return {name for name in found if not (name[0] == "a" and name[1:] in found)}


def outcome(door: Callable[[Side, Luck], Any], side: Side, luck: Luck) -> Any:
    try:
        return door(side, luck)
    except (LookupError, ValueError) as error:
        return type(error), str(error).replace(str(side.folder), "")


def by_board(store: FaissStore, luck: Luck) -> None:
    """A call of the other tenant: of the same ids, with texts that staff may not see."""
    if luck.k < 7:
        store.add_texts([f"{CANARY} {luck.text}"], [{"desk": "board", **luck.forged}], ids=luck.ids[:1])
        return
    with suppress(ValueError):  # a chunk of a file is not deleted by itself
        store.delete(luck.ids)


def told(folder: Path, calls: int, *, seed: int = 7) -> Iterator[str]:
    """Doors that came out otherwise for staff where board is there."""
    sides = [Side(folder / "both", with_board=True), Side(folder / "alone", with_board=False)]
    names = list(DOORS)
    luck_of_doors = random.Random(seed)  # noqa: S311 (must be repeatable)
    for number in range(calls):
        luck = Luck(seed * 1_000_003 + number)
        if sides[0].board is not None and number % 10 == 3:
            by_board(sides[0].board, luck)
            continue
        name = luck_of_doors.choice(names)
        both, alone = (outcome(DOORS[name], side, luck) for side in sides)
        if repr(both) != repr(alone):
            yield f"{number} {name}: {str(both)[:300]} | {str(alone)[:300]}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=7)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        found = list(told(Path(place), chosen.calls, seed=chosen.seed))
    report = {"calls": chosen.calls, "doors": len(DOORS), "told": len(found), "first": found[:10]}
    sys.stdout.write(json.dumps(report) + "\n")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
