"""The groups that a store reads and writes for, and the ids of its texts among those of others."""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from mistral_rag.index import EVERYONE
from mistral_rag.schema import Source

MARK: Final = "store-"
"""Beginning of the ids that carry their store's groups."""


@dataclass(frozen=True)
class Tenant:
    """The groups of a store: what it adds is theirs, and ids of other stores' texts are unknown to it.

    Two stores are one tenant when they have the same groups. In an index whose documents name groups, the id of a
    text carries a digest of its store's; Documents show it as it was given.
    """

    groups: tuple[str, ...]

    @cached_property
    def _prefix(self) -> str:
        return f"{MARK}{hashlib.sha256(json.dumps(self.groups).encode()).hexdigest()[:16]}:"

    def stored_id(self, given: str, *, grouped: bool) -> str:
        """The id in the index of a text that is added; `grouped`: documents of the index name groups."""
        return self._prefix + given if grouped or self.groups or given.startswith(MARK) else given

    def stored_ids(self, given: str) -> tuple[str, str]:
        """The ids that a text with the id `given` may have in the index, the store's own first."""
        return self._prefix + given, given

    def shown_id(self, stored: str) -> str:
        """The id as it was given, of a text of this store; any other id as it is."""
        return stored.removeprefix(self._prefix)

    def may_read(self, source: Source) -> bool:
        """True when a reader of these groups sees the source, in an index whose documents name groups."""
        return bool({EVERYONE, *self.groups} & set(source.groups))

    def may_change(self, source: Source) -> bool:
        """True when no other group loses or gets anything by a change of the source."""
        groups = set(source.groups)
        return groups == set(self.groups) or (bool(groups) and groups <= set(self.groups))
