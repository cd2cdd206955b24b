"""The index folder: one SQLite database is the truth, everything beside it is a cache of it.

Write with `mistral_rag.store.writer.IndexWriter`, read with `mistral_rag.store.reader.IndexReader`, check with
`mistral_rag.store.check.verify`.
"""
