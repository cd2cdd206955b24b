"""The Mistral platform over HTTP: the only place that imports httpx."""
