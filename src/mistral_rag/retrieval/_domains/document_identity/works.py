"""Documents that belong together: exact copies in several places, and versions of one work."""

from collections.abc import Iterable
from dataclasses import dataclass

from mistral_rag.retrieval._domains.document_identity.editions import Edition, edition_of, is_superseded
from mistral_rag.schema import Source


@dataclass(frozen=True, slots=True)
class Version:
    """A document as a version of a work: its edition (years before numbers), and what is known of its force.

    `newest` is the last edition that no status takes out of force; `superseded` says that its own status does.
    """

    source: Source
    edition: Edition
    newest: bool
    superseded: bool


def exact_copies(sources: Iterable[Source]) -> list[tuple[Source, ...]]:
    """Documents whose files have the same bytes, those of each content together, by name."""
    by_digest: dict[str, list[Source]] = {}
    for source in sources:
        by_digest.setdefault(source.digest, []).append(source)
    found = (tuple(sorted(group, key=lambda one: one.name)) for group in by_digest.values() if len(group) > 1)
    return sorted(found, key=lambda group: group[0].name)


def versions(sources: Iterable[Source]) -> list[tuple[Version, ...]]:
    """Works of which there are several editions, by the names of their files; the newest edition first."""
    by_work: dict[str, list[tuple[Edition, Source]]] = {}
    for source in sources:
        work, edition = edition_of(source.name)
        if work:
            by_work.setdefault(work, []).append((edition, source))
    return [
        _ranked(editions) for _, editions in sorted(by_work.items()) if len({edition for edition, _ in editions}) > 1
    ]


def _ranked(editions: Iterable[tuple[Edition, Source]]) -> tuple[Version, ...]:
    ranked = sorted(
        ((edition, source, is_superseded(source.metadata)) for edition, source in editions),
        key=lambda one: (one[0], one[1].name),
        reverse=True,
    )
    newest = next((edition for edition, _, superseded in ranked if not superseded), None)
    return tuple(
        Version(source, edition, edition == newest and not superseded, superseded)
        for edition, source, superseded in ranked
    )
