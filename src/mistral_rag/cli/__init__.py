"""The programs `mistral-rag` and `ingest`, as functions that take arguments and return an exit code."""

from mistral_rag.cli._program import ingest, main

__all__ = ["ingest", "main"]
