"""Regions of a page: columns, notes beside the text, figures, line numbers; and the order in which they are read."""

from mistral_rag.pdf._regions._order import Region, RegionKind, regions_of, text_regions

__all__ = ["Region", "RegionKind", "regions_of", "text_regions"]
