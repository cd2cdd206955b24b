"""Search by words: BM25 over segments, and its files beside the database."""
