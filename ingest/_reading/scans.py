"""Pages that wait for OCR, counted, so that a build can say how long it still takes."""

from dataclasses import dataclass, field

from ingest._planning.plan import FileToRead


@dataclass(slots=True)
class ScanCount:
    """Pages that OCR has `read`, and those that it is still to read: `left`, in files of so many `size` bytes."""

    read: int = 0
    left: int = 0
    _sizes: dict[str, int] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Bytes of the files that wait; members are part of theirs."""
        return sum(self._sizes.values())

    def found(self, file: FileToRead, pages: int) -> None:
        """Count the pages of a file that was parsed."""
        self.left += pages
        self._sizes[file.found.uri] = 0 if file.found.member else file.found.size

    def known(self, pages: int) -> None:
        """Leave out pages that turn out to be read already, or not to be read at all."""
        self.left -= pages

    def page(self) -> None:
        """Count a page that was read."""
        self.read += 1
        self.left -= 1

    def through(self, file: FileToRead) -> None:
        """Count a file that waits no longer."""
        self._sizes.pop(file.found.uri, None)
