"""OCR as a LangChain document loader: one Document a page, straight into a vector store.

    python examples/ocr_loader.py [document.pdf …]

With MISTRAL_API_KEY set the platform reads the documents, without it a stand-in with two pages of its own.
"""

import os
import sys

from langchain_core.vectorstores import InMemoryVectorStore

from mistral_rag import MistralEmbeddings, MistralOCR, MistralOCRLoader
from mistral_rag.testing import FakeMistral, ScriptedPage


def main() -> None:
    """Load documents and look for a passage in them."""
    with FakeMistral() as fake:
        fake.documents["https://example.com/notes.pdf"] = b"%PDF-1.7"
        fake.script_pages(
            ScriptedPage("# Minutes\n\nThe pump is inspected in May."), ScriptedPage("The budget was approved.")
        )
        there = {} if "MISTRAL_API_KEY" in os.environ else {"base_url": fake.base_url, "api_key": fake.key}
        sources = sys.argv[1:] or ["https://example.com/notes.pdf"]
        documents = MistralOCRLoader(sources, ocr=MistralOCR(**there)).load()
        store = InMemoryVectorStore.from_documents(documents, MistralEmbeddings(**there))
        [found] = store.similarity_search("When is the pump inspected?", k=1)
    print(f"{len(documents)} pages; page {found.metadata['page_number']}: {found.page_content.splitlines()[-1]}")


if __name__ == "__main__":
    main()
