"""Links of a reply: those that stand in no document are taken out, the others are shown as plain text.

However the reply is split into chunks, the text is the same: what may be the start of a link is held back until it is
one or can't be. Images are never shown, since a page that is looked at fetches them; nor are tags. What is taken out
makes no link of what stood around it: a "]" in front of "(" is written "］", a "<" in front of a letter "＜".
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from mistral_rag.grounding._drafting.markers import DraftEvent, UnknownMarker
from mistral_rag.grounding._quotes.markup import ADDRESS, address_in, inert, same_address

MAX_HELD: Final = 1_500
"""Characters that are held back; an address that is longer is taken out to its end."""
MAX_LISTED: Final = 5
MAX_NAMED: Final = 80
"""Links that a warning names, and characters of each: enough to find them in the reply."""
_LABEL = r"[^\[\]\n]{0,300}"
_TARGET = r"(?:[^()\n]|\([^()\n]{0,300}\)){0,1000}"
_ELEMENTS = (
    "a|abbr|address|applet|area|article|audio|b|base|big|blockquote|body|br|button|canvas|center|code|dd|del|details|div"
    "|dl|dt|em|embed|fieldset|font|footer|form|frame|frameset|h[1-6]|head|header|hr|html|i|iframe|image|img|input|ins"
    "|label|li|link|main|map|marquee|math|meta|nav|noscript|object|ol|option|p|param|picture|portal|pre|s|script|section"
    "|select|small|source|span|strong|style|sub|summary|sup|svg|table|tbody|td|template|textarea|tfoot|th|thead|title|tr"
    "|track|u|ul|video|xml"
)
_WHOLE = rf"""
    (?P<image>!\[(?P<alt>{_LABEL})\](?:\({_TARGET}\)|\[{_LABEL}\]))
  | \[(?P<label>{_LABEL})\]\((?P<target>{_TARGET})\)
  | (?P<tag></?(?:{_ELEMENTS})(?:[\s/][^<>]{{0,1000}})?>|<!--[^<>]{{0,1000}}-->)
  | (?P<address>{ADDRESS.pattern})"""
_BEGUN = rf"""
    !?\[{_LABEL}(?:\](?:\({_TARGET}(?:\([^()\n]{{0,300}})?|\[{_LABEL})?)?
  | <(?:[a-z/!?][^<>]{{0,1000}})?
  | {ADDRESS.pattern}
  | \]?[a-z0-9._%+@:/-]{{1,400}}     # an address of which the beginning is there
  | ! | \]"""
_TOKEN = re.compile(_WHOLE, re.VERBOSE | re.IGNORECASE)
_TOKEN_OR_BEGUN = re.compile(rf"(?P<begun>(?:{_BEGUN})\Z) | {_WHOLE}", re.VERBOSE | re.IGNORECASE)
_WORD = re.compile(r"\S*\s?")
_LEADS = re.compile(r"[/.#?:%&\\]")
_REST = re.compile(r"""[^\s<>"“”„«»、。，「」]*""")
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u2028\u2029\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]"
)
"""Controls, overrides of direction, blanks without width, tags: a model has no use for them."""


def links_warning(removed: Sequence[str]) -> str:
    """A warning that names the links that were taken out, as far as a line holds them."""
    named = [repr(link if len(link) <= MAX_NAMED else f"{link[:MAX_NAMED]}…") for link in dict.fromkeys(removed)]
    more = f" and {len(named) - MAX_LISTED} more" if len(named) > MAX_LISTED else ""
    return f"took out links, images or tags that no document shows: {', '.join(named[:MAX_LISTED])}{more}"


class LinkFilter:
    """Text of a reply, piece by piece, without links that stand in no document.

    `allowed` are the addresses that do, as `addresses` gives them. `removed` lists what was taken out.
    """

    def __init__(self, allowed: frozenset[str] = frozenset()) -> None:
        self.removed: list[str] = []
        self._allowed = allowed
        self._pending = ""
        self._dropping = False
        self._behind_marker = False
        self._waiting: list[DraftEvent] = []

    def events(self, events: Iterable[DraftEvent]) -> Iterator[DraftEvent]:
        """The events of a reply: texts are filtered; a marker that will be shown ends what is held back.

        One that will not be seen waits for what is held back: what stands around it may be one link.
        """
        for event in events:
            if isinstance(event, str):
                yield from self._texts(event)
            elif not isinstance(event, UnknownMarker):
                yield from self.end()
                self._behind_marker = True
                yield event
            elif self._pending:
                self._waiting.append(event)
            else:
                yield event

    def end(self) -> Iterator[DraftEvent]:
        """End the text: what was held back, as far as it may be shown, and the markers that waited for it."""
        if text := self.close():
            yield text
        yield from self._released()

    def _texts(self, text: str) -> Iterator[DraftEvent]:
        if self._waiting:
            # word by word, so that the markers come behind the word that they stood at
            word = _WORD.match(text)
            end = word.end() if word else 0
            if shown := self.feed(text[:end]):
                yield shown
            if shown or not self._pending:
                yield from self._released()
            text = text[end:]
        if shown := self.feed(text):
            yield shown

    def _released(self) -> Iterator[DraftEvent]:
        waiting, self._waiting = self._waiting, []
        yield from waiting

    def feed(self, text: str) -> str:
        """Take the next piece; returns the text that may be shown."""
        text = self._pending + self._undropped(_UNSEEN.sub("", text))
        begun = next((found.start("begun") for found in _TOKEN_OR_BEGUN.finditer(text) if found["begun"]), len(text))
        if len(text) - begun > MAX_HELD:
            # nobody reads an address of this length: it is taken out, with what comes of it yet
            begun = len(text)
            self._dropping = True
        self._pending = text[begun:]
        return self._shown(text[:begun])

    def close(self) -> str:
        """End the text; returns what was held back, as far as it may be shown."""
        text, self._pending, self._dropping = self._pending, "", False
        return self._shown(text)

    def _undropped(self, text: str) -> str:
        if not self._dropping:
            return text
        rest = _REST.match(text)
        end = rest.end() if rest else 0
        self._dropping = end == len(text)
        return text[end:]

    def _shown(self, text: str) -> str:
        if not text:
            return ""
        behind_marker, self._behind_marker = self._behind_marker, False
        shown = inert(_TOKEN.sub(self._replaced, text))
        # "[1]" is a marker of ours: with "(address)" behind it, it would be a link
        return f" {shown}" if behind_marker and shown.startswith("(") else shown

    def _replaced(self, found: re.Match[str]) -> str:
        if found["label"] is not None:
            # what is no address is text in brackets, as in "f[i](x)"
            return self._labelled(found["label"], found["target"]) if _LEADS.search(found["target"]) else found[0]
        if found["address"] is not None:
            return self._plain(found["address"])
        self.removed.append(found[0])
        return found["alt"] or ""

    def _labelled(self, label: str, target: str) -> str:
        """The label of a link, and its address in brackets where it stands in a document."""
        label = ADDRESS.sub(lambda found: self._plain(found[0]), label)
        address = target.split()[0].strip("<>") if target.split() else ""
        if not self._stands(address):
            self.removed.append(target)
            return label
        return label if same_address(label) == same_address(address) else f"{label} ({address})"

    def _plain(self, found: str) -> str:
        address = address_in(found)
        if self._stands(address):
            return found
        self.removed.append(address)
        return found[len(address) :]

    def _stands(self, address: str) -> bool:
        return len(address) <= MAX_HELD and same_address(address) in self._allowed
