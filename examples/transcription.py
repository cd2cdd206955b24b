"""A recording as documents with the times of what was said.

    python examples/transcription.py [RECORDING]

Without MISTRAL_API_KEY a stand-in on this machine answers, which hears the same in every recording.
"""

import os
import sys

from langchain_core.documents.base import Blob

from mistral_rag import MistralClient, MistralTranscriptionParser
from mistral_rag.testing import FakeMistral


def main() -> None:
    """Transcribe a recording."""
    with FakeMistral() as fake:
        host = {} if "MISTRAL_API_KEY" in os.environ else {"base_url": fake.base_url, "api_key": fake.key}
        parser = MistralTranscriptionParser(MistralClient(**host), diarize=True)
        blob = Blob.from_path(sys.argv[1]) if sys.argv[1:] else Blob.from_data(b"RIFF", path="talk.wav")
        for document in parser.lazy_parse(blob):
            found = document.metadata
            print(f"{found['start']:.1f}-{found['end']:.1f} s, {found.get('speaker')}: {document.page_content}")


if __name__ == "__main__":
    main()
