"""What reads the pictures of pages: the platform's OCR and the local one behind the same two methods."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from mistral_rag.schema import Page


@dataclass(frozen=True, slots=True)
class PageFailure:
    """A page that could not be read, and why in one line. `number` counts from 1 in the whole document."""

    number: int
    reason: str


class PageReader(Protocol):
    """Reads pages of a PDF or of an image (which has page 1 only).

    `name` is the reader's model with those of its settings that change what it gives, the same in every process:
    results may be kept under it.
    """

    @property
    def name(self) -> str:
        """Model and settings."""

    def read(self, path: Path, numbers: Sequence[int]) -> Iterator[Page | PageFailure]:
        """The pages of these numbers (from 1), in the order of the document, each read or failed.

        A page's locator holds its number in the whole document, its blocks the origin, `confidence` the reader's
        own from 0 to 1. What concerns every page (a wrong key, no memory) is raised instead.
        """
