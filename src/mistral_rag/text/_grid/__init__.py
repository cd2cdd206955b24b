"""Grids of tables that are marked up: cells as browsers lay them out, with heads, labels and groups."""

from mistral_rag.text._grid.cells import GridCell, Place
from mistral_rag.text._grid.grid import TableGrid
from mistral_rag.text._grid.groups import RowLabel, group_scopes

__all__ = ["GridCell", "Place", "RowLabel", "TableGrid", "group_scopes"]
