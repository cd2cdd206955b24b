"""Regions of a page: columns, notes beside the text, figures, line numbers; and the order in which they are read."""

from mistral_rag.pdf._regions._frames import frames_of
from mistral_rag.pdf._regions._order import Frames, Region, RegionKind, regions_of, text_regions

__all__ = ["Frames", "Region", "RegionKind", "frames_of", "regions_of", "text_regions"]
