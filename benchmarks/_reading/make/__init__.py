"""The pages of the labelled set, made from a description: `python -m benchmarks._reading.make`."""
