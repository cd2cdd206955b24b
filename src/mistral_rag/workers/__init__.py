"""Child processes for work on files that anyone may have written: what crashes, hangs or eats memory costs one job.

A worker is a module of its own that calls `serve`; its parent talks to it through a `WorkerClient` or a `WorkerPool`.
"""

from __future__ import annotations

from mistral_rag._lazy import loader

TYPE_CHECKING = False  # a worker starts without typing
if TYPE_CHECKING:
    from mistral_rag.workers._client import WorkerClient
    from mistral_rag.workers._frames import FrameError, WireFrame
    from mistral_rag.workers._pool import WorkerPool, available_cores
    from mistral_rag.workers._serving import limit_address_space, serve
    from mistral_rag.workers._worker import Limits, Worker, WorkerSpec

__all__ = [
    "FrameError",
    "Limits",
    "WireFrame",
    "Worker",
    "WorkerClient",
    "WorkerPool",
    "WorkerSpec",
    "available_cores",
    "limit_address_space",
    "serve",
]

__getattr__ = loader(
    __name__,
    {
        "WireFrame": "_frames",
        "FrameError": "_frames",
        "Limits": "_worker",
        "Worker": "_worker",
        "WorkerClient": "_client",
        "WorkerPool": "_pool",
        "WorkerSpec": "_worker",
        "available_cores": "_pool",
        "limit_address_space": "_serving",
        "serve": "_serving",
    },
)
