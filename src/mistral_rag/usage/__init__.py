"""Tokens, pages and prices of calls: bills with a limit, ledgers, and reports on them."""

from __future__ import annotations

from mistral_rag._lazy import loader

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from mistral_rag.api._ledger import FinishedCall, Ledger, labelled, recording
    from mistral_rag.usage._callback import CostCallback
    from mistral_rag.usage._entries import LedgerEntry
    from mistral_rag.usage._ledgers import Bill, LedgerFile, Totals, costs, index_ledger, question_costs
    from mistral_rag.usage._prices import Cost, UsageCounts, cost_of, counts_of
    from mistral_rag.usage._report import CostRow, cost_rows, total_row

__all__ = [
    "Bill",
    "Cost",
    "CostCallback",
    "CostRow",
    "FinishedCall",
    "Ledger",
    "LedgerEntry",
    "LedgerFile",
    "Totals",
    "UsageCounts",
    "cost_of",
    "cost_rows",
    "costs",
    "counts_of",
    "index_ledger",
    "labelled",
    "question_costs",
    "recording",
    "total_row",
]

_HOME = {
    "Bill": "usage._ledgers",
    "Cost": "usage._prices",
    "CostCallback": "usage._callback",
    "CostRow": "usage._report",
    "FinishedCall": "api._ledger",
    "Ledger": "api._ledger",
    "LedgerEntry": "usage._entries",
    "LedgerFile": "usage._ledgers",
    "Totals": "usage._ledgers",
    "UsageCounts": "usage._prices",
    "cost_of": "usage._prices",
    "cost_rows": "usage._report",
    "costs": "usage._ledgers",
    "counts_of": "usage._prices",
    "index_ledger": "usage._ledgers",
    "labelled": "api._ledger",
    "question_costs": "usage._ledgers",
    "recording": "api._ledger",
    "total_row": "usage._report",
}

__getattr__ = loader("mistral_rag", _HOME)
