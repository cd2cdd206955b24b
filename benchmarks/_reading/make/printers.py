"""Programs that print: a browser, an office suite, TeX; and PDF files written by hand."""

import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from pypdf import PdfReader, PdfWriter
from pypdf.generic import NameObject, NumberObject, StreamObject

from benchmarks._reading.make.hints import unhinted


def _run(command: Sequence[str | Path], folder: Path) -> None:
    subprocess.run([str(part) for part in command], cwd=folder, check=True, capture_output=True, timeout=180)


def browser(markup: str, out: Path) -> None:
    """Print HTML by Chromium."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "page.html").write_text(markup, "utf-8")
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer", f"--user-data-dir={name}/u"]
        _run(["chromium", *flags, "--print-to-pdf=page.pdf", "page.html"], folder)
        keep(folder / "page.pdf", out)


def office(markup: str, out: Path, suffix: str = "fodt") -> None:
    """Print a flat OpenDocument file by LibreOffice."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / f"page.{suffix}").write_text(markup, "utf-8")
        _run(
            [
                "soffice",
                f"-env:UserInstallation=file://{name}/u",
                "--headless",
                "--convert-to",
                "pdf",
                f"page.{suffix}",
            ],
            folder,
        )
        keep(folder / "page.pdf", out)


def latex(body: str, out: Path, *, preamble: str = "", options: str = "10pt") -> None:
    """Print a LaTeX article without page numbers."""
    source = (
        rf"\documentclass[{options}]{{article}}\usepackage[utf8]{{inputenc}}\usepackage[T1]{{fontenc}}"
        r"\usepackage{times,textcomp}\usepackage[letterpaper,margin=54pt]{geometry}\pagestyle{empty}\parindent0pt"
        rf"{preamble}\begin{{document}}{body}\end{{document}}"
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "page.tex").write_text(source, "utf-8")
        _run(["pdflatex", "-interaction=nonstopmode", "page.tex"], folder)
        keep(folder / "page.pdf", out)


def keep(made: Path, out: Path) -> None:
    """Write the file without dates and names of programs, small."""
    writer = PdfWriter()
    reader = PdfReader(made)
    for page in reader.pages:
        for name in ("/StructParents", "/Tabs"):
            page.pop(NameObject(name), None)
        writer.add_page(page)
    writer.metadata = None
    for page in writer.pages:
        page.compress_content_streams()
    for found in writer._objects:
        if isinstance(found, StreamObject) and "/Length1" in found and "/Length2" not in found:
            data = unhinted(found.get_data())
            found.set_data(data)
            found[NameObject("/Length1")] = NumberObject(len(data))
    writer.compress_identical_objects()
    writer.write(out)


def by_hand(
    contents: Sequence[str], out: Path, *, objects: Sequence[str] = (), catalog: str = "", page: str = ""
) -> None:
    """Write pages of content streams; fonts F1 to F4 are Helvetica, Times, Courier and Helvetica bold.

    `objects` are numbered from 10, so that `catalog` and `page`, more entries of these dictionaries, can name them.
    """
    fonts = ("Helvetica", "Times-Roman", "Courier", "Helvetica-Bold")
    base = "/Type/Font/Subtype/Type1/Encoding/WinAnsiEncoding/BaseFont"
    parts: dict[int, bytes] = {3 + at: f"<<{base}/{font}>>".encode() for at, font in enumerate(fonts)}
    parts |= {10 + at: text.encode("latin-1") for at, text in enumerate(objects)}
    kids = []
    for at, content in enumerate(contents):
        number = 40 + 2 * at
        stream = content.encode("cp1252")
        parts[number + 1] = b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream)
        resources = "" if "/Resources" in page else "/Resources<</Font<</F1 3 0 R/F2 4 0 R/F3 5 0 R/F4 6 0 R>>>>"
        parts[number] = (
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]{resources}/Contents {number + 1} 0 R{page}>>".encode()
        )
        kids.append(f"{number} 0 R")
    parts[1] = f"<</Type/Catalog/Pages 2 0 R{catalog}>>".encode()
    parts[2] = f"<</Type/Pages/Kids[{' '.join(kids)}]/Count {len(kids)}>>".encode()
    data = bytearray(b"%PDF-1.7\n")
    places: dict[int, int] = {}
    for number in sorted(parts):
        places[number] = len(data)
        data += b"%d 0 obj\n%s\nendobj\n" % (number, parts[number])
    start = len(data)
    size = max(parts) + 1
    data += b"xref\n0 %d\n" % size
    for number in range(size):
        data += b"%010d 00000 n \n" % places[number] if number in places else b"0000000000 65535 f \n"
    data += b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, start)
    out.write_bytes(bytes(data))
