"""The HTML of a mail without what it repeats of other mails, and without its signature, where tags mark them."""

from typing import Final, NamedTuple

from selectolax.lexbor import LexborHTMLParser, LexborNode

from ingest.parsing._html.reader import HtmlReader
from ingest.parsing._html.tree import parse_tree
from ingest.parsing._mail.history import is_forward, names_forward
from ingest.parsing._texts.outline import Outline

_QUOTES: Final = (
    "blockquote[type=cite]",
    "blockquote.gmail_quote",
    "div.gmail_quote",
    "div.gmail_extra",
    "div.yahoo_quoted",
    "div.protonmail_quote",
    "div.moz-cite-prefix",
    "div#divRplyFwdMsg",
    "div#appendonsend",
)
"""Elements in which mail programs repeat the message that is answered, and the lines above it."""
_REST: Final = frozenset({"divRplyFwdMsg"})
"""Elements after which all that follows is the message that is answered."""
_SIGNATURES: Final = ("div.gmail_signature", "div.moz-signature", "pre.moz-signature", "div#Signature")


class DividedMarkup(NamedTuple):
    """The HTML that the author wrote, the text of what it repeats, and the signature."""

    own: str
    history: str
    signature: str


def divide_markup(html: str, *, subject: str) -> DividedMarkup:
    """Take quotations and signature out of the HTML of a mail.

    Raises:
        ParseError: reading it would take minutes.
    """
    parse_tree(html)
    tree = LexborHTMLParser(html)
    history: list[str] = []
    if not is_forward(subject):
        for selector in _QUOTES:
            # looked for anew each time: one may be inside of another that is gone
            while (found := tree.css_first(selector)) is not None:
                text = text_of(found.html or "")
                if names_forward(text):
                    found.unwrap()
                    continue
                following = _following(found) if found.attributes.get("id") in _REST else []
                history += [text, *(text_of(node.html or "") for node in following)]
                for node in (*following, found):
                    node.decompose()
    signature: list[str] = []
    for selector in _SIGNATURES:
        while (found := tree.css_first(selector)) is not None:
            signature.append(text_of(found.html or ""))
            found.decompose()
    return DividedMarkup(tree.html or "", _joined(history), _joined(signature))


def text_of(html: str) -> str:
    """The text of a piece of HTML as it is read."""
    outline = Outline()
    HtmlReader(outline).read(html)
    return _joined([page.text for page in outline.pages()])


def _following(node: LexborNode) -> list[LexborNode]:
    found = []
    after = node.next
    while after is not None:
        found.append(after)
        after = after.next
    return found


def _joined(texts: list[str]) -> str:
    return "\n\n".join(text for text in texts if text.strip())
