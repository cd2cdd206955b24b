"""Who may import whom, as CONTRIBUTING.md draws it, and what nobody imports."""

import ast
import importlib
import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[1]
CONTRIBUTING = (CHECKOUT / "CONTRIBUTING.md").read_text("utf-8")
PRODUCT = sorted([*CHECKOUT.glob("src/mistral_rag/**/*.py"), *CHECKOUT.glob("ingest/**/*.py")])

BASE = {"errors", "schema", "text"}
GROUND = {"_arrays", "_cached", "_counting", "_forks", "_lazy", "_logger", "_nearest", "_printable", "_printed_lines"}
"""Small modules that everything may import."""
INDEX = BASE | {"index"}
PLATFORM = BASE | {"api", "catalogue", "messages", "usage"}
EDGE = {"cli", "defaults", "terminal"}
MAY_IMPORT: dict[str, set[str]] = {
    "errors": {"api"},  # when one of the platform's errors is first asked for
    "schema": set(),
    "extensions": {"errors"},
    "text": {"errors", "schema"},
    "api": BASE,
    "catalogue": {"errors"},
    "usage": {"errors", "api", "catalogue"},
    "messages": BASE | {"api", "catalogue", "usage"},
    "chat_models": PLATFORM,
    "safety": PLATFORM,
    "tracing": PLATFORM,
    "routing": PLATFORM | {"chat_models"},
    "_embedded": {"errors"},
    "_pypdf": set(),
    "_file_locks": set(),
    "platform": PLATFORM,
    "llms": PLATFORM,
    "agents": PLATFORM | {"platform"},
    "audio": PLATFORM | {"platform"},
    "batch": PLATFORM | {"platform", "_file_locks"},
    "embeddings": PLATFORM | {"_embedded", "batch"},
    "workers": BASE,
    "ocr": PLATFORM | {"_pypdf", "pdf", "workers"},
    "document_loaders": PLATFORM | {"ocr"},
    "pdf": BASE,
    "pictures": BASE,
    "overlay": BASE | {"_pypdf", "pdf", "pictures", "workers"},
    "local": BASE | {"ocr", "pdf", "pictures", "workers"},
    "index": BASE | {"workers", "_file_locks"},
    "retrieval": INDEX | {"extensions"},
    "vectorstores": INDEX | {"retrieval", "_embedded"},
    "retrievers": INDEX | {"retrieval", "vectorstores", "defaults", "_embedded"},
    "witness": BASE | {"workers"},
    "grounding": INDEX | {"retrieval", "vectorstores", "retrievers", "usage", "witness"},
    "mcp": INDEX | {"retrievers", "grounding", "overlay"},
    "defaults": BASE | {"extensions", "local", "embeddings", "chat_models"},
    "serve": INDEX | {"defaults", "embeddings", "grounding", "overlay", "retrieval", "retrievers", "usage", "workers"},
    "terminal": BASE,
    "testing": PLATFORM | {"index"},
}
MAY_IMPORT["cli"] = set(MAY_IMPORT) | EDGE
USERS = ("tests", "benchmarks", "examples")
RUNS_CODE = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}


def module_of(path: Path) -> str:
    parts = path.relative_to(CHECKOUT).with_suffix("").parts
    return ".".join(parts[1:] if parts[0] == "src" else parts).removesuffix(".__init__")


def layer_of(module: str) -> str:
    return module.removeprefix("mistral_rag").lstrip(".").split(".")[0]


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}


def imports(node: ast.AST, *, types: bool = False) -> Iterator[tuple[int, str]]:
    """Line and dotted name of all that is imported at run time, at whatever depth; with `types` for types, too."""
    for child in ast.iter_child_nodes(node):
        if is_type_checking(child) and not types:
            continue
        if isinstance(child, ast.Import):
            yield from ((child.lineno, alias.name) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            yield from ((child.lineno, f"{child.module}.{alias.name}") for alias in child.names)
        else:
            yield from imports(child, types=types)


ALL = [(module_of(path), line, name) for path in PRODUCT for line, name in imports(ast.parse(path.read_text("utf-8")))]


def inside(name: str, *packages: str) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def lines(*found: tuple[str, int, str]) -> list[str]:
    return [f"{module} line {line} imports {name}" for module, line, name in found]


def test_the_map_names_what_exists() -> None:
    paths = re.findall(r"`((?:src|ingest|tests|docs|scripts|benchmarks|requirements)/[\w./-]*)`", CONTRIBUTING)
    assert len(paths) > 40
    assert [path for path in paths if not (CHECKOUT / path).exists()] == []


def test_every_package_is_on_the_map() -> None:
    packages = [path.parent for path in CHECKOUT.glob("src/mistral_rag/*/__init__.py")]
    on_map = [f"`src/mistral_rag/{package.name}/`" for package in packages]
    assert [package for package in on_map if package not in CONTRIBUTING] == []


def test_every_module_has_a_layer() -> None:
    layers = {layer_of(module) for module in map(module_of, PRODUCT) if inside(module, "mistral_rag")}
    assert layers - set(MAY_IMPORT) == {"", *GROUND}


@pytest.mark.parametrize("layer", sorted(MAY_IMPORT))
def test_imports_go_one_way(layer: str) -> None:
    allowed = MAY_IMPORT[layer] | {layer, *GROUND}
    ours = [row for row in ALL if inside(row[0], f"mistral_rag.{layer}") and inside(row[2], "mistral_rag")]
    assert lines(*(row for row in ours if layer_of(row[2]) not in allowed)) == []


def test_ingest_uses_what_is_public() -> None:
    theirs = [row for row in ALL if inside(row[0], "ingest") and inside(row[2], "mistral_rag")]
    private = [row for row in theirs if any(part.startswith("_") for part in row[2].split("."))]
    assert lines(*private) == []


def test_the_rooms_of_the_index_are_its_own() -> None:
    others = [
        *PRODUCT,
        *CHECKOUT.glob("tests/**/*.py"),
        *CHECKOUT.glob("benchmarks/*.py"),
        *CHECKOUT.glob("examples/*.py"),
    ]
    # the tests of the index and of its damage reach inside
    inside_it = [CHECKOUT / "src/mistral_rag/index", CHECKOUT / "tests/index", CHECKOUT / "tests/crash"]
    users = [path for path in others if not any(path.is_relative_to(own) for own in inside_it)]
    found = [
        (module_of(path), line, name)
        for path in users
        for line, name in imports(ast.parse(path.read_text("utf-8")), types=True)
        if inside(name, "mistral_rag.index") and any(part.startswith("_") for part in name.split("."))
    ]
    assert lines(*found) == []


def test_only_the_entry_point_imports_ingest() -> None:
    users = {module for module, _, name in ALL if inside(name, "ingest") and not inside(module, "ingest")}
    assert users <= {"mistral_rag.cli._program"}


def test_the_product_knows_nothing_of_the_test_platform() -> None:
    found = [row for row in ALL if inside(row[2], "mistral_rag.testing") and not inside(row[0], "mistral_rag.testing")]
    assert lines(*found) == []


def test_http_is_spoken_in_one_place() -> None:
    found = [row for row in ALL if inside(row[2], "httpx", "requests", "urllib.request", "http.client", "aiohttp")]
    # documents are fetched without the platform's client: it has keys and follows no redirects
    at_home = ("mistral_rag.api", "mistral_rag.testing", "ingest.sources._web")
    assert lines(*(row for row in found if not inside(row[0], *at_home))) == []


def test_nothing_is_loaded_that_could_run_code() -> None:
    assert lines(*(row for row in ALL if row[2].split(".")[0] in RUNS_CODE)) == []


@pytest.mark.parametrize("call", ["read_index", "read_index_binary", "allow_pickle"])
def test_no_foreign_reader_is_called(call: str) -> None:
    users = []
    for path in PRODUCT:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr == call:
                users.append(f"{module_of(path)} line {node.lineno}")
            if isinstance(node, ast.keyword) and node.arg == call and ast.unparse(node.value) != "False":
                users.append(f"{module_of(path)} line {node.value.lineno}")
    assert users == []


def test_every_name_that_is_imported_is_there() -> None:
    """Checked here because a package that loads its names lazily has any name for a type checker."""
    imported = {
        (row[2].rpartition(".")[0], row[2].rpartition(".")[2]) for row in ALL if inside(row[2], "mistral_rag", "ingest")
    }
    missing = []
    for module, name in sorted(imported):
        found = importlib.import_module(module)
        if not hasattr(found, name) and importlib.util.find_spec(f"{module}.{name}") is None:
            missing.append(f"{module}.{name}")
    assert missing == []
