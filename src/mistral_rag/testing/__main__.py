"""Serve the fake platform until Ctrl-C: `python -m mistral_rag.testing --port 8080`."""

import argparse
import os
import signal
import sys
import threading
from collections.abc import Sequence

from mistral_rag.testing._server.fake import FakeMistral


def main(arguments: Sequence[str] | None = None) -> int:
    """Print base URL and key, one `NAME=value` a line, and serve until interrupted or terminated."""
    parser = argparse.ArgumentParser(prog="python -m mistral_rag.testing", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="default: a free one")
    parser.add_argument("--key", help="the key to accept; default: a random one")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    options = parser.parse_args(arguments)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    fake = FakeMistral(key=options.key, latency=options.latency, recorded=100)
    try:
        fake.start(port=options.port)
    except OSError as error:
        sys.stderr.write(f"Port {options.port} can't be used: {os.strerror(error.errno or 0)}\n")
        return 2
    sys.stdout.write(f"MISTRAL_BASE_URL={fake.base_url}\nMISTRAL_API_KEY={fake.key}\n")
    sys.stdout.flush()
    stop.wait()
    fake.stop()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
