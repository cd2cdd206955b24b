"""The labelled set of `benchmarks.reading`: pages with known truth, readers, and what is counted."""
