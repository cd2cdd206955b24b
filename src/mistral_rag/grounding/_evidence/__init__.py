"""Units of retrieved passages that an answer may cite, and the pages behind them."""
