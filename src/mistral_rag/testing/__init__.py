"""FakeMistral, a strict fake of the Mistral platform, for your tests and for work without a network.

    with FakeMistral() as fake:
        chat = ChatMistral(base_url=fake.base_url, api_key=fake.key)

It refuses what the platform refuses and answers everything else by simple, reproducible rules, by script
(`fake.script`), or with a fault (`fake.faults`). `python -m mistral_rag.testing` serves it until Ctrl-C.

`small_index` makes an index of a few texts, without files or parsers. `ObedientChatModel` does whatever any text in
its prompt tells it, and `attack_documents` tell it: put your own chain between them.
"""

from typing import TYPE_CHECKING

from mistral_rag._lazy import loader
from mistral_rag.testing._attacks.documents import AttackDocument, attack_documents
from mistral_rag.testing._content.ocr_pages import ScriptedPage
from mistral_rag.testing._content.replies import Reply, call, references, thinking
from mistral_rag.testing._rules.conversation_rules import Rules
from mistral_rag.testing._server import faults
from mistral_rag.testing._server.fake import FakeMistral, Recorded
from mistral_rag.testing._server.limits import RateLimits
from mistral_rag.testing._small_index import small_document, small_index

if TYPE_CHECKING:
    from mistral_rag.testing._attacks.model import ObedientChatModel

__all__ = [
    "AttackDocument",
    "FakeMistral",
    "ObedientChatModel",
    "RateLimits",
    "Recorded",
    "Reply",
    "Rules",
    "ScriptedPage",
    "attack_documents",
    "call",
    "faults",
    "references",
    "small_document",
    "small_index",
    "thinking",
]

# a chat model of LangChain takes half a second to import, which a fake of the platform needs not
__getattr__ = loader(__name__, {"ObedientChatModel": "_attacks.model"})
