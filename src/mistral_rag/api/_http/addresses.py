"""Addresses of calls: base URLs as people paste them, and hosts whose paths are not the platform's."""

import re
from typing import Final

ENDPOINTS: Final = (
    "chat/completions",
    "fim/completions",
    "agents/completions",
    "embeddings",
    "ocr",
    "moderations",
    "batch/jobs",
)
"""Paths that people paste along with the base URL, from a cloud's console or an example.

Not "models": base URLs of Azure end with it.
"""
OWN_HOST: Final = re.compile(r"https?://[\w.-]+\.mistral\.ai", re.IGNORECASE)
RAW_PREDICT: Final = re.compile(r":(?:raw|streamRaw)Predict$")
"""End of the address of a model on Vertex, which is one address for every call:
https://cloud.google.com/vertex-ai/generative-ai/docs/partner-models/mistral"""


def address(base_url: str, path: str, *, streamed: bool = False) -> str:
    """The address of the endpoint `path` on the host at `base_url`, whose query stays at the end, after the path's."""
    base, mark, query = base_url.partition("?")
    if mark and "?" in path:
        mark = "&"
    base = base.rstrip("/")
    if RAW_PREDICT.search(base):
        return f"{RAW_PREDICT.sub(':streamRawPredict' if streamed else ':rawPredict', base)}{mark}{query}"
    pasted = next((end for end in ENDPOINTS if base.endswith(f"/{end}")), "")
    base = base.removesuffix(pasted).rstrip("/")
    version = "/v1" if OWN_HOST.fullmatch(base) else ""
    return f"{base}{version}/{path}{mark}{query}"
