"""Checks of a statement against its sources: what speaks against it, by names, order, negation, direction, clauses."""
