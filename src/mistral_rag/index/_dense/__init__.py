"""Search by vectors: sign bits, exact rescoring, and their file beside the database."""
