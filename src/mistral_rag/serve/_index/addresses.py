"""Addresses of citations, and ids of documents: they name no path and hold no secret.

An address is checked against the index and the groups of its reader whenever it is used: to know one opens nothing.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple, Self

from mistral_rag.schema import Citation, text_digest

VERSION: Final = 1
DIGEST: Final = 16
"""Hex digits of a page's digest: 64 bits tell versions of one page apart."""
ID: Final = 20
"""Hex digits of a document's id: 80 bits, so that none of millions are the same."""
MAX_ADDRESS: Final = 2000
"""Characters of an address: URLs of this length pass through mail and proxies."""
MAX_SPANS: Final = 40
MAX_OFFSET: Final = 1 << 31


def digest_of(text_digests: Iterable[str]) -> str:
    """The digest in an address: that of a page's text, or of the digests of several in their order."""
    digests = list(text_digests)
    return (digests[0] if len(digests) == 1 else text_digest("".join(digests)))[:DIGEST]


class PageRun(NamedTuple):
    """A run of a page's text: the page from 1, start and end in code points."""

    page: int
    start: int
    end: int


def document_id(uri: str) -> str:
    """The id of the document with this uri."""
    return hashlib.sha256(uri.encode(errors="replace")).hexdigest()[:ID]


@dataclass(frozen=True, slots=True)
class CitationAddress:
    """The place of a quote: a document, runs of its pages' texts, and a digest of these texts (`digest_of`)."""

    document: str
    spans: tuple[PageRun, ...]
    digest: str

    @classmethod
    def of(cls, citation: Citation) -> "Self | None":
        """The address of a citation; None for one that was not located."""
        quoted = [span for span in citation.spans or () if span.role == "quote"][:MAX_SPANS]
        if not quoted:
            return None
        spans = tuple(PageRun(span.page, span.start, span.end) for span in quoted)
        pages = {span.page: span.text_sha256 for span in quoted}
        return cls(document_id(citation.uri), spans, digest_of(pages.values()))

    @classmethod
    def of_run(cls, uri: str, run: "PageRun", text_sha256: str) -> Self:
        """The address of a run of a page whose text has this digest."""
        return cls(document_id(uri), (run,), digest_of([text_sha256]))

    @classmethod
    def read(cls, text: str) -> "Self | None":
        """The address in a URL; None for anything else."""
        if len(text) > MAX_ADDRESS:
            return None
        try:
            packed = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
            version, document, digest, *numbers = json.loads(packed)
        except (ValueError, TypeError, binascii.Error, RecursionError):
            return None
        spans = _spans(numbers)
        if version != VERSION or not _is_hex(document, ID) or not _is_hex(digest, DIGEST) or spans is None:
            return None
        return cls(document, spans, digest)

    def __str__(self) -> str:
        numbers = [number for span in self.spans for number in span]
        packed = json.dumps([VERSION, self.document, self.digest, *numbers], separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()

    @property
    def pages(self) -> tuple[int, ...]:
        """The pages of the runs, each once."""
        return tuple(dict.fromkeys(run.page for run in self.spans))

    def shifted(self, pages: int) -> Self:
        """The address in a version of the document in which these texts stand so many pages later."""
        return replace(self, spans=tuple(run._replace(page=run.page + pages) for run in self.spans))

    @property
    def path(self) -> str:
        """The address as a path of the server."""
        return f"/cite/{self}"


def _spans(numbers: Sequence[object]) -> tuple[PageRun, ...] | None:
    checked = [number for number in numbers if type(number) is int and 0 <= number < MAX_OFFSET]
    if len(checked) != len(numbers) or not checked or len(checked) % 3 or len(checked) > 3 * MAX_SPANS:
        return None
    spans = tuple(map(PageRun, checked[::3], checked[1::3], checked[2::3]))
    return spans if all(page > 0 and start < end for page, start, end in spans) else None


def _is_hex(text: object, length: int) -> bool:
    return isinstance(text, str) and len(text) == length and all(sign in "0123456789abcdef" for sign in text)
