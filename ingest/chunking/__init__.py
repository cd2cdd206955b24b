"""Pages cut into units, the smallest things that can be cited, and into chunks, the things that are found."""

from ingest.chunking._chunks import CHUNKER_VERSION, cut
from ingest.chunking._fields import is_field
from ingest.chunking._units import units

__all__ = ["CHUNKER_VERSION", "cut", "is_field", "units"]
