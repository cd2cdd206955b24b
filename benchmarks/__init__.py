"""One claim a file; `python -m benchmarks` prints what there is."""
