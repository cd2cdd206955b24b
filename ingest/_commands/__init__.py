"""The commands of `ingest`, by what they are about."""
