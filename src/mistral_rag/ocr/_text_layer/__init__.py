"""A PDF's own text layer, read in a child process and compared with what OCR read."""
