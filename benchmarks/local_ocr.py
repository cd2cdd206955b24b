"""OCR on this machine: how much of scans, of turned pages and of printed digits it gets right, and what a page costs.

Three parts. *scans*: pictures with a transcription (`--data`, a folder with gt.jsonl, images/ and eval_ocr.py, whose
rules are used): words, runs of digits, character errors where the order is certain, centres of word boxes.
*turned*: some of the same pictures on their side and on their head; right when nine of ten words are read as on the
upright page. *digits*: pages of the filings in data/ as pictures of 150 dpi, against their own text.

    python -m benchmarks.local_ocr [--data FOLDER] [--every N] [--part scans|turned|digits]
"""

import argparse
import importlib.util
import json
import re
import resource
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
from PIL import Image

from mistral_rag.local.ocr import LocalOCR
from mistral_rag.ocr._result import OcrPage
from mistral_rag.pdf import PdfFile
from mistral_rag.pictures import ImageFile

CHECKOUT = Path(__file__).parents[1]
SCANS = CHECKOUT.parent / "shared" / "data" / "ocr"
FILINGS = sorted((CHECKOUT / "data").glob("*.pdf"))
DIGITS = re.compile(r"\d+")
PARTS = ("scans", "turned", "digits")


def main() -> None:
    parser = argparse.ArgumentParser(description="OCR on this machine against what is known to be on the pages.")
    parser.add_argument("--data", type=Path, default=SCANS, help="folder with gt.jsonl, images/ and eval_ocr.py")
    parser.add_argument(
        "--every", type=int, default=1, help="take every N-th page (turned: every 4N, digits: every 8N)"
    )
    parser.add_argument("--part", choices=PARTS, action="append", help="only this part")
    arguments = parser.parse_args()
    started = time.perf_counter()
    pages = 0
    with LocalOCR(threads=1) as reader:
        for part in arguments.part or PARTS:
            if part != "digits" and not arguments.data.is_dir():
                print(f"{part}: there is no {arguments.data}")
                continue
            pages += globals()[part](reader, arguments.data, arguments.every)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = (used.ru_utime + used.ru_stime) / max(pages, 1)
    print(
        f"{pages} readings, {cpu:.2f} CPU s each, {time.perf_counter() - started:.0f} s, "
        f"at most {used.ru_maxrss / 1e6:.2f} GB of memory"
    )


def scans(reader: LocalOCR, data: Path, every: int) -> int:
    """Scans with a transcription."""
    rules = _rules(data)
    groups: dict[str, list[dict[str, float]]] = defaultdict(list)
    records = list(_records(data))[::every]
    for record in records:
        scores = _scored(rules, record, _read(reader, data / record["image"]))
        certain = ["reliable order"] if record["reading_order"] == "reliable" else []
        for group in (record["id"].split("_")[0], "all", *certain):
            groups[group].append(scores)
    print(f"{'scans':16} {'n':>4} {'word F1':>8} {'parts F1':>8} {'digit runs':>10} {'CER':>6} {'box centres':>11}")
    for group, rows in sorted(groups.items()):
        columns = (("f1", 8), ("parts", 8), ("digits", 10), ("cer", 6), ("boxes", 11))
        print(f"{group:16} {len(rows):4} " + " ".join(f"{_mean(rows, name):{width}.3f}" for name, width in columns))
    return len(records)


def turned(reader: LocalOCR, data: Path, every: int) -> int:
    """Scans on their side and on their head."""
    rules, right, tried = _rules(data), 0, 0
    records = list(_records(data))[:: 4 * every]
    with tempfile.TemporaryDirectory() as folder:
        for record in records:
            upright = Counter(rules.words(_read(reader, data / record["image"]).text))
            with ImageFile(data / record["image"]) as image:
                pixels = image.grey(1)
            for quarters in (1, 2, 3):
                path = Path(folder) / "turned.png"
                Image.fromarray(np.rot90(pixels, quarters)).save(path, compress_level=1)
                found = Counter(rules.words(_read(reader, path).text))
                tried += 1
                good = sum((found & upright).values()) >= 0.9 * sum(upright.values())
                right += good
                if not good:
                    print(f"  {record['id']} turned by {90 * quarters}: {_recall(upright, found):.2f} of its words")
    print(f"turned           {tried:4} pages, right {right / max(tried, 1):.3f}")
    return tried + len(records)


def digits(reader: LocalOCR, data: Path, every: int) -> int:
    """Pages of filings as pictures, against their own text."""
    expected: Counter[str] = Counter()
    found: Counter[str] = Counter()
    pages = 0
    for path in FILINGS:
        with PdfFile(path) as pdf:
            numbers = range(2, len(pdf) + 1, 8 * every)
            texts = {number: pdf.sheet(number).text for number in numbers}
        for number, page in zip(numbers, reader.read(path, list(numbers)), strict=True):
            assert isinstance(page, OcrPage), page
            known, seen = _numbers(texts[number]), _numbers(page.text)
            expected += known
            found += known & seen
            pages += 1
    share = _recall(expected, found)
    print(f"digits           {pages:4} pages, {sum(expected.values())} tokens with digits, read {share:.4f}")
    return pages


def _read(reader: LocalOCR, path: Path) -> OcrPage:
    [page] = reader.read(path, [1])
    assert isinstance(page, OcrPage), page
    return page


def _rules(data: Path) -> Any:
    spec = importlib.util.spec_from_file_location("eval_ocr", data / "eval_ocr.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _records(data: Path) -> Iterator[dict[str, Any]]:
    yield from map(json.loads, (data / "gt.jsonl").read_text("utf-8").splitlines())


def _scored(rules: Any, record: dict[str, Any], page: OcrPage) -> dict[str, float]:
    known, seen = rules.norm(record["text"]), rules.norm(page.text)
    scores = {
        "f1": _f1(Counter(rules.words(record["text"])), Counter(rules.words(page.text))),
        "parts": _f1(Counter(re.findall(r"\w+", known.lower())), Counter(re.findall(r"\w+", seen.lower()))),
    }
    if runs := Counter(DIGITS.findall(known)):
        scores["digits"] = _recall(runs, Counter(DIGITS.findall(seen)))
    if record["reading_order"] == "reliable":
        a, b = " ".join(known.split()), " ".join(seen.split())
        scores["cer"] = min(1.0, rules.lev(a, b) / max(1, len(a)))
    if record["words"]:
        scores["boxes"] = _boxes(record, page)
    return scores


def _f1(known: Counter[str], seen: Counter[str]) -> float:
    common = sum((known & seen).values())
    return 2 * common / max(1, sum(known.values()) + sum(seen.values()))


def _recall(known: Counter[str], seen: Counter[str]) -> float:
    return sum((known & seen).values()) / max(1, sum(known.values()))


def _numbers(text: str) -> Counter[str]:
    stripped = (re.sub(r"^\W+|\W+$", "", word) for word in text.split())
    return Counter(word for word in stripped if any(map(str.isdigit, word)))


def _boxes(record: dict[str, Any], page: OcrPage) -> float:
    """The share of words, of those that stand on the page once and were read once, whose centre lies in their box."""
    once = Counter(word["t"] for word in record["words"])
    read = defaultdict(list)
    for word in page.words:
        read[page.text[word.start : word.end]].append(word.box)
    right = []
    for word in record["words"]:
        boxes = read.get(word["t"], [])
        if once[word["t"]] == len(boxes) == 1:
            x, y = (boxes[0].left + boxes[0].right) / 2, (boxes[0].top + boxes[0].bottom) / 2
            left, top, right_, bottom = word["b"]
            right.append(left <= x * record["width"] <= right_ and top <= y * record["height"] <= bottom)
    return mean(right) if right else 1.0


def _mean(rows: list[dict[str, float]], name: str) -> float:
    values = [row[name] for row in rows if name in row]
    return mean(values) if values else float("nan")


if __name__ == "__main__":
    main()
