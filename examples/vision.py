"""Vision: a picture from a file, in LangChain's standard block.

    python examples/vision.py [picture.png]

With MISTRAL_API_KEY set the platform answers, without it a stand-in on this machine, which sees nothing.
"""

import base64
import os
import sys
from pathlib import Path

from langchain_core.messages import HumanMessage

from mistral_rag import ChatMistral
from mistral_rag.testing import FakeMistral

RED_DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=="


def main() -> None:
    """Ask what is in a picture, a red dot by default."""
    picture = base64.b64encode(Path(sys.argv[1]).read_bytes()).decode() if len(sys.argv) > 1 else RED_DOT
    with FakeMistral() as fake:
        fake.script("A single red dot.")
        with_key = "MISTRAL_API_KEY" in os.environ
        model = ChatMistral() if with_key else ChatMistral(base_url=fake.base_url, api_key=fake.key)
        question = HumanMessage(
            content_blocks=[
                {"type": "text", "text": "What is in this picture?"},
                {"type": "image", "base64": picture, "mime_type": "image/png"},
            ]
        )
        print("about", model.get_num_tokens_from_messages([question]), "tokens")
        print(model.invoke([question]).text)


if __name__ == "__main__":
    main()
