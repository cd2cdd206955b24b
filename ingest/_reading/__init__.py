"""Files on their way to documents: opened once, parsed in workers, read by OCR, with those inside of them."""
