"""`python -m mistral_rag.cli` is `mistral-rag`."""

import sys

from mistral_rag.cli import main

if __name__ == "__main__":
    sys.exit(main())
