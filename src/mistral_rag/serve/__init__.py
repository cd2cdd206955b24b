"""A server for one index: the page where a team asks and checks, and the JSON API behind it.

Needs the extra `[serve]`. `create_app` makes the ASGI application, `run` serves it until it is told to stop. Every
answer, count, picture and error is made of what the groups of whoever asks may read.
"""

from __future__ import annotations

from mistral_rag._lazy import loader

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from mistral_rag.serve._access.principals import Principal, Tokens
    from mistral_rag.serve._app import create_app
    from mistral_rag.serve._running import run
    from mistral_rag.serve._settings import ServeSettings

__all__ = ["Principal", "ServeSettings", "Tokens", "create_app", "run"]

__getattr__ = loader(
    __name__,
    {
        "Principal": "_access.principals",
        "ServeSettings": "_settings",
        "Tokens": "_access.principals",
        "create_app": "_app",
        "run": "_running",
    },
)
