"""The signal of financial filings: companies, periods, forms, statements."""
