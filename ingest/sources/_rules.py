"""Rules of a company about its documents: metadata and groups by path.

```toml
[[rules]]
path = "hr/**"
metadata = { department = "HR", status = "superseded" }
groups = ["hr"]
```
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from pathspec import GitIgnoreSpec
from pydantic import JsonValue, TypeAdapter, ValidationError

from ingest.parsing._bounds import MAX_TITLE, bounded_metadata, shortened
from ingest.sources._found import SourceFile
from ingest.sources._given import plain_value
from ingest.sources._selection import compile_patterns
from mistral_rag.errors import ConfigurationError
from mistral_rag.index import SourceStatus, checked_groups

MAX_RULES: Final = 1000
"""Rules of one file: each is tried on each document."""
_RULES: Final = TypeAdapter(list[dict[str, Any]])
_NAMES: Final = frozenset({"path", "metadata", "groups"})


@dataclass(frozen=True, slots=True)
class SourceRule:
    """Metadata and groups for the documents whose name below their root matches; `groups` None leaves them."""

    path: GitIgnoreSpec
    metadata: Mapping[str, JsonValue]
    groups: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class SourceRules:
    """Rules in order: a later one goes before those above it, field by field."""

    rules: tuple[SourceRule, ...] = ()

    @classmethod
    def read(cls, file: str | Path | None) -> "SourceRules":
        """The rules of a TOML file; None without any. Raises ConfigurationError when it is not what it should be."""
        if file is None:
            return cls()
        try:
            given = tomllib.loads(Path(file).read_text("utf-8")).get("rules", [])
            rules = _RULES.validate_python(given)
            if len(rules) > MAX_RULES:
                raise ValueError(f"more than {MAX_RULES} rules")
            return cls(tuple(map(_rule, rules)))
        except ValidationError as error:
            raise ConfigurationError(f"{file}: rules are tables: [[rules]]") from error
        except (OSError, ValueError) as error:
            reason = (isinstance(error, OSError) and error.strerror) or str(error)
            raise ConfigurationError(f"{file} can't be used as rules: {reason}") from error

    def metadata_of(self, name: str) -> dict[str, JsonValue]:
        """The fields that the rules give a document with this name below its root."""
        matching = (rule.metadata for rule in self.rules if rule.path.check_file(name).include)
        return {field: value for metadata in matching for field, value in metadata.items()}

    def applied(self, found: SourceFile) -> SourceFile:
        """The file with what the rules say about it; what was given with it goes before them."""
        metadata = self.metadata_of(found.name)
        groups = found.groups
        for rule in self.rules:
            if rule.groups is not None and rule.path.check_file(found.name).include:
                groups = rule.groups
        if not metadata and groups is found.groups:
            return found
        return replace(found, metadata={**metadata, **found.metadata}, groups=groups)


def has_stated(state: SourceStatus, metadata: Mapping[str, JsonValue]) -> bool:
    """True when the index has what is stated beside a document: its title, and fields of its metadata."""
    if state.status != "ok":
        return True
    fields = dict(metadata)
    title = shortened(str(fields.pop("title", None) or ""), MAX_TITLE)
    held = state.source.metadata
    return title in {"", state.source.title} and all(name in held and held[name] == fields[name] for name in fields)


def _rule(given: Mapping[str, Any]) -> SourceRule:
    if unknown := sorted(given.keys() - _NAMES):
        raise ValueError(f"a rule has path, metadata and groups, not {unknown[0]}")
    path, metadata, groups = given.get("path"), given.get("metadata", {}), given.get("groups")
    paths = [path] if isinstance(path, str) else path
    if not isinstance(paths, list) or not paths or not all(isinstance(one, str) for one in paths):
        raise ValueError("the path of a rule is a pattern or a list of them")
    if not isinstance(metadata, dict) or not (groups is None or isinstance(groups, list)):
        raise ValueError("the metadata of a rule are a table, its groups a list")
    kept, left_out = bounded_metadata({name: plain_value(value) for name, value in metadata.items()})
    if left_out:
        raise ValueError(left_out[0].reason)
    return SourceRule(compile_patterns(paths), kept, None if groups is None else checked_groups(groups))
