"""Thresholds at which vector search changes its method."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DenseSettings:
    """Thresholds at which vector search changes its method; figures in docs/store.md.

    Attributes:
        exact_rows: up to so many rows all vectors are held in memory and searched exactly, as fast as anything else.
        newer_rows: more rows than this that are newer than the binary index are added to it; half as many changes
            have its file written again.
        sample_rows: rows whose mean stands for that of all where not all vectors are in memory.
    """

    exact_rows: int = 20_000
    newer_rows: int = 8192
    sample_rows: int = 1024


DEFAULT = DenseSettings()
