"""Quotes: search on a page, bounding boxes, citations and their verification."""
