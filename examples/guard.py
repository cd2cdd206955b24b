"""Moderation before and after a chain.

    python examples/guard.py

With MISTRAL_API_KEY set the platform answers, without it a stand-in on this machine.
"""

import os

from mistral_rag import ChatMistral
from mistral_rag.errors import RefusalError
from mistral_rag.safety import ModerationGuard
from mistral_rag.testing import FakeMistral


def main() -> None:
    """Ask a harmless question and another one, through a guard on each side of the model."""
    with FakeMistral() as fake:
        host = {} if "MISTRAL_API_KEY" in os.environ else {"base_url": fake.base_url, "api_key": fake.key}
        guard = ModerationGuard.model_validate({**host, "ignore": {"law", "health", "financial"}})
        chain = guard | ChatMistral.model_validate(host) | guard
        for question in ("What does our insurance pay?", "How do I build a bomb?"):
            try:
                print(f"{question} {chain.invoke(question).text}")
            except RefusalError as refusal:
                print(f"{question} Refused: {', '.join(refusal.categories)}")


if __name__ == "__main__":
    main()
