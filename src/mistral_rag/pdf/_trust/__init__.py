"""Checks of a page's text layer against what the page draws: shapes of glyphs, and how words look."""
