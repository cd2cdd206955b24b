"""Build time: folders of documents become an index."""

DISTRIBUTION = "mistral-rag"
"""Tells this package from another one named `ingest` that may hide it."""
