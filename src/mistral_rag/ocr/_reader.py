"""The protocol of OCR readers: the platform's and the local one have the same two members."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from mistral_rag.schema import Page


@dataclass(frozen=True, slots=True)
class PageFailure:
    """A page that could not be read, with the reason in one line. `number` counts from 1 in the whole document."""

    number: int
    reason: str


class PageReader(Protocol):
    """Reads pages of a PDF or of an image (which has page 1 only).

    `name` is the model with those of the settings that change the result; it is the same in every process, so that
    results may be cached by it.
    """

    @property
    def name(self) -> str:
        """Model and settings."""

    def read(self, path: Path, numbers: Sequence[int]) -> Iterator[Page | PageFailure]:
        """Read the pages of these numbers (from 1), in the order of the document; each is a page or a failure.

        A page's locator holds its number in the whole document, its blocks the origin, `confidence` the reader's
        own from 0 to 1. An error that concerns every page (a wrong key, no memory) is raised instead.
        """
