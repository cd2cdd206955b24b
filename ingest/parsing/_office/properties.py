"""Core properties of an office file: title, author, dates, version and status, as metadata."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final
from xml.etree.ElementTree import Element

from pydantic import JsonValue

from ingest.parsing._office.package import Package

_FIELDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "dc_creator": "author",
        "dc_description": "description",
        "dc_subject": "subject",
        "cp_keywords": "keywords",
        "cp_category": "category",
        "cp_contentStatus": "status",
        "cp_version": "version",
        "dcterms_created": "created",
        "dcterms_modified": "modified",
    }
)
_OPEN_FIELDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "meta_initial-creator": "author",
        "dc_description": "description",
        "dc_subject": "subject",
        "meta_keyword": "keywords",
        "meta_creation-date": "created",
        "dc_date": "modified",
    }
)


def core_properties(package: Package) -> tuple[str, dict[str, JsonValue]]:
    """The title, and the other properties that say something, of a package of Office Open XML."""
    root = package.tree_if_any(package.related("", "core-properties"))
    if root is None:
        return "", {}
    found: dict[str, JsonValue] = {
        name: text for tag, name in _FIELDS.items() if (text := _text(root, tag)) is not None
    }
    return _text(root, "dc_title") or "", found


def open_properties(package: Package) -> tuple[str, dict[str, JsonValue]]:
    """The title, and the other properties that say something, of an OpenDocument file."""
    root = package.tree_if_any("meta.xml")
    meta = None if root is None else root.find("office_meta")
    if meta is None:
        return "", {}
    found: dict[str, JsonValue] = {
        name: text for tag, name in _OPEN_FIELDS.items() if (text := _text(meta, tag)) is not None
    }
    return _text(meta, "dc_title") or "", found


def _text(root: Element, tag: str) -> str | None:
    return " ".join((root.findtext(tag) or "").split()) or None
