"""`python -m mistral_rag.cli` is `mistral-rag`."""

import sys

from mistral_rag.cli import main

sys.exit(main())
