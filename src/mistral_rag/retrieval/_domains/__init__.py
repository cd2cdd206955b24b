"""Signals: what a kind of document tells about itself, and what that is worth to a question."""
