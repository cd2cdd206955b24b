"""Streaming with coroutines: text as it comes, usage at the end, and what is left of a stream that broke.

    python examples/streaming.py

With MISTRAL_API_KEY set the platform answers, without it a stand-in on this machine, whose second stream breaks.
"""

import asyncio
import os

from mistral_rag import ChatMistral
from mistral_rag.errors import ApiError
from mistral_rag.testing import FakeMistral, faults


async def tell(model: ChatMistral, prompt: str) -> None:
    """Print an answer as it comes."""
    try:
        async for chunk in model.astream(prompt):
            print(chunk.text, end="", flush=True)
            if chunk.usage_metadata:
                print(f"\n({chunk.usage_metadata['output_tokens']} tokens)")
    except ApiError as error:
        print(f"\nbroke off after {error.partial.text if error.partial else ''!r}")


async def main() -> None:
    """Two streams, the second of which breaks off where no key is set."""
    with FakeMistral(event_latency=0.02) as fake:
        with_key = "MISTRAL_API_KEY" in os.environ
        model = ChatMistral() if with_key else ChatMistral(base_url=fake.base_url, api_key=fake.key)
        await tell(model, "Which rivers flow into the Baltic Sea?")
        fake.faults.add(faults.cut_stream(after=4))
        await tell(model, "And which into the Black Sea?")


if __name__ == "__main__":
    asyncio.run(main())
