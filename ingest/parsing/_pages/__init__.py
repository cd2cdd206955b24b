"""Parts that parsers build pages of: blocks, grids, printed numbers, titles."""
