"""Media types of office files by suffix, and by what they begin with."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_OPEN_XML: Final = "application/vnd.openxmlformats-officedocument."
_OPEN_DOCUMENT: Final = "application/vnd.oasis.opendocument."
_WORD: Final = f"{_OPEN_XML}wordprocessingml."
_SHEET: Final = f"{_OPEN_XML}spreadsheetml."
_SLIDES: Final = f"{_OPEN_XML}presentationml."
OFFICE_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        ".docx": f"{_WORD}document",
        ".docm": "application/vnd.ms-word.document.macroenabled.12",
        ".dotx": f"{_WORD}template",
        ".dotm": "application/vnd.ms-word.template.macroenabled.12",
        ".xlsx": f"{_SHEET}sheet",
        ".xlsm": "application/vnd.ms-excel.sheet.macroenabled.12",
        ".xltx": f"{_SHEET}template",
        ".xltm": "application/vnd.ms-excel.template.macroenabled.12",
        ".pptx": f"{_SLIDES}presentation",
        ".pptm": "application/vnd.ms-powerpoint.presentation.macroenabled.12",
        ".ppsx": f"{_SLIDES}slideshow",
        ".ppsm": "application/vnd.ms-powerpoint.slideshow.macroenabled.12",
        ".potx": f"{_SLIDES}template",
        ".doc": "application/msword",
        ".dot": "application/msword",
        ".xls": "application/vnd.ms-excel",
        ".xlt": "application/vnd.ms-excel",
        ".ppt": "application/vnd.ms-powerpoint",
        ".pps": "application/vnd.ms-powerpoint",
        ".pot": "application/vnd.ms-powerpoint",
        ".xlsb": "application/vnd.ms-excel.sheet.binary.macroenabled.12",
        ".odt": f"{_OPEN_DOCUMENT}text",
        ".ott": f"{_OPEN_DOCUMENT}text-template",
        ".ods": f"{_OPEN_DOCUMENT}spreadsheet",
        ".ots": f"{_OPEN_DOCUMENT}spreadsheet-template",
        ".odp": f"{_OPEN_DOCUMENT}presentation",
        ".otp": f"{_OPEN_DOCUMENT}presentation-template",
        ".fodt": f"{_OPEN_DOCUMENT}text-flat-xml",
        ".fods": f"{_OPEN_DOCUMENT}spreadsheet-flat-xml",
        ".fodp": f"{_OPEN_DOCUMENT}presentation-flat-xml",
    }
)
BINARY_SUFFIXES: Final = frozenset({".doc", ".dot", ".xls", ".xlt"})
"""Suffixes of binary files under which programs also export text."""
