"""The child process that reads a PDF's text layer: the path and a number a line in, a line of JSON a page out.

PDFium is not thread-safe and files may be hostile, so it never runs in the process that asks.
"""

import base64
import json
import sys
from pathlib import Path

from mistral_rag.errors import ParseError
from mistral_rag.pdf import PdfFile

MEMORY = 2 << 30


def main() -> None:
    """Answer with the text and words of each page; a page that can't be read has neither."""
    _bound_memory()
    path, *numbers = json.load(sys.stdin)
    with PdfFile(Path(path)) as pdf:
        for number in numbers:
            try:
                sheet = pdf.sheet(number)
                page = {"text": sheet.text, "words": base64.b64encode(sheet.words.data).decode()}
            except ParseError:
                page = {}
            sys.stdout.write(json.dumps({"number": number, **page}) + "\n")
            sys.stdout.flush()


def _bound_memory() -> None:
    try:
        import resource
    except ImportError:  # Windows has none
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


if __name__ == "__main__":
    main()
