"""HybridRetriever in a chain of your own, in place of any other retriever.

    python examples/retriever_in_a_chain.py

With MISTRAL_API_KEY set the platform answers, without it a stand-in on this machine, which repeats the best lines.
"""

import os
from pathlib import Path

from langchain_core.documents import Document
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda, RunnablePassthrough

from mistral_rag import ChatMistral, HybridRetriever
from mistral_rag.cli import ingest
from mistral_rag.testing import FakeMistral

HANDBOOK = Path(__file__).parents[1] / "data" / "handbook"
INDEX = "handbook-index"


def numbered(documents: list[Document]) -> str:
    """The passages, one a line."""
    return "\n".join(f"[{n}] {' '.join(document.page_content.split())}" for n, document in enumerate(documents, 1))


def main() -> None:
    """Ask the handbook one question."""
    ingest(["build", str(HANDBOOK), "--index", INDEX])
    retriever = HybridRetriever.from_index(INDEX, k=3)
    prompt = ChatPromptTemplate.from_template("{context}\n\nQuestion: {question}")
    with FakeMistral() as fake:
        with_key = "MISTRAL_API_KEY" in os.environ
        model = ChatMistral() if with_key else ChatMistral(base_url=fake.base_url, api_key=fake.key)
        asked = {"context": retriever | RunnableLambda(numbered), "question": RunnablePassthrough()}
        chain = asked | prompt | model | StrOutputParser()
        print(chain.invoke("How long are calibration records kept?"))


if __name__ == "__main__":
    main()
