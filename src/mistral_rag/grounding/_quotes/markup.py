"""Markup in texts of others: shown as text, in characters of which no renderer makes a link, an image or a tag."""

import re
from collections.abc import Iterable, Iterator

_LINK = re.compile(r"\](?=[(:])")
"""The end of a label in front of an address: "[label](address)", "[label]: address"."""
_TAG = re.compile(r"<(?=[a-zA-Z/!?])")

_BODY = r"""[^\s<>"“”„«»、。，「」]"""
_ADDRESS = rf"""(?:
    [a-z][a-z0-9+.-]{{1,31}}://{_BODY}*
  | (?:javascript|data|vbscript|mailto|tel|sms|file|blob|about|intent|view-source|ms-[a-z]{{2,20}}):{_BODY}+
  | www\.{_BODY}+
  | [a-z0-9._%+-]{{1,64}}@[a-z0-9-]{{1,63}}(?:\.[a-z0-9-]{{1,63}}){{0,5}}\.[a-z]{{2,24}}
  | [a-z0-9-]{{1,63}}(?:\.[a-z0-9-]{{1,63}}){{0,5}}\.[a-z]{{2,24}}[/?]{_BODY}+
  )"""
"""Addresses that renderers of text make links of; a bare name such as "Node.js" is none."""
ADDRESS = re.compile(_ADDRESS, re.VERBOSE | re.IGNORECASE)
_BEHIND = ".,;:!?)]}'’*_`~"
"""Characters at the end of an address that are of the sentence around it."""


def inert(text: str) -> str:
    """The text with other brackets where it could be rendered as a link, an image or a tag; its length stays."""
    return _TAG.sub("＜", _LINK.sub("］", text))


def address_in(found: str) -> str:
    """The address in a match of `ADDRESS`, without the punctuation behind it."""
    return found.rstrip(_BEHIND.replace(")", "") if "(" in found else _BEHIND)


def same_address(address: str) -> str:
    """The form in which addresses are compared."""
    return address_in(address).rstrip("/").casefold()


def addresses(texts: Iterable[str]) -> frozenset[str]:
    """The addresses in texts, as `same_address` writes them."""
    return frozenset(_each(texts))


def _each(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        for found in ADDRESS.finditer(text):
            yield same_address(found[0])
