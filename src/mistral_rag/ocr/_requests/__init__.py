"""Documents and options as OCR requests."""
