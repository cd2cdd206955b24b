"""Extensions: what other distributions register as entry points, and what this one registers the same way.

An extension point is a group of entry points (`mistral_rag.parsers`, `mistral_rag.embeddings`); docs/extending.md
says what an entry point of each group has to name. `importlib.metadata` is imported only when a group is looked up.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter

from mistral_rag.errors import ConfigurationError

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any, TypeVar

    T = TypeVar("T")

__all__ = ["Extension", "extensions", "installed"]

OWN_DISTRIBUTION = "mistral-rag"
PREFIX = "mistral_rag"
"""Beginning of the name of every group."""


@dataclass(frozen=True, slots=True)
class Extension:
    """One entry point: its name, the object it names, the distribution that registers it.

    The object is written as in the specification of entry points: "module", "module:object", "module:object.attribute",
    each with " [extra]" behind it or without.
    """

    group: str
    name: str
    value: str
    distribution: str = OWN_DISTRIBUTION

    def load(self) -> Any:
        """Import the object.

        Raises:
            ConfigurationError: it can't be imported, for whatever reason.
        """
        from importlib.metadata import EntryPoint

        point = EntryPoint(self.name, self.value, self.group)
        if not point.pattern.match(self.value):
            raise self.wrong("which is not of the form module:object")
        try:
            return point.load()
        except (Exception, SystemExit) as error:
            # an import runs foreign code: whatever it raises, the user needs the name of the package
            raise self.wrong(f"which can't be loaded ({type(error).__name__}: {error})") from error

    def load_as(self, kind: type[T]) -> T:
        """Import the object, called without arguments where it is a class.

        Raises:
            ConfigurationError: it can't be imported or made, or is not of this kind.
        """
        found = self.load()
        if isinstance(found, type):
            try:
                found = found()
            except (Exception, SystemExit) as error:
                # foreign code again
                raise self.wrong(f"which can't be made ({type(error).__name__}: {error})") from error
        if not isinstance(found, kind):
            raise self.wrong(f"which is no {kind.__module__.partition('._')[0]}.{kind.__qualname__}")
        return found

    def wrong(self, fault: str) -> ConfigurationError:
        """The error for an object that is not what its group asks for; `fault` is the end of a sentence."""
        return ConfigurationError(f"the package {self.distribution} registers the {self.kind} as {self.value}, {fault}")

    def clash(self, other: Extension, what: str) -> ConfigurationError:
        """The error for this and another extension that both want to be `what`."""
        if self.distribution == other.distribution:
            return ConfigurationError(f"the package {self.distribution} registers {what} twice; ask its authors")
        packages = f"the packages {self.distribution} and {other.distribution}"
        return ConfigurationError(f"{packages} both register {what}; uninstall one of them")

    @property
    def kind(self) -> str:
        """Group and name for messages: "parser rst"."""
        return f"{self.group.rpartition('.')[2].removesuffix('s')} {self.name}"


def extensions(group: str, own: Iterable[Extension] = ()) -> Mapping[str, Extension]:
    """The extensions of a group by name: `own` and those of all installed distributions.

    Raises:
        ConfigurationError: two distributions register the same name.
    """
    found: dict[str, Extension] = {}
    for extension in (*own, *(one for one in installed() if one.group == group)):
        other = found.setdefault(extension.name, extension)
        if other is not extension:
            raise other.clash(extension, f"the {extension.kind}")
    return found


def installed() -> Sequence[Extension]:
    """The extensions that other distributions register, of all groups."""
    from importlib.metadata import entry_points

    every = entry_points()
    groups = [group for group in every.groups if group.startswith(f"{PREFIX}.")]
    found = [
        Extension(point.group, point.name, point.value, point.dist.name if point.dist else "(unknown)")
        for group in groups
        for point in every.select(group=group)
    ]
    return sorted(found, key=attrgetter("group", "name", "distribution"))
