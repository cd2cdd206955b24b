"""What calls cost: a bill with a limit, a ledger as a file, and the price of one's own model.

    python examples/costs.py

With MISTRAL_API_KEY set the platform answers, without it a stand-in on this machine.
"""

import os
from contextlib import ExitStack
from pathlib import Path

from mistral_rag import ChatMistral, MistralEmbeddings
from mistral_rag.errors import CostLimitError
from mistral_rag.testing import FakeMistral, Reply
from mistral_rag.usage import LedgerFile, cost_rows, costs, labelled

LEDGER = Path("calls.jsonl")


def main() -> None:
    """Ask until the limit stops it, then read the ledger."""
    LEDGER.unlink(missing_ok=True)
    with ExitStack() as stack:
        if not os.environ.get("MISTRAL_API_KEY"):
            fake = stack.enter_context(FakeMistral())
            os.environ |= {"MISTRAL_API_KEY": fake.key, "MISTRAL_BASE_URL": fake.base_url}
            fake.script(*[Reply("Fine.", usage={"completion_tokens": 400})] * 20)
        chat = ChatMistral(model="mistral-small-latest", max_tokens=400)
        with costs(max_cost=0.0015, ledger=LEDGER) as bill, labelled(run="nightly"):
            MistralEmbeddings().embed_query("How are you?")
            try:
                for _ in range(20):
                    chat.invoke("How are you?")
            except CostLimitError as stopped:
                print(f"stopped at ${stopped.spent:.4f} of ${stopped.limit:.4f}")
        print({kind: totals.calls for kind, totals in bill.by_kind.items()})
    for row in cost_rows(LedgerFile(LEDGER).entries(), by="model"):
        print(f"{row.name}: ${row.totals.cost:.6f}, {row.totals.counts.input_tokens} tokens in")


if __name__ == "__main__":
    main()
