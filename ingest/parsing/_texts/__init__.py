"""Parsers of plain text and its markup: Markdown, reStructuredText, notebooks, program code."""
