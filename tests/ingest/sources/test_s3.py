"""Folders of S3, by a server on this machine that speaks its protocol."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ingest import BuildReport, build
from ingest.__main__ import main
from mistral_rag.errors import SourceNotFoundError
from mistral_rag.index import UnrestrictedReader

moto_server = pytest.importorskip("moto.server")
pytest.importorskip("s3fs")
boto3 = pytest.importorskip("boto3")

KEYS = {"AWS_ACCESS_KEY_ID": "AKIDTESTS", "AWS_SECRET_ACCESS_KEY": "open-sesame", "AWS_DEFAULT_REGION": "us-east-1"}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = moto_server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name, value in {**KEYS, "AWS_ENDPOINT_URL": endpoint}.items():
        monkeypatch.setenv(name, value)
    bucket = boto3.resource("s3", endpoint_url=endpoint).Bucket("papers")
    bucket.create()
    bucket.put_object(Key="hr/travel.md", Body=b"# Travel\n\nTrains are booked.\n")
    bucket.put_object(Key="hr/leave/a plan #2.txt", Body=b"Leave is thirty days.\n")
    bucket.put_object(Key="hr/leave/", Body=b"")
    bucket.put_object(Key="other/note.txt", Body=b"Nobody asks for this.\n")
    yield bucket
    bucket.objects.all().delete()
    bucket.delete()


def options(endpoint: str) -> dict[str, Any]:
    return {"client_kwargs": {"endpoint_url": endpoint}}


def built(index: Path, endpoint: str, url: str = "s3://papers/hr", **settings: Any) -> BuildReport:
    settings.setdefault("storage_options", options(endpoint))
    work = build(url, index, embeddings="none", workers=1, **settings)
    list(work)
    return work.report


def outcomes(report: BuildReport) -> list[tuple[str, str]]:
    return sorted((file.source, file.status) for file in report.files)


def test_a_folder_of_a_bucket_is_kept_in_step(bucket: Any, endpoint: str, tmp_path: Path) -> None:
    index = tmp_path / "index"
    assert outcomes(built(index, endpoint)) == [("leave/a plan #2.txt", "added"), ("travel.md", "added")]
    assert outcomes(built(index, endpoint)) == [("leave/a plan #2.txt", "unchanged"), ("travel.md", "unchanged")]
    # of the same length
    bucket.put_object(Key="hr/travel.md", Body=b"# Travel\n\nPlanes are booked.\n")
    bucket.put_object(Key="hr/new.txt", Body=b"Offices close at six.\n")
    bucket.Object("hr/leave/a plan #2.txt").delete()
    assert outcomes(built(index, endpoint, prune=True)) == [
        ("leave/a plan #2.txt", "removed"),
        ("new.txt", "added"),
        ("travel.md", "changed"),
    ]
    with UnrestrictedReader.open(index) as reader, reader.view() as view:
        assert [source.uri for source in view.sources()] == ["s3://papers/hr/new.txt", "s3://papers/hr/travel.md"]
        assert list(view.page_texts("s3://papers/hr/travel.md")) == ["Travel\n\nPlanes are booked."]


def test_the_command_reads_keys_and_endpoint_from_the_environment(
    bucket: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    index = tmp_path / "index"
    command = ["build", "s3://papers/hr/leave/a plan #2.txt", "--index", str(index), "--embeddings", "none", "--json"]
    assert main(command) == 0
    printed = capsys.readouterr()
    assert [(file["source"], file["status"]) for file in json.loads(printed.out)["files"]] == [
        ("a plan #2.txt", "added")
    ]
    kept = b"".join(file.read_bytes() for file in index.rglob("*") if file.is_file())
    for secret in ("AKIDTESTS", "open-sesame"):
        assert secret not in printed.out + printed.err
        assert secret.encode() not in kept


@pytest.mark.parametrize("url", ["s3://nowhere/hr", "s3://papers/nothing"])
def test_what_is_not_there_drops_nothing(bucket: Any, endpoint: str, tmp_path: Path, url: str) -> None:
    built(tmp_path / "index", endpoint)
    with pytest.raises(SourceNotFoundError, match=url):
        built(tmp_path / "index", endpoint, url)
    with UnrestrictedReader.open(tmp_path / "index") as reader, reader.view() as view:
        assert len(list(view.sources())) == 2


def test_an_object_that_is_gone_between_listing_and_reading_is_a_line(
    bucket: Any, endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import s3fs

    find = s3fs.S3FileSystem.find

    def find_then_lose(self: Any, *args: Any, **settings: Any) -> Any:
        found = find(self, *args, **settings)
        bucket.Object("hr/travel.md").delete()
        return found

    monkeypatch.setattr(s3fs.S3FileSystem, "find", find_then_lose)
    report = built(tmp_path / "index", endpoint)
    assert outcomes(report) == [("leave/a plan #2.txt", "added"), ("travel.md", "failed")]
    [reason] = [file.reason for file in report.files if file.status == "failed"]
    assert reason is not None
    assert reason.startswith("can't be fetched: ")
