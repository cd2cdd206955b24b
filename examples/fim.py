"""Code between a prompt and a suffix, whole and streamed.

    python examples/fim.py

With CODESTRAL_API_KEY set Codestral's own host answers, with MISTRAL_API_KEY the platform, without a stand-in.
"""

import os

from mistral_rag import MistralFIM
from mistral_rag.testing import FakeMistral

BEFORE = "def mean(numbers):\n"
AFTER = "\n\nprint(mean([1, 2, 3]))"


def main() -> None:
    """Fill in the body of a function."""
    with FakeMistral() as fake:
        fake.script("    return sum(numbers) / len(numbers)", "    return sum(numbers) / len(numbers)")
        with_key = {"CODESTRAL_API_KEY", "MISTRAL_API_KEY"} & os.environ.keys()
        fim = MistralFIM() if with_key else MistralFIM(base_url=fake.base_url, api_key=fake.key)
        print(BEFORE + fim.invoke(BEFORE, suffix=AFTER) + AFTER)
        for piece in fim.with_suffix(AFTER).stream(BEFORE):
            print(piece, end="")
        print()


if __name__ == "__main__":
    main()
