"""Structured output: an answer as a Pydantic object, checked, with one turn to correct a mistake.

    python examples/structured_output.py

With MISTRAL_API_KEY set the platform answers, without it a stand-in on this machine, which errs once.
"""

import os
from datetime import date

from pydantic import BaseModel, Field

from mistral_rag import ChatMistral
from mistral_rag.testing import FakeMistral

LETTER = "Ms Okafor of Lagos ordered 40 valves on 3 May 2024."


class Order(BaseModel):
    """An order."""

    customer: str
    pieces: int = Field(gt=0)
    ordered: date


def main() -> None:
    """Read an order out of a letter."""
    with FakeMistral() as fake:
        fake.script(
            '{"customer": "Okafor", "pieces": 40, "ordered": "last May"}',
            '{"customer": "Okafor", "pieces": 40, "ordered": "2024-05-03"}',
        )
        with_key = "MISTRAL_API_KEY" in os.environ
        model = ChatMistral() if with_key else ChatMistral(base_url=fake.base_url, api_key=fake.key)
        reader = model.with_structured_output(Order, repair=True)
        print(repr(reader.invoke(f"Read the order as JSON: {LETTER}")))


if __name__ == "__main__":
    main()
