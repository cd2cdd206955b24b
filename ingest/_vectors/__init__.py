"""Vectors of passages: the embedding model of an index, and the passages that wait for it."""
