"""The index folder: one SQLite database is the truth, everything beside it is a cache of it."""

from __future__ import annotations

from mistral_rag._lazy import loader

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from mistral_rag.index._database.identity import Identity
    from mistral_rag.index._database.profiles import Profile
    from mistral_rag.index._dense.search import DenseIndex
    from mistral_rag.index._exchange.copies import export_faiss, export_lines, freeze, import_lines, new_file, snapshot
    from mistral_rag.index._index_text import TEXT_VERSION, embed_text
    from mistral_rag.index._lexical.bm25 import LexicalIndex
    from mistral_rag.index._reader import IndexReader
    from mistral_rag.index._recovery.check import verify
    from mistral_rag.index._recovery.repair import repair
    from mistral_rag.index._source_status import ERASED, READ_AGAIN, SourceState, erased_uri
    from mistral_rag.index._status import size_of
    from mistral_rag.index._view import StoredChunk, View
    from mistral_rag.index._writer import IndexWriter

__all__ = [
    "ERASED",
    "READ_AGAIN",
    "TEXT_VERSION",
    "DenseIndex",
    "Identity",
    "IndexReader",
    "IndexWriter",
    "LexicalIndex",
    "Profile",
    "SourceState",
    "StoredChunk",
    "View",
    "embed_text",
    "erased_uri",
    "export_faiss",
    "export_lines",
    "freeze",
    "import_lines",
    "new_file",
    "repair",
    "size_of",
    "snapshot",
    "verify",
]

__getattr__ = loader(
    __name__,
    {
        "DenseIndex": "_dense.search",
        "ERASED": "_source_status",
        "Identity": "_database.identity",
        "IndexReader": "_reader",
        "IndexWriter": "_writer",
        "LexicalIndex": "_lexical.bm25",
        "Profile": "_database.profiles",
        "READ_AGAIN": "_source_status",
        "SourceState": "_source_status",
        "StoredChunk": "_view",
        "TEXT_VERSION": "_index_text",
        "View": "_view",
        "embed_text": "_index_text",
        "erased_uri": "_source_status",
        "export_faiss": "_exchange.copies",
        "export_lines": "_exchange.copies",
        "freeze": "_exchange.copies",
        "import_lines": "_exchange.copies",
        "new_file": "_exchange.copies",
        "repair": "_recovery.repair",
        "size_of": "_status",
        "snapshot": "_exchange.copies",
        "verify": "_recovery.check",
    },
)
