"""A second witness of what is quoted: the picture of the page, read anew in a child process."""

from mistral_rag.witness._verdict import is_foreign
from mistral_rag.witness._witness import PictureWitness, Sighting, has_picture, may_have_pictures

__all__ = ["PictureWitness", "Sighting", "has_picture", "is_foreign", "may_have_pictures"]
