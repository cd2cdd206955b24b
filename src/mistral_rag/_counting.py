"""Numbers with their nouns, for messages."""


def counted(count: int, noun: str) -> str:
    """A number with its noun, which takes an s in the plural: "1 document", "2 documents"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
