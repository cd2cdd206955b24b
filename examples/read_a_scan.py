"""OCR: a document as plain pages, with tables, doubtful words and a form filled from it.

    python examples/read_a_scan.py [document.pdf]

With MISTRAL_API_KEY set the platform reads the document, without it a stand-in that knows what an invoice says.
"""

import base64
import os
import sys

from pydantic import BaseModel

from mistral_rag import MistralOCR
from mistral_rag.testing import FakeMistral, ScriptedPage

SCAN = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=="
INVOICE = ScriptedPage(
    "17 pieces for **Okafor** & Sons\n\n| Item | Price |\n| --- | --- |\n| Screw | $\\$ 40.50$ |",
    header="Veldmoor Instruments",
    confidence=0.97,
    doubts={"Okafor": 0.58},
)


class Order(BaseModel):
    """What was ordered."""

    pieces: int


def main() -> None:
    """Read a document, a picture of an invoice by default, and print what is known of its first page."""
    document = sys.argv[1] if len(sys.argv) > 1 else base64.b64decode(SCAN)
    with FakeMistral() as fake:
        fake.script_pages(INVOICE)
        with_key = "MISTRAL_API_KEY" in os.environ
        ocr = MistralOCR() if with_key else MistralOCR(base_url=fake.base_url, api_key=fake.key)
        result = ocr.read(document, document_annotation=Order)
    page = result.pages[0]
    print(page.text)
    for block in page.blocks:
        print(f"{block.kind:8} {page.text[block.start : block.end]!r}")
    for table in page.tables:
        print("columns", table.header, "rows", table.rows)
    for word in page.scores:
        if word.confidence < 0.8:
            print("doubtful:", page.text[word.start : word.end])
    print(result.annotation)


if __name__ == "__main__":
    main()
