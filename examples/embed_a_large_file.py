"""Embed more texts than memory holds: read a file line by line, write the vectors to a matrix on disk.

    python examples/embed_a_large_file.py

With MISTRAL_API_KEY set the platform embeds, without it a stand-in on this machine.
"""

import os
from pathlib import Path

import numpy as np

from mistral_rag import MistralEmbeddings
from mistral_rag.errors import ApiError
from mistral_rag.testing import FakeMistral

LINES = Path("lines.txt")
VECTORS = Path("vectors.f32")
COUNT = 2000


def embed(model: MistralEmbeddings) -> None:
    """Embed each line of the file into its row of a matrix on disk."""
    matrix = np.memmap(VECTORS, mode="w+", dtype=np.float32, shape=(COUNT, 1024))
    with LINES.open() as lines:
        try:
            for batch in model.embed_batches(lines):
                matrix[batch.indices] = batch.matrix
        except ApiError as error:
            print(error)  # names the lines without a vector; the others are in the file
    matrix.flush()
    print(f"{np.count_nonzero(matrix.any(axis=1))} vectors, {model.usage.tokens} tokens")


def main() -> None:
    """Make a file of lines and embed it."""
    LINES.write_text("".join(f"The shelf {number} holds {number % 7} boxes.\n" for number in range(COUNT)))
    with FakeMistral() as fake:
        with_key = "MISTRAL_API_KEY" in os.environ
        embed(MistralEmbeddings() if with_key else MistralEmbeddings(base_url=fake.base_url, api_key=fake.key))


if __name__ == "__main__":
    main()
