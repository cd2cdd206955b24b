"""The catalogue: entries by name, the user's own before those that ship with the package."""

import json
import os
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from mistral_rag.catalogue._entries import CatalogueFile, ModelEntry, Price, Tokenizer
from mistral_rag.errors import ConfigurationError

VARIABLE = "MISTRAL_RAG_MODELS"
"""The environment variable that names a file with the user's own entries."""


class ModelCatalogue:
    """Models by name. A name without an entry (a tuned model, a gateway's alias) is None: nothing is assumed about it.

    Args:
        models: of two with one name the later one has it.
        prefixes: beginnings that gateways put before a model's name ("mistral/mistral-small-latest").
        checked: the day on which the facts were looked up.
    """

    def __init__(self, models: Iterable[ModelEntry], *, prefixes: Iterable[str] = (), checked: date | None = None):
        self._by_id = {model.id: model for model in models}
        self.prefixes = tuple(sorted(set(prefixes), key=len, reverse=True))
        self.checked = checked
        self._by_name = {name: model for model in self._by_id.values() for name in model.names}

    @property
    def models(self) -> tuple[ModelEntry, ...]:
        """All entries."""
        return tuple(self._by_id.values())

    def find(self, name: str) -> ModelEntry | None:
        """The entry of a model by its id or an alias, with or without a gateway's prefix; None without one."""
        found = self._by_name.get(name)
        if found is not None:
            return found
        prefix = next((prefix for prefix in self.prefixes if name.startswith(prefix)), "")
        return self._by_name.get(name[len(prefix) :])

    def price(self, name: str, day: date | None = None) -> Price | None:
        """The price of a model on a day, by default today; None when the model or its price is not known."""
        entry = self.find(name)
        return None if entry is None else entry.price(day or date.today())  # the user's own day

    def with_entries(self, entries: Iterable[Mapping[str, Any]], *, prefixes: Iterable[str] = ()) -> "ModelCatalogue":
        """A catalogue in which `entries` win: each needs an `id`, and changes only what it says.

        An entry for an alias changes that name alone. A `context` that is given so is taken as confirmed.

        Raises:
            ConfigurationError: an entry is malformed; the message names the field.
        """
        by_id = dict(self._by_id)
        for entry in entries:
            changed = _merged(self.find(str(entry.get("id"))) if isinstance(entry, Mapping) else None, entry)
            by_id.pop(changed.id, None)
            by_id[changed.id] = changed
        return ModelCatalogue(by_id.values(), prefixes=(*self.prefixes, *prefixes), checked=self.checked)


def _merged(known: ModelEntry | None, entry: Mapping[str, Any]) -> ModelEntry:
    if not isinstance(entry, Mapping):
        raise ConfigurationError(f"an entry of the model catalogue is an object with an id, not {entry!r}")
    base = {} if known is None else known.model_dump(mode="json")
    if known is not None and entry.get("id") != known.id:
        base["aliases"] = []
    set_by_user: dict[str, Any] = {"confirmed_context": True} if entry.get("context") else {}
    if "efforts" in entry:
        set_by_user["efforts_disputed"] = False
    try:
        return ModelEntry.model_validate_json(json.dumps({**base, **set_by_user, **entry}))
    except (ValidationError, TypeError) as problem:
        raise ConfigurationError(f"the entry {entry.get('id')!r} of the model catalogue: {_told(problem)}") from None


def _told(problem: Exception) -> str:
    if not isinstance(problem, ValidationError):
        return str(problem)
    first = problem.errors()[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"


@cache
def shipped() -> ModelCatalogue:
    """The catalogue that comes with the package."""
    text = (files("mistral_rag.catalogue") / "models.json").read_text("utf-8")
    read = CatalogueFile.model_validate_json(text)
    return ModelCatalogue(read.models, prefixes=read.prefixes, checked=read.checked)


def load_catalogue(given: "str | Path | Iterable[Mapping[str, Any]] | None" = None) -> ModelCatalogue:
    """The catalogue with the user's own entries: `given` (a file or entries), then those of MISTRAL_RAG_MODELS.

    A file is JSON: ``{"models": [{"id": "my-model", "context": 32768}], "prefixes": ["gateway/"]}``. A file is read
    once in a process.

    Raises:
        ConfigurationError: a file can't be read, or an entry is malformed.
    """
    known = _of_file(os.environ.get(VARIABLE, ""))
    if given is None:
        return known
    if isinstance(given, str | Path):
        entries, prefixes = _read(str(given))
        return known.with_entries(entries, prefixes=prefixes)
    return known.with_entries(given)


@lru_cache(maxsize=8)
def _of_file(path: str) -> ModelCatalogue:
    if not path:
        return shipped()
    entries, prefixes = _read(path)
    return shipped().with_entries(entries, prefixes=prefixes)


def _read(path: str) -> tuple[list[Mapping[str, Any]], list[str]]:
    try:
        data = json.loads(Path(path).read_text("utf-8"))
    except OSError as problem:
        raise ConfigurationError(f"the model catalogue {path} can't be read: {problem.strerror}") from None
    except (ValueError, RecursionError) as problem:
        raise ConfigurationError(f"the model catalogue {path} is no JSON: {problem}") from None
    models = data.get("models", []) if isinstance(data, dict) else data
    prefixes = data.get("prefixes", []) if isinstance(data, dict) else []
    if not isinstance(models, list) or not _are_texts(prefixes):
        raise ConfigurationError(f'the model catalogue {path} must be {{"models": [entries], "prefixes": [texts]}}')
    return models, prefixes


def _are_texts(values: Any) -> bool:
    return isinstance(values, list) and all(isinstance(value, str) and value for value in values)


def vocabulary(entry: ModelEntry | None) -> Tokenizer:
    """The tokenizer of a model; that of the newest models without an entry."""
    return "tekken" if entry is None else entry.tokenizer
