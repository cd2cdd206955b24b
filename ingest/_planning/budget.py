"""The price limit of a build: what it may still buy."""

from ingest._planning.prices import price_of_pages, price_of_tokens
from mistral_rag.errors import ConfigurationError


class Budget:
    """Counts what a build asks for, before it is asked for; without a `limit` (US dollars) everything is allowed.

    With `batch` tokens have the price of batch jobs. Once something did not fit nothing more is bought, so that what
    was bought is what comes first.
    """

    def __init__(self, limit: float | None = None, *, batch: bool = False) -> None:
        self.limit = limit
        self.batch = batch
        self.cost = 0.0
        self.spent = False

    def takes_tokens(self, model: str, tokens: int) -> bool:
        """Count tokens to embed; False when there is no money for them.

        Raises:
            ConfigurationError: there is a limit, and the price of the model is not known.
        """
        price = price_of_tokens(model, tokens, batch=self.batch)
        if price is None and self.limit is not None:
            raise ConfigurationError(f"the price of {model} is not known here, so --max-cost can't hold it")
        return self._takes(price or 0.0)

    def takes_pages(self, reader: str, pages: int) -> bool:
        """Count pages to read by OCR; False when there is no money for them."""
        return self._takes(price_of_pages(reader, pages))

    def _takes(self, price: float) -> bool:
        if self.limit is not None and price and (self.spent or self.cost + price > self.limit):
            self.spent = True
            return False
        self.cost += price
        return True

    @property
    def reason(self) -> str:
        """The reason why something was not bought."""
        return f"the price limit of ${self.limit:.2f} is reached; build again to go on"
