"""The rows of a batch as calls, for ledgers and limits: each costs half, and is told once, however often it is read."""

from collections.abc import Iterable

from mistral_rag.api._client import Client
from mistral_rag.api._ledger import open_ledgers
from mistral_rag.api._observed import ObservedCall
from mistral_rag.batch._outcomes import BatchOutcome
from mistral_rag.batch._record import BatchFolder


class BatchCalls:
    """The rows of a batch, before their jobs are created and until their outcomes are there.

    Limits are asked before the first job of a batch. What an earlier run has sent is paid already, and only told.
    """

    def __init__(self, client: Client, folder: BatchFolder) -> None:
        self._client = client
        self._folder = folder
        self._is_sent = any(part.begun for part in folder.record.parts)
        self._calls: dict[str, ObservedCall] = {}

    def admit(self) -> None:
        """Set the price of every row aside.

        Raises:
            CostLimitError: Together they could exceed a limit; nothing was sent.
            ConfigurationError: Nobody knows what they cost.
        """
        if self._is_sent or not open_ledgers():
            return
        try:
            for custom_id, body in self._folder.rows():
                self._calls[custom_id] = self._call({**body, "model": self._folder.model})
        except BaseException:
            self.withdraw()
            raise

    def withdraw(self) -> None:
        """Take back what was set aside: the batch was not sent, or is waited for elsewhere."""
        for call in self._calls.values():
            call.withdrawn()
        self._calls.clear()

    def settle(self, outcomes: Iterable[BatchOutcome]) -> None:
        """Tell the ledgers of all rows; once for a batch, for reading its results again costs nothing."""
        record = self._folder.record
        if not record.counted and open_ledgers():
            for outcome in outcomes:
                call = self._calls.get(outcome.custom_id) or self._call({"model": record.model}, is_paid=True)
                if outcome.error is None:
                    call.answered(outcome.body or {}, {})
                else:
                    call.failed(outcome.error)
        record.counted = True
        self._folder.save()

    def _call(self, body: dict[str, object], *, is_paid: bool = False) -> ObservedCall:
        client, path = self._client, self._folder.record.endpoint
        return ObservedCall(client.settings.host, client.contexts, path, body, batch=True, is_paid=is_paid)
