"""The index folder: one SQLite database is the truth, everything beside it is a cache of it.

Readers, writers and views of one commit; search by vectors (`View.dense`) and by words (`View.lexical`); verify and
repair; copies, exports and imports. Everything else below this package is private.
"""

from __future__ import annotations

from mistral_rag._lazy import loader

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from mistral_rag.index._database.identity import Identity
    from mistral_rag.index._database.profiles import Profile
    from mistral_rag.index._dense.search import DenseIndex
    from mistral_rag.index._dense.settings import DenseSettings
    from mistral_rag.index._documents import BARE_LABEL, bare_source, stated_locator
    from mistral_rag.index._exchange.copies import (
        export_faiss,
        export_jsonl,
        export_lines,
        import_jsonl,
        import_lines,
        snapshot,
    )
    from mistral_rag.index._exchange.faiss_folder import read_faiss_folder
    from mistral_rag.index._filters.filter_fields import is_bare
    from mistral_rag.index._folder.commands import rebuild_command, repair_command
    from mistral_rag.index._gate import EVERYONE, checked_groups
    from mistral_rag.index._index_text import embed_text
    from mistral_rag.index._lexical.lexical_index import LexicalIndex
    from mistral_rag.index._members import member_uri, members_prefix, outermost_uri
    from mistral_rag.index._page_summaries import PageSummary
    from mistral_rag.index._reader import IndexReader, UnrestrictedReader
    from mistral_rag.index._recovery.check import verify
    from mistral_rag.index._recovery.repair import repair
    from mistral_rag.index._source_status import SourceStatus
    from mistral_rag.index._status import vectors_for
    from mistral_rag.index._stored_rows import StoredChunk
    from mistral_rag.index._view import View
    from mistral_rag.index._writer import IndexWriter

__all__ = [
    "BARE_LABEL",
    "EVERYONE",
    "DenseIndex",
    "DenseSettings",
    "Identity",
    "IndexReader",
    "IndexWriter",
    "LexicalIndex",
    "PageSummary",
    "Profile",
    "SourceStatus",
    "StoredChunk",
    "UnrestrictedReader",
    "View",
    "bare_source",
    "checked_groups",
    "embed_text",
    "export_faiss",
    "export_jsonl",
    "export_lines",
    "import_jsonl",
    "import_lines",
    "is_bare",
    "member_uri",
    "members_prefix",
    "outermost_uri",
    "read_faiss_folder",
    "rebuild_command",
    "repair",
    "repair_command",
    "snapshot",
    "stated_locator",
    "vectors_for",
    "verify",
]

__getattr__ = loader(
    __name__,
    {
        "BARE_LABEL": "_documents",
        "EVERYONE": "_gate",
        "DenseIndex": "_dense.search",
        "DenseSettings": "_dense.settings",
        "Identity": "_database.identity",
        "IndexReader": "_reader",
        "IndexWriter": "_writer",
        "LexicalIndex": "_lexical.lexical_index",
        "PageSummary": "_page_summaries",
        "Profile": "_database.profiles",
        "SourceStatus": "_source_status",
        "StoredChunk": "_stored_rows",
        "UnrestrictedReader": "_reader",
        "View": "_view",
        "bare_source": "_documents",
        "checked_groups": "_gate",
        "embed_text": "_index_text",
        "export_faiss": "_exchange.copies",
        "export_jsonl": "_exchange.copies",
        "export_lines": "_exchange.copies",
        "import_jsonl": "_exchange.copies",
        "is_bare": "_filters.filter_fields",
        "import_lines": "_exchange.copies",
        "member_uri": "_members",
        "members_prefix": "_members",
        "outermost_uri": "_members",
        "read_faiss_folder": "_exchange.faiss_folder",
        "rebuild_command": "_folder.commands",
        "repair": "_recovery.repair",
        "repair_command": "_folder.commands",
        "snapshot": "_exchange.copies",
        "stated_locator": "_documents",
        "vectors_for": "_status",
        "verify": "_recovery.check",
    },
)
