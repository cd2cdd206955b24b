"""Quotes: found on a page, shown by boxes, cut into citations, checked again."""
