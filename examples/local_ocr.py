"""A scanned page on this machine, without a key: its text, its least sure words, and an answer that shows where.

python examples/local_ocr.py
"""

from pathlib import Path

from mistral_rag import GroundedQA, HybridRetriever
from mistral_rag.cli import ingest
from mistral_rag.local.ocr import LocalOCR
from mistral_rag.ocr import OcrPage

SCANS = Path(__file__).parents[1] / "data" / "scanned"
INDEX = "scans-index"


def main() -> None:
    """Read the page by itself, then as part of an index."""
    with LocalOCR() as reader:
        for page in reader.read(SCANS / "lease-addendum.pdf", [1]):
            if isinstance(page, OcrPage):
                print(page.text.splitlines()[0])
                words = sorted(page.scores, key=lambda word: word.confidence)
                print("least sure of:", ", ".join(page.text[word.start : word.end] for word in words[:3]))
    ingest(["build", str(SCANS), "--index", INDEX, "--embeddings", "none"])
    chain = GroundedQA(retriever=HybridRetriever.from_index(INDEX), quotes=1)
    answer = chain.invoke("To what sum is the deposit for Hall 4 raised?")
    for citation in answer.citations:
        span = (citation.spans or ())[0]
        print(f"{citation.quote}\n{citation.origin}, {len(span.boxes)} boxes of precision {span.box_precision}")


if __name__ == "__main__":
    main()
