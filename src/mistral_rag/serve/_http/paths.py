"""The ways in: paths below which requests are guarded, counted and answered alike, said once for all who go by them."""

from typing import Final

OPEN_WEBUI: Final = "/open-webui"
"""Prefix of the routes whose sources come as Open WebUI's own events, which show the quotes, in place of annotations,
which it shows by title alone. It offers tools of its own with each question (36 in version 0.12)."""
OPENAI: Final = ("/v1/", f"{OPEN_WEBUI}/v1/")
"""Paths of OpenAI's API, whose clients read errors in its own shape."""
API: Final = ("/api/", *OPENAI, "/metrics")
"""Paths behind which something of the index is: all but the page's own files and the signs of health."""
COMPLETIONS: Final = tuple(f"{prefix}chat/completions" for prefix in OPENAI)
ASKS: Final = frozenset({"/api/ask", *COMPLETIONS})
"""Paths that take questions."""
