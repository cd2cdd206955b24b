"""OCR of a 1,000-page PDF compared with the official SDK: CPU time and memory of the client.

    python -m benchmarks.ocr [--peers-python PATH] [--pages N] [--rounds N]

A server in another process answers at once with pages made beforehand: about 2,500 characters each, with blocks and
word confidences. Each client is measured in a process of its own, in turns; the best round counts. The SDK is given
what it takes (one request with a data URL, or an upload, a request and a deletion) and hands back the reply as
objects. `mistral-rag` hands back pages of plain text with blocks, boxes, tables and scored words at their offsets;
"compared" is the same with the text layer read beside it in a child process, whose CPU time is counted too. "JSON
floor" is raw httpx with the reply through `json.loads`.
"""

import argparse
import asyncio
import base64
import importlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

KEY = "benchmark"
SIDES = {"top_left_x": 100, "top_left_y": 100, "bottom_right_x": 1600, "bottom_right_y": 2100}
SENTENCE = "The Company reported net sales of 1,234.5 million for the quarter and expects that the trend will go on ."
ASKED = {
    "model": "mistral-ocr-latest",
    "include_blocks": True,
    "table_format": "html",
    "extract_header": True,
    "extract_footer": True,
    "confidence_scores_granularity": "word",
}


# --- the document and the server ----------------------------------------------------------------------------------


def made_pdf(pages: int) -> bytes:
    """A PDF of text pages."""
    pymupdf: Any = importlib.import_module("pymupdf")
    document = pymupdf.open()
    for number in range(pages):
        document.new_page().insert_text((50, 60), [f"{number} {SENTENCE}"] * 25, fontsize=9)
    return bytes(document.tobytes(deflate=True))


def made_page(number: int) -> dict[str, Any]:
    """A page of the reply."""
    first, _, rest = SENTENCE.partition(" ")
    paragraphs = [f"{number} **{first}** {rest}" for _ in range(24)]
    table = f"<table><tr><th>Item</th><th>2023</th></tr><tr><td>Sales</td><td>{number}</td></tr></table>"
    markdown = "\n\n".join([f"# Section {number}", *paragraphs, "[tbl-0.html](tbl-0.html)"])
    scores, at = [], 0
    for word in markdown.split():
        at = markdown.index(word, at)
        scores.append({"text": word, "confidence": 0.99, "start_index": at})
        at += len(word)
    blocks = [{"type": "text", "content": paragraph, **SIDES} for paragraph in paragraphs]
    return {
        "index": number,
        "markdown": markdown,
        "images": [],
        "tables": [{"id": "tbl-0.html", "content": table, "format": "html", "word_confidence_scores": []}],
        "hyperlinks": [],
        "header": "ACME 10-K",
        "footer": str(number),
        "dimensions": {"dpi": 200, "height": 2200, "width": 1700},
        "confidence_scores": {
            "average_page_confidence_score": 0.99,
            "minimum_page_confidence_score": 0.99,
            "word_confidence_scores": scores,
        },
        "blocks": [*blocks, {"type": "table", "content": table, "table_id": "tbl-0.html", **SIDES}],
    }


def reply(pages: Sequence[bytes], wanted: Sequence[int] | None) -> bytes:
    """The reply with these pages, each encoded already."""
    chosen = pages if wanted is None else [pages[index] for index in wanted]
    usage = json.dumps({"pages_processed": len(chosen), "doc_size_bytes": 1}).encode()
    return b'{"pages":[' + b",".join(chosen) + b'],"model":"mistral-ocr-latest","usage_info":' + usage + b"}"


async def serve(count: int) -> None:
    """Answer for ever; the first line of output is the port."""
    pages = [json.dumps(made_page(number)).encode() for number in range(count)]
    card = {
        "id": "0c9b5c0e-6a8a-4c57-9f6e-0d6a4f0e7a11",
        "object": "file",
        "bytes": 1,
        "created_at": 1,
        "deleted": True,
    }
    card |= {"filename": "a.pdf", "purpose": "ocr", "sample_type": "instruct", "source": "upload"}

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int((head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]) or 0)
                body = await reader.readexactly(length)
                is_ocr = head.split(b" ")[1].endswith(b"/ocr")
                said = reply(pages, json.loads(body).get("pages")) if is_ocr else json.dumps(card).encode()
                kind = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
                writer.write(kind % len(said) + said)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, limit=2**26)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


# --- the clients --------------------------------------------------------------------------------------------------

Run = Callable[[Path], int]


def data_url(path: Path) -> dict[str, str]:
    encoded = base64.b64encode(path.read_bytes()).decode()
    return {"type": "document_url", "document_url": f"data:application/pdf;base64,{encoded}"}


def floor(url: str) -> Run:
    httpx = importlib.import_module("httpx")
    client = httpx.Client(headers={"authorization": f"Bearer {KEY}"}, timeout=300)

    def run(path: Path) -> int:
        answered = client.post(f"{url}/ocr", json={**ASKED, "document": data_url(path)})
        return len(json.loads(answered.content)["pages"])

    return run


def sdk(url: str, *, by_upload: bool = False) -> Run:
    made = importlib.import_module("mistralai.client").Mistral
    client = made(api_key=KEY, server_url=url.removesuffix("/v1"), timeout_ms=300_000)

    def run(path: Path) -> int:
        if not by_upload:
            return len(client.ocr.process(document=data_url(path), **ASKED).pages)
        with path.open("rb") as stream:
            file = client.files.upload(file={"file_name": path.name, "content": stream}, purpose="ocr")
        read = client.ocr.process(document={"type": "file", "file_id": file.id}, **ASKED)
        client.files.delete(file_id=file.id)
        return len(read.pages)

    return run


def mistral_rag(url: str, **options: Any) -> Run:
    ocr = importlib.import_module("mistral_rag").MistralOCR(base_url=url, api_key=KEY)
    return lambda path: len(ocr.read(path, **options).pages)


def page_by_page(url: str) -> Run:
    ocr = importlib.import_module("mistral_rag").MistralOCR(base_url=url, api_key=KEY, compare_text_layer=False)
    return lambda path: sum(1 for _ in ocr.iter_pages(path, max_concurrent_requests=2))


CLIENTS: dict[str, Callable[[str], Run]] = {
    "JSON floor": floor,
    "official SDK": sdk,
    "official SDK, upload": lambda url: sdk(url, by_upload=True),
    "mistral-rag": lambda url: mistral_rag(url, compare_text_layer=False),
    "mistral-rag, one request": lambda url: mistral_rag(url, compare_text_layer=False, pages_per_request=1000),
    "mistral-rag, page by page": page_by_page,
    "mistral-rag, compared": mistral_rag,
}


# --- the measuring ------------------------------------------------------------------------------------------------


def measured(name: str, url: str, path: Path) -> dict[str, float]:
    """One document read: CPU seconds with those of children, seconds on the clock, memory in MB."""
    run = CLIENTS[name](url)
    before = peak()
    clock, cpu = time.perf_counter(), cpu_seconds()
    count = run(path)
    return {
        "pages": count,
        "cpu": cpu_seconds() - cpu,
        "clock": time.perf_counter() - clock,
        "grew": peak() - before,
        "peak": peak(),
    }


def cpu_seconds() -> float:
    spent = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in spent)


def peak() -> float:
    """The most memory this process has held, in MB; not that of the process it was forked from."""
    status = Path("/proc/self/status").read_text("utf-8")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def elsewhere(pythons: Sequence[str], name: str, url: str, path: Path) -> dict[str, float] | None:
    """`measured` in a process of its own, in the first environment that has the client."""
    for python in pythons:
        command = [python, str(Path(__file__)), "--measure", name, url, str(path)]
        done = subprocess.run(command, capture_output=True, text=True)
        if not done.returncode:
            found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
            return found
        if "ModuleNotFoundError" not in done.stderr:
            print(f"{name}: {done.stderr.strip().splitlines()[-1]}")
    return None


def compare(given: argparse.Namespace, path: Path) -> None:
    """Measure the clients in turns and print the best round of each."""
    path.write_bytes(made_pdf(given.pages))
    pythons = [sys.executable, *filter(None, [given.peers_python])]
    print(f"{given.pages:,} pages, PDF of {path.stat().st_size / 2**20:.1f} MB, best of {given.rounds}")
    command = [sys.executable, __file__, "--serve", "--pages", str(given.pages)]
    best: dict[str, dict[str, float]] = {}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            url = f"http://127.0.0.1:{server.stdout.readline().strip() if server.stdout else ''}/v1"
            for name in [*(given.only or CLIENTS)] * given.rounds:
                found = elsewhere(pythons, name, url, path)
                if found and found["cpu"] < best.get(name, {"cpu": float("inf")})["cpu"]:
                    best[name] = found
        finally:
            server.kill()
    print(f"{'':26} {'CPU, s':>8} {'ms/page':>8} {'clock, s':>8} {'grew, MB':>8} {'peak, MB':>8}")
    for name, row in best.items():
        figures = (row["cpu"], row["cpu"] * 1000 / row["pages"], row["clock"], row["grew"], row["peak"])
        print(f"{name:26} {' '.join(f'{figure:8.2f}' for figure in figures)}")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--peers-python", help="a Python whose environment has the clients that are missing here")
    parser.add_argument("--pages", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="*", choices=CLIENTS, help="clients to measure, by default all")
    parser.add_argument("--measure", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.serve:
        asyncio.run(serve(given.pages))
    elif given.measure:
        name, url, path = given.measure
        print(json.dumps(measured(name, url, Path(path))))
    else:
        with tempfile.TemporaryDirectory() as folder:
            compare(given, Path(folder, "large.pdf"))


if __name__ == "__main__":
    main()
