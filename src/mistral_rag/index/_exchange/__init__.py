"""Copies of an index, and folders that other programs wrote."""
