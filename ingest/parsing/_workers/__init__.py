"""Child processes that parse files: their pool, what they do, and the frames in between."""
