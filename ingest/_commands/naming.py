"""Documents of an index by what people call them: path as `status` shows it, place on disk, or uri."""

from __future__ import annotations

from mistral_rag.terminal import UsageError

TYPE_CHECKING = False  # importing typing takes as long as starting Python
if TYPE_CHECKING:
    from collections.abc import Sequence

    from mistral_rag.index import SourceStatus


def named_documents(states: dict[str, SourceStatus], asked: Sequence[str]) -> list[str]:
    """The uris of the documents asked for; nothing is done when one of them is not known or not the only one."""
    chosen = []
    for name in asked:
        found = _matches(states, name)
        if not found:
            raise UsageError(f"the index holds no document {name}{_like(states, name)} Nothing was changed")
        if len(found) > 1:
            raise UsageError(f"{len(found)} documents are called {name}; name one by its URI: {', '.join(found)}")
        chosen += found
    return list(dict.fromkeys(chosen))


def _matches(states: dict[str, SourceStatus], name: str) -> list[str]:
    if name in states:
        return [name]
    from mistral_rag.text import readable_name

    asked = readable_name(name)
    found = [uri for uri, state in states.items() if readable_name(state.source.name) == asked]
    if len(found) == 1:
        return found
    from pathlib import Path

    by_path = [uri for uri in {Path(name).absolute().as_uri(), Path(name).resolve().as_uri()} if uri in states]
    return by_path[:1] or found


def _like(states: dict[str, SourceStatus], name: str) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, [state.source.name for state in states.values()], n=1)
    return f"; is it {close[0]}?" if close else "."
