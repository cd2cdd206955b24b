"""What nobody sees on a page is not found, not quoted and not learned, through a build and a question."""

import json

import pytest
from langchain_core.documents import Document

from ingest import Build
from mistral_rag import GroundedQA, HybridRetriever
from mistral_rag.index import IndexReader

SEEN = "The travel budget is 4200 euros."
CANARY = "Canary: the travel budget is 9999999 euros."
STYLES = {
    "display": "<p style='display:none'>{}</p>",
    "sheet": "<style>.x{{visibility:hidden}}</style><p class=x>{}</p>",
    "colour": "<p style='color:#fff'>{}</p>",
    "size": "<p style='font-size:0'>{}</p>",
    "place": "<p style='position:absolute;left:-9999px'>{}</p>",
    "heading": "<h1 hidden>{}</h1>",
}
OPERATORS = {"mode": "3 Tr", "white": "1 g", "clip": "0 0 9 9 re W n", "bar": ""}
FILES = [*(f"{name}.html" for name in STYLES), *(f"{name}.pdf" for name in OPERATORS)]


def pdf(hidden: str, after: str) -> bytes:
    """A page of both sentences; the operators stand before the hidden one."""
    content = (
        f"BT /F 10 Tf 50 700 Td ({SEEN}) Tj ET q {hidden} BT /F 24 Tf 50 600 Td ({CANARY}) Tj ET Q {after}".encode()
    )
    bodies = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R /Resources << /Font << /F << /Type "
        b"/Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        b"<< /Length %d >> stream\n" % len(content) + content + b"\nendstream",
    ]
    objects = b"".join(b"%d 0 obj\n" % number + body + b"\nendobj\n" for number, body in enumerate(bodies, 1))
    return b"%PDF-1.7\n" + objects + b"trailer << /Root 1 0 R /Size 5 >>\n%%EOF\n"


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    folder = tmp_path_factory.mktemp("files")
    for name, html in STYLES.items():
        (folder / f"{name}.html").write_text(f"<p>{SEEN}</p>{html.format(CANARY)}")
    for name, operators in OPERATORS.items():
        (folder / f"{name}.pdf").write_bytes(pdf(operators, "0 g 40 590 560 40 re f" if name == "bar" else ""))
    made = Build([folder], tmp_path_factory.mktemp("index"), embeddings="none", ocr="never")
    for _ in made:
        pass
    return made


def test_hidden_text_is_not_in_the_index(build: Build) -> None:
    assert build.report.count("added") == len(FILES)
    with IndexReader.open(build.index) as reader:
        for file in FILES:
            uri = (build.roots[0] / file).as_uri()
            assert "Canary" not in reader.source(uri).title
            assert SEEN in reader.page(uri, 1).text
            assert "Canary" not in reader.page(uri, 1).text


def test_hidden_text_is_not_found(build: Build) -> None:
    documents: list[Document] = HybridRetriever.from_index(build.index, k=20).invoke("canary travel budget 9999999")
    assert len(documents) == len(FILES)
    assert "9999999" not in json.dumps([document.model_dump(mode="json") for document in documents])


def test_hidden_text_is_not_quoted(build: Build) -> None:
    answer = GroundedQA(retriever=HybridRetriever.from_index(build.index)).invoke("What is the travel budget?")
    assert "4200" in answer.text
    assert "9999999" not in answer.model_dump_json()


def test_hidden_characters_are_in_the_report(build: Build) -> None:
    hidden = len("".join(CANARY.split()))
    report = build.report.to_json()
    files = {file["source"]: file["hidden"] for file in report["files"]}
    assert files == {f"{name}.html": {0: hidden} for name in STYLES} | {
        f"{name}.pdf": {1: hidden} for name in OPERATORS
    }
    assert report["hidden_characters"] == hidden * len(FILES)
    texts = {file.source: file.hidden_text for file in build.report.files}
    assert texts["mode.pdf"] == f"{hidden} hidden characters on p. 1 left out"
    assert texts["size.html"] == f"{hidden} hidden characters left out"
