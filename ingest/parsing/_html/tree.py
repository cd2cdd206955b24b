"""The tree of an HTML page as browsers build it (HTML Standard, by Lexbor), walked without recursion."""

from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

TEXT = "-text"
"""The tag of a run of text."""


def parse_tree(html: str) -> LexborNode | None:
    """The root element of a page, or of a piece of one; None when there is none."""
    return LexborHTMLParser(html).root


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
