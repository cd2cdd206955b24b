"""Commands that errors advise can be pasted into a shell, whatever the folder is called."""

import shlex
from pathlib import Path

import pytest

from ingest.__main__ import main
from mistral_rag.errors import IndexMismatchError, IndexNotFoundError
from mistral_rag.index import Identity, IndexReader, IndexWriter, rebuild_command, repair_command
from mistral_rag.index._folder.commands import build_command, frozen_command, verify_command

NAMES = ["plain", "our files", "it's", 'say "yes"', "$(touch owned)", "`id`", "a;b", "-rf", "a\\b", "*"]


def folder_in(advice: str) -> str:
    """The folder of a command in a sentence, as a shell would read it."""
    return shlex.split(advice[advice.index("--index ") :])[1]


@pytest.mark.parametrize("name", NAMES)
def test_every_command_names_the_folder_as_one_word(name: str) -> None:
    folder = Path("/srv") / name
    assert shlex.split(build_command(folder)) == ["ingest", "build", "PATH", "--index", f"/srv/{name}"]
    assert shlex.split(verify_command(folder)) == ["Run:", "ingest", "verify", "--index", f"/srv/{name}"]
    assert shlex.split(repair_command(folder)) == ["ingest", "repair", "--index", f"/srv/{name}"]
    assert shlex.split(frozen_command(folder)) == ["ingest", "export", "--frozen", f"/srv/{name}"]
    assert shlex.split(rebuild_command(folder))[1:] == [
        "ingest",
        "build",
        "PATH",
        "--index",
        f"/srv/{name}",
        "--rebuild",
    ]


def test_a_folder_without_odd_characters_is_not_quoted() -> None:
    assert rebuild_command(Path("/srv/index")) == "Run: ingest build PATH --index /srv/index --rebuild"


@pytest.mark.parametrize("name", ["our files", "it's", "$(touch owned)"])
def test_the_errors_of_an_index_quote_it(name: str, tmp_path: Path) -> None:
    folder = tmp_path / name
    with pytest.raises(IndexNotFoundError) as missing:
        IndexReader.open(folder)
    assert folder_in(str(missing.value)) == str(folder)
    with IndexWriter.open(folder, identity=Identity("one", 2)) as writer:
        writer.commit()
        with pytest.raises(IndexMismatchError) as other:
            Identity("one", 2).require(Identity("two", 2), folder)
    assert folder_in(str(other.value)) == str(folder)


def test_verify_quotes_what_it_advises(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "$(touch owned) it's"
    with IndexWriter.open(folder, identity=Identity("one", 2)) as writer:
        writer.commit()
    (folder / "index.seal").unlink()
    assert main(["verify", "--index", str(folder)]) == 1
    assert folder_in(capsys.readouterr().err.strip()) == str(folder)
