"""Answers without a model: does the value asked for stand in the first quote?

    python -m benchmarks.values [--sets ohr,xquad_en,xquad_de,xquad_es,filings]
        [--every N] [--work DIR] [--failures FILE]

Questions with a short printed answer are put to an index of all documents of their set. An answer is right when the
printed value (a number by its value, words by their letters) stands in the first quote, or in one of the first three;
`gold page` says that a gold page is cited at all. Questions whose answer is not printed on a gold page are left out.
"""

import argparse
import gzip
import json
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ingest.chunking import CHUNKER_VERSION, cut
from mistral_rag import GroundedQA, HybridRetriever
from mistral_rag.index import Identity, IndexWriter
from mistral_rag.local._embeddings import LocalEmbeddings, choose, load
from mistral_rag.schema import Answer, Locator, Page, Source, clean_text, text_digest
from mistral_rag.text import TOKENS_VERSION, numbers

DATA = Path(__file__).parents[2] / "shared" / "data"
MAX_ANSWER = 60
"""Characters of an answer that is a value; longer ones are explanations."""
YES_NO = re.compile(r"(?:yes|no|true|false|not answerable)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Question:
    """A question, its printed answer, and the gold pages as (document, number from 1)."""

    id: str
    text: str
    answer: str
    gold: frozenset[tuple[str, int]]


def letters(text: str) -> str:
    """Text by its letters and digits."""
    return " ".join(re.findall(r"[^\W_]+", text.casefold()))


def holds(quote: str, answer: str) -> bool:
    """True when a quote holds the value of an answer: all its numbers by value, or all its words in order."""
    if stated := numbers(answer):
        printed = {value for number in numbers(quote) for value in number.values}
        return all(printed.intersection(number.values) for number in stated)
    return f" {letters(answer)} " in f" {letters(quote)} "


def is_value(answer: str) -> bool:
    """True for a short answer that can be printed: no yes or no, no explanation."""
    return 0 < len(answer) <= MAX_ANSWER and not YES_NO.match(answer) and bool(letters(answer))


def store(index: Path, documents: Mapping[str, Sequence[str]], model: LocalEmbeddings, language: str) -> None:
    """Make an index of documents given as texts of their pages."""
    identity = Identity.current(model.name, model.dimension, chunker=CHUNKER_VERSION, tokenizer=TOKENS_VERSION)
    with IndexWriter.open(index, identity=identity) as writer:
        for name, texts in documents.items():
            source = Source(
                uri=f"file:///set/{name}",
                digest=text_digest("\n".join(texts)),
                name=name,
                title=name.rpartition("/")[2],
                media_type="text/plain",
                language=language,
            )
            pages = [
                Page(locator=Locator(kind="page", number=at), text=text, width=1, height=1)
                for at, text in enumerate(texts, 1)
            ]
            read, chunks = cut(pages, uri=source.uri, title=source.title)
            vectors = model.embed_matrix([f"{source.title}\n{chunk.text}" for chunk in chunks])
            writer.put(source, read, chunks, vectors, root="file:///set")
        writer.commit()
        writer.refresh_caches()


def lines_of(path: Path) -> Iterator[dict[str, Any]]:
    """Objects of a file of JSON lines, which may be gzipped."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        yield from map(json.loads, filter(str.strip, lines))


def ohr(work: Path) -> tuple[HybridRetriever, list[Question]]:
    """OHR-Bench: pages of manuals, laws, papers, news, textbooks and filings, each document whole."""
    folder, index, model = DATA / "retrieval_ohr_pages", work / "ohr", load(choose("fr"))
    pages: dict[str, dict[int, str]] = {}
    for row in lines_of(folder / "corpus.jsonl.gz"):
        document, _, number = row["_id"].rpartition("#p")
        pages.setdefault(document, {})[int(number)] = clean_text(row["text"])
    if not index.exists():
        texts = {name: [held.get(at, "") for at in range(max(held) + 1)] for name, held in pages.items()}
        store(index, texts, model, "en")
    questions = []
    for row in lines_of(folder / "questions.jsonl"):
        gold = {int(page) for page in [*row["gold_pages"], *row["alt_pages"]]}
        if is_value(row["answer"]) and any(holds(pages[row["doc"]].get(at, ""), row["answer"]) for at in gold):
            named = frozenset((row["doc"], at + 1) for at in gold)
            questions.append(Question(row["id"], row["question"], row["answer"], named))
    return HybridRetriever.from_index(index, embeddings=model), questions


def xquad(work: Path, language: str) -> tuple[HybridRetriever, list[Question]]:
    """XQuAD: paragraphs of an encyclopedia, the paragraphs of an article together."""
    folder, index, model = (
        DATA / "retrieval_multilingual" / f"xquad_{language}",
        work / f"xquad_{language}",
        load(choose("fr")),
    )
    texts = {row["_id"]: clean_text(row["text"]) for row in lines_of(folder / "corpus.jsonl")}
    articles: dict[str, list[str]] = {}
    place: dict[str, tuple[str, int]] = {}
    for name, text in texts.items():
        article = articles.setdefault(name.partition("-")[0], [])
        article.append(text)
        place[name] = (name.partition("-")[0], len(article))
    if not index.exists():
        store(index, articles, model, language)
    gold = {}
    for line in (folder / "qrels" / "test.tsv").read_text("utf-8").splitlines()[1:]:
        question, text, _ = line.split("\t")
        gold[question] = place[text]
    questions = [
        Question(row["_id"], row["text"], row["answer"], frozenset({gold[row["_id"]]}))
        for row in lines_of(folder / "queries.jsonl")
        if row["_id"] in gold and is_value(row["answer"])
    ]
    return HybridRetriever.from_index(index, embeddings=model), questions


def filings(work: Path) -> tuple[HybridRetriever, list[Question]]:
    """Short printed answers on pages of filings, over all filings of FinanceBench."""
    index, folder = work / "financebench", DATA / "financebench"
    questions = []
    for name in ("questions.jsonl", "questions_ohr_extra.jsonl"):
        for row in lines_of(folder / name):
            if is_value(row["answer"]) and holds(row.get("evidence_text", ""), row["answer"]):
                gold = frozenset((f"{document}.pdf", page + 1) for document, page in row["gold"])
                questions.append(Question(row["id"], row["question"], row["answer"], gold))
    return HybridRetriever.from_index(index), questions


def cited_pages(answer: Answer, first: int) -> set[tuple[str, int]]:
    """Document and page of the first quotes."""
    return {(c.source, c.page or 0) for c in answer.citations[:first]}


def measured(name: str, retriever: HybridRetriever, questions: Iterable[Question], failures: Path | None) -> str:
    """Ask all questions; one line of figures."""
    chain = GroundedQA(retriever=retriever)
    asked = first = three = gold = abstained = 0
    missed = []
    for question in questions:
        answer = chain.invoke(question.text)
        quotes = [citation.quote or "" for citation in answer.citations]
        right = [holds(quote, question.answer) for quote in quotes[:3]]
        asked += 1
        first += any(right[:1])
        three += any(right)
        gold += bool(cited_pages(answer, 5) & question.gold)
        abstained += answer.status == "abstained"
        if not any(right[:1]):
            missed.append(
                {
                    "q": question.text,
                    "a": question.answer,
                    "reason": answer.reason,
                    "quotes": quotes[:3],
                    "gold": bool(cited_pages(answer, 5) & question.gold),
                    "three": any(right),
                }
            )
    if failures is not None:
        failures.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in missed))
    shares = {"first": first, "first three": three, "gold page": gold, "abstained": abstained}
    return f"{name:14} {asked:5}  " + "  ".join(f"{key} {count / max(asked, 1):.3f}" for key, count in shares.items())


SETS: Mapping[str, Callable[[Path], tuple[HybridRetriever, list[Question]]]] = {
    "ohr": ohr,
    "xquad_en": partial(xquad, language="en"),
    "xquad_de": partial(xquad, language="de"),
    "xquad_es": partial(xquad, language="es"),
    "filings": filings,
}


def sets_of(named: str, parser: argparse.ArgumentParser) -> list[str]:
    """The sets that are named, with commas between; ends the program for an unknown one."""
    sets = named.split(",")
    if unknown := sorted(set(sets) - SETS.keys()):
        parser.error(f"no set {', '.join(unknown)}; there are {', '.join(SETS)}")
    return sets


def main(arguments: Sequence[str] | None = None) -> None:
    """Print one line a set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", default=",".join(SETS))
    parser.add_argument("--every", type=int, default=1, help="ask only each N-th question")
    parser.add_argument("--offset", type=int, default=0)
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "mistral-rag-values")
    parser.add_argument("--failures", type=Path)
    chosen = parser.parse_args(arguments)
    sets = sets_of(chosen.sets, parser)
    chosen.work.mkdir(parents=True, exist_ok=True)
    for name in sets:
        retriever, questions = SETS[name](chosen.work)
        print(measured(name, retriever, questions[chosen.offset :: chosen.every], chosen.failures), flush=True)


if __name__ == "__main__":
    main()
