"""The tree of an HTML page as browsers build it (HTML Standard, by Lexbor), walked without recursion."""

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

from mistral_rag.errors import ParseError

TEXT = "-text"
"""The tag of a run of text."""


MAX_ATTRIBUTES = 10_000
"""Attributes of a tag. Lexbor compares each with all before: 10,000 take a sixth of a second, 300,000 minutes."""
MAX_OPEN = 20_000
"""Open blocks. At each block the tree builder looks through all that are open: 20,000 take half a second."""

_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)((?:[^<>\"']|\"[^\"]*\"|'[^']*')*)")


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NESTED = _names(
    "address article aside blockquote center details dialog dir div dl fieldset figcaption figure footer form header "
    "hgroup listing main menu nav ol pre search section summary ul"
)


def parse_tree(html: str) -> LexborNode | None:
    """The root element of a page, or of a piece of one; None when there is none.

    Raises:
        ParseError: it would keep the tree builder busy for minutes.
    """
    _check_size(html)
    return LexborHTMLParser(html).root


def _check_size(html: str) -> None:
    """Refuse what takes quadratic time. The tags are found roughly: scripts and comments may count as well."""
    open_blocks = 0
    for slash, name, rest in _TAG.findall(html):
        if len(rest) > MAX_ATTRIBUTES and len(rest.split()) > MAX_ATTRIBUTES:
            raise ParseError(f"the HTML has a tag with more than {MAX_ATTRIBUTES:,} attributes")
        if name.lower() in _NESTED:
            open_blocks = max(open_blocks - 1, 0) if slash else open_blocks + 1
            if open_blocks > MAX_OPEN:
                raise ParseError(f"the HTML has more than {MAX_OPEN:,} elements inside of each other")


class Walk:
    """Gives for each node from `root` on, in order, its tag, the node, and True when it is entered, False when left.

    Tags are in lower case; those of texts and comments begin with a hyphen.
    """

    def __init__(self, root: LexborNode) -> None:
        self._root = root
        self._skipped = False

    def skip(self) -> None:
        """Do not go into the node that was entered last."""
        self._skipped = True

    def __iter__(self) -> Iterator[tuple[str, LexborNode, bool]]:
        """The steps of the walk; as deep as the tree may be, this does not recurse."""
        node, depth = self._root, 0
        while True:
            self._skipped = False
            yield node.tag or "", node, True
            below = None if self._skipped else node.child
            if below is not None:
                node, depth = below, depth + 1
                continue
            yield node.tag or "", node, False
            while depth and node.next is None and node.parent is not None:
                node, depth = node.parent, depth - 1
                yield node.tag or "", node, False
            following = node.next
            if not depth or following is None:
                return
            node = following
