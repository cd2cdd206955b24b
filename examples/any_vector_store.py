"""Any LangChain vector store as the source, with the page numbers of the loader that filled it.

    python examples/any_vector_store.py

Then the same in place of `create_retrieval_chain`: a dict with "input", "context" and "answer".
"""

from langchain_core.documents import Document
from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_core.vectorstores import InMemoryVectorStore

from mistral_rag import GroundedQA

PAGES = [
    # as PyPDFLoader writes them: `page` counts from 0
    Document("The pump is inspected in May.", metadata={"source": "pump.pdf", "page": 6, "total_pages": 12}),
    Document("Its warranty lasts two years.", metadata={"source": "pump.pdf", "page": 7, "total_pages": 12}),
]


def main() -> None:
    """Ask the store one question, in both ways."""
    store = InMemoryVectorStore(DeterministicFakeEmbedding(size=16))
    store.add_documents(PAGES)
    chain = GroundedQA(retriever=store.as_retriever(search_kwargs={"k": 2}))
    answer = chain.invoke("When is the pump inspected?")
    citation = answer.citations[0]
    print(f'{citation.source}, page {citation.page} ({citation.page_label}): "{citation.quote}"')
    result = chain.as_retrieval_chain().invoke({"input": "How long does the warranty last?"})
    print(sorted(result), "from", len(result["context"]), "documents")


if __name__ == "__main__":
    main()
