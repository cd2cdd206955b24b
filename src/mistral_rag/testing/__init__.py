"""FakeMistral, a strict fake of the Mistral platform, for your tests and for work without a network.

    with FakeMistral() as fake:
        chat = ChatMistral(base_url=fake.base_url, api_key=fake.key)

It refuses what the platform refuses and answers everything else by simple, reproducible rules, by script
(`fake.script`), or with a fault (`fake.faults`). `python -m mistral_rag.testing` serves it until Ctrl-C.

`small_index` makes an index of a few texts, without files or parsers.
"""

from mistral_rag.testing._content.ocr_pages import ScriptedPage
from mistral_rag.testing._content.replies import Reply, call, references, thinking
from mistral_rag.testing._rules.conversation_rules import Rules
from mistral_rag.testing._server import faults
from mistral_rag.testing._server.fake import FakeMistral, Recorded
from mistral_rag.testing._small_index import small_document, small_index

__all__ = [
    "FakeMistral",
    "Recorded",
    "Reply",
    "Rules",
    "ScriptedPage",
    "call",
    "faults",
    "references",
    "small_document",
    "small_index",
    "thinking",
]
