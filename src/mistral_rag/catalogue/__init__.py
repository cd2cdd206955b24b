"""Models of the platform as data: names, limits, abilities, prices with their dates. Nothing is fetched."""

from __future__ import annotations

from mistral_rag._lazy import loader

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from mistral_rag.catalogue._catalogue import ModelCatalogue, load_catalogue
    from mistral_rag.catalogue._differences import Difference, differences
    from mistral_rag.catalogue._entries import ModelEntry, Price

__all__ = ["Difference", "ModelCatalogue", "ModelEntry", "Price", "differences", "load_catalogue"]

__getattr__ = loader(
    __name__,
    {
        "ModelCatalogue": "_catalogue",
        "Difference": "_differences",
        "ModelEntry": "_entries",
        "Price": "_entries",
        "differences": "_differences",
        "load_catalogue": "_catalogue",
    },
)
