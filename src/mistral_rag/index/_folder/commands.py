"""Commands that errors advise, whole, so that they can be run as they are printed."""


def verify_command(folder: object) -> str:
    """Advice to run the command that lists the damage of an index."""
    return f"Run: ingest verify --index {folder}"


def rebuild_command(folder: object) -> str:
    """Advice to run the command that builds an index anew; PATH stands for its documents."""
    return f"Run: ingest build PATH --index {folder} --rebuild"
