"""Reasoning: what the model thought, apart from what it says.

    python examples/reasoning.py

With MISTRAL_API_KEY set the platform answers, without it a stand-in on this machine.
"""

import os

from mistral_rag import ChatMistral
from mistral_rag.testing import FakeMistral, Reply, thinking


def main() -> None:
    """Ask with an effort that the model may not know: the nearest one it takes is sent, and a note says so."""
    with FakeMistral() as fake:
        fake.script(Reply([thinking("17 is no multiple of 2, 3."), "Yes, 17 is prime."], usage={"reasoning_tokens": 9}))
        with_key = "MISTRAL_API_KEY" in os.environ
        model = ChatMistral() if with_key else ChatMistral(base_url=fake.base_url, api_key=fake.key)
        answer = model.invoke("Is 17 prime?", reasoning_effort="low")
        for block in answer.content_blocks:
            if block["type"] == "reasoning":
                print("thought:", block["reasoning"])
        print("said:", answer.text)
        print("notes:", answer.response_metadata.get("notes", []))
        if answer.usage_metadata:
            print("reasoning tokens:", answer.usage_metadata.get("output_token_details", {}).get("reasoning"))


if __name__ == "__main__":
    main()
