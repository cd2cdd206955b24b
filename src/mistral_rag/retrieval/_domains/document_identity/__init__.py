"""The signal of document identity: titles, versions."""
