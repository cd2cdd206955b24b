"""Is the right page found? Hit rates over real filings, papers and questions in four languages, without a key.

    python -m benchmarks.retrieval [--work DIR] [--index DIR] [--sets financebench,scifact,…] [--every N] [--data DIR]

financebench: `ingest build` makes an index of all PDFs in DIR (once; it is kept and brought up to date), every
question is asked over the whole corpus, and the ranked pages are scored by the data set's own eval_pages.py. The
other sets are texts without pages; they go into an index of their own and are scored by the same rules, and by
nDCG@10.

Each set is ranked by words alone, by the fusion the retriever uses without an expander, and with the rules it expands
questions by; neither must be worse than words. Behind each figure stands its 95 % interval (bootstrap over
questions).
"""

import argparse
import gzip
import json
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

import numpy as np

from mistral_rag.index import Identity, IndexWriter
from mistral_rag.local._embeddings import LocalEmbeddings, choose, load
from mistral_rag.retrievers import HybridRetriever
from mistral_rag.schema import clean_text
from mistral_rag.testing import small_document
from mistral_rag.text import TOKENS_VERSION

DATA = Path(__file__).parents[2] / "shared" / "data"
DEPTH = 60
"""Passages asked for; several stand on one page."""

WAYS: Mapping[str, Mapping[str, Any]] = {
    "words": {"dense_weight": 0.0, "routing": False, "expander": None},
    "fused": {"expander": None},
    "with rules": {},
}
Ranked = dict[str, list[tuple[str, int]]]
DRAWS = 2_000


@dataclass(frozen=True, slots=True)
class Score:
    """Means over questions with their intervals, by the name of the measure."""

    name: str
    way: str
    questions: int
    means: Mapping[str, tuple[float, float, float]]

    def __str__(self) -> str:
        shown = "  ".join(
            f"{measure} {mean:.3f} ({low:.2f}-{high:.2f})" for measure, (mean, low, high) in self.means.items()
        )
        return f"{self.name:32} {self.way:10} {self.questions:5}   {shown}"


def interval(values: Sequence[float]) -> tuple[float, float, float]:
    """The mean and its 95 % interval: means of questions drawn again and again."""
    drawn = np.random.default_rng(0).integers(0, len(values), (DRAWS, len(values)))
    means = np.sort(np.asarray(values)[drawn].mean(axis=1))
    return float(np.mean(values)), float(means[int(0.025 * DRAWS)]), float(means[int(0.975 * DRAWS) - 1])


def opened(index: Path, model: LocalEmbeddings | None = None) -> HybridRetriever:
    """A retriever that has read its index, so that copies of it with other settings need not."""
    retriever = HybridRetriever.from_index(index, embeddings=model)
    retriever.search("anything")
    return retriever


def ranked_pages(retriever: HybridRetriever, questions: Mapping[str, str]) -> Ranked:
    """For every question the pages (file name without ending, number from 0) in the order of their best passage."""
    found: Ranked = {}
    for name, question in questions.items():
        hits = retriever.search(question, k=DEPTH)
        pages = [(Path(unquote(urlparse(hit.source.uri).path)).stem, hit.chunk.page - 1) for hit in hits]
        found[name] = list(dict.fromkeys(pages))
    return found


def judged(script: Path, questions: Path, ranked: Ranked, *flags: str) -> tuple[int, Mapping[str, Any]]:
    """The number of questions and the scores that eval_pages.py gives for ranked pages."""
    with tempfile.TemporaryDirectory() as folder:
        run, result = Path(folder) / "run.jsonl", Path(folder) / "result.json"
        run.write_text("".join(json.dumps({"id": name, "ranked": pages}) + "\n" for name, pages in ranked.items()))
        command = [sys.executable, str(script), str(questions), str(run), "--json", str(result), *flags]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        scores: Mapping[str, Any] = json.loads(result.read_text())["ALL"]
    measures = ("hit@1", "hit@5", "hit@10", "MRR")
    return int(scores["n"]), {name: (scores[name], *scores[f"{name}_ci95"]) for name in measures}


def financebench(data: Path, work: Path, index: Path | None) -> Iterator[Score]:
    """Filings: the whole corpus, and the right document given."""
    if index is None:
        index = work / "financebench"
        build = [sys.executable, "-m", "ingest", "build", str(data / "financebench" / "pdfs"), "--index", str(index)]
        subprocess.run(build, check=True, env={k: v for k, v in os.environ.items() if not k.startswith("MISTRAL_")})
    retriever = opened(index)
    script = data / "financebench" / "eval_pages.py"
    for file in ("questions.jsonl", "questions_ohr_extra.jsonl", "questions_mmlb_extra.jsonl"):
        path = data / "financebench" / file
        questions = {row["id"]: row["question"] for row in read_lines(path)}
        for way, settings in WAYS.items():
            ranked = ranked_pages(retriever.model_copy(update=dict(settings)), questions)
            name = file.removesuffix(".jsonl").replace("questions", "financebench")
            yield Score(name, way, *judged(script, path, ranked))
            yield Score(name + ", in doc", way, *judged(script, path, ranked, "--in-doc"))


def texts(
    name: str, corpus: Path, asked: Path, language: str, model: LocalEmbeddings, work: Path, every: int
) -> Iterator[Score]:
    """A set of short texts in BEIR's layout: an index of them, and the questions of `asked` put to it."""
    index = work / f"{corpus.name}-{model.name}"
    if not index.exists():
        store_texts(index, read_corpus(corpus), language, model)
    wanted: dict[str, set[str]] = {}
    for line in (asked / "qrels" / "test.tsv").read_text("utf-8").splitlines()[1:]:
        question, text, score = line.split("\t")
        if int(score) > 0:
            wanted.setdefault(question, set()).add(text)
    rows = [row for row in read_lines(asked / "queries.jsonl") if row["_id"] in wanted][::every]
    questions = {row["_id"]: row["text"] for row in rows}
    retriever = opened(index, model)
    for way, settings in WAYS.items():
        ranked = ranked_pages(retriever.model_copy(update=dict(settings)), questions)
        found = [[text for text, _ in ranked[name]] for name in questions]
        gold = [wanted[name] for name in questions]
        yield Score(name, way, len(found), {name: interval(values) for name, values in measured(found, gold).items()})


def measured(found: Sequence[Sequence[str]], gold: Sequence[set[str]]) -> Mapping[str, Sequence[float]]:
    """For each question hits among the first k, the reciprocal rank of the first right text, and nDCG@10."""
    places = [
        next((at for at, text in enumerate(texts, 1) if text in right), 0)
        for texts, right in zip(found, gold, strict=True)
    ]
    hits = {f"hit@{k}": [float(0 < place <= k) for place in places] for k in (1, 5, 10)}
    gains = [
        sum(1 / math.log2(at + 2) for at, text in enumerate(texts[:10]) if text in right)
        / sum(1 / math.log2(at + 2) for at in range(min(len(right), 10)))
        for texts, right in zip(found, gold, strict=True)
    ]
    return {**hits, "MRR": [1 / place if place else 0.0 for place in places], "nDCG@10": gains}


def store_texts(index: Path, rows: Iterable[tuple[str, str, str]], language: str, model: LocalEmbeddings) -> None:
    """An index of texts, each a document with one page and one chunk."""
    kept = [(name, clean_text(title), clean_text(text)) for name, title, text in rows if text.strip()]
    matrix = model.embed_matrix([f"{title}\n{text}".strip() for _, title, text in kept])
    identity = Identity.current(model.name, model.dimension, tokenizer=TOKENS_VERSION)
    with IndexWriter.open(index, identity=identity) as writer:
        for (name, title, text), vector in zip(kept, matrix, strict=True):
            made = small_document(f"{name}.txt", [text], root="file:///texts", title=title, language=language)
            writer.put(*made, vector[None], root="file:///texts")
        writer.commit()
        writer.refresh_caches()


def read_corpus(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Id, title and text of each document."""
    path = next(folder.glob("corpus.jsonl*"))
    for row in read_lines(path):
        yield row["_id"], row.get("title", ""), row["text"]


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a file of JSON lines, which may be gzipped."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)


def other_sets(data: Path, work: Path, every: int) -> Iterator[tuple[str, Iterator[Score]]]:
    """The sets without pages, each by its name."""
    mini, multilingual = load(choose("en")), load(choose("fr"))
    folder = data / "retrieval_multilingual"
    scifact = data / "retrieval_scifact"
    yield "scifact", texts("scifact, minilm", scifact, scifact, "en", mini, work, every)
    yield "scifact", texts("scifact, use", scifact, scifact, "en", multilingual, work, every)
    yield "cnil", texts("cnil, use", folder / "cnil_fr", folder / "cnil_fr", "fr", multilingual, work, every)
    for corpus, asked in (("en", "en"), ("de", "de"), ("es", "es"), ("en", "de"), ("en", "es"), ("de", "en")):
        name = f"xquad, {asked} asks {corpus}"
        yield (
            "xquad",
            texts(name, folder / f"xquad_{corpus}", folder / f"xquad_{asked}", corpus, multilingual, work, every),
        )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the data sets")
    parser.add_argument("--work", type=Path, default=Path(tempfile.gettempdir()) / "mistral-rag-retrieval")
    parser.add_argument("--index", type=Path, help="score this index of the financebench PDFs; build none")
    parser.add_argument("--every", type=int, default=1, help="of the sets without pages only each N-th question")
    parser.add_argument("--sets", default="financebench,scifact,cnil,xquad", help="which sets, by commas")
    chosen = parser.parse_args(arguments)
    chosen.work.mkdir(parents=True, exist_ok=True)
    wanted = chosen.sets.split(",")
    for name, scores in (
        ("financebench", financebench(chosen.data, chosen.work, chosen.index)),
        *other_sets(chosen.data, chosen.work, chosen.every),
    ):
        if name in wanted:
            for score in scores:
                print(score, flush=True)


if __name__ == "__main__":
    main()
