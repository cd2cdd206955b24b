"""Exports of answers: Markdown, PDF with highlights, W3C Web Annotations."""
