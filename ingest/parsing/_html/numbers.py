"""Numbers of the items of ordered lists, as browsers print them (HTML Standard, section 4.4.5)."""

from collections.abc import Mapping

from selectolax.lexbor import LexborNode

from ingest.parsing._html.table import whole_number
from ingest.parsing._pages.printed_numbers import printed_number


class ListNumbers:
    """Gives the marker of each item of one list; empty markers for a list without numbers."""

    def __init__(self, tag: str, node: LexborNode) -> None:
        attributes = node.attributes
        self._is_ordered = tag == "ol"
        self._form = (attributes.get("type") or "1").strip()
        self._step = -1 if "reversed" in attributes else 1
        first = 1 if self._step > 0 else sum(item.tag == "li" for item in node.iter())
        self._next = whole_number(attributes.get("start"), first)

    def marker(self, attributes: Mapping[str, str | None]) -> str:
        """Marker of the next item, with a blank behind it."""
        if not self._is_ordered:
            return ""
        number = whole_number(attributes.get("value"), self._next)
        self._next = number + self._step
        return f"{printed_number(number, self._form)}. "
