"""Objects that other distributions register by entry points."""

from collections.abc import Collection, Iterator
from importlib.metadata import EntryPoint, entry_points
from typing import TypeVar

from mistral_rag.errors import ConfigurationError

T = TypeVar("T")


def load(group: str, kind: type[T], *, taken: Collection[str] = ()) -> Iterator[T]:
    """The objects of a group, ordered by their names; a class is called without arguments.

    Raises:
        ConfigurationError: one can't be loaded, is not of this `kind`, or has a name that is `taken` or stands twice.
    """
    names = set(taken)
    for entry in sorted(entry_points(group=group), key=lambda entry: entry.name):
        if entry.name in names:
            raise ConfigurationError(f"{_origin(entry)} takes the name {entry.name!r} of {group}, which is taken")
        names.add(entry.name)
        yield _loaded(entry, kind)


def _loaded(entry: EntryPoint, kind: type[T]) -> T:
    try:
        found = entry.load()
    except (ImportError, AttributeError) as error:
        raise ConfigurationError(f"{_origin(entry)} has an entry point that can't be loaded: {error}") from error
    made = found() if isinstance(found, type) else found
    if not isinstance(made, kind):
        raise ConfigurationError(f"{_origin(entry)}: {entry.value} is no {kind.__name__}")
    return made


def _origin(entry: EntryPoint) -> str:
    return f"the package {entry.dist.name}" if entry.dist else f"the entry point {entry.value}"
