"""Further words to search for: what a text that answers a question says, and the question does not."""

from typing import Protocol, runtime_checkable

MAX_CHARACTERS = 600
"""Characters of an expansion that are searched for; the rest is cut off."""


@runtime_checkable
class QueryExpander(Protocol):
    """Anything with a method `expand`, such as `Glossary` (rules) and `ModelExpander` (a chat model)."""

    def expand(self, question: str, /) -> str:
        """Further words to search for, empty for none.

        They help the question's own words and never replace them: the less of the question the documents cover, the
        more they count.
        """
        ...
