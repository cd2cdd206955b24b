"""Metadata filters and groups as sets of rows."""
