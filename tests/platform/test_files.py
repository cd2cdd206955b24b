"""Files: uploads from the disk in pieces, downloads, lists, and what is refused before anything is sent."""

import io
from pathlib import Path
from typing import Any

import pytest

from mistral_rag import MistralClient
from mistral_rag.errors import ConfigurationError, InvalidRequestError, NotFoundError, SourceNotFoundError
from mistral_rag.testing import FakeMistral, faults


def test_a_file_goes_up_and_comes_down(client: MistralClient, tmp_path: Path) -> None:
    scan = tmp_path / 'scan ä".pdf'
    scan.write_bytes(b"%PDF-1.7 pages\r\n--end")
    stored = client.files.upload(scan, expiry=2)
    assert (stored.filename, stored.bytes, stored.purpose, stored.mimetype) == (
        'scan ä".pdf'.replace('"', "%22"),
        21,
        "ocr",
        "application/pdf",
    )
    assert client.files.get(stored.id).filename == stored.filename
    copy = client.files.download(stored.id, tmp_path / "copy.pdf")
    assert copy.read_bytes() == b"%PDF-1.7 pages\r\n--end"
    assert b"".join(client.files.content(stored.id)) == b"%PDF-1.7 pages\r\n--end"
    assert f"/signed/{stored.id}?signature=" in client.files.signed_url(stored.id, expiry=1)
    assert client.files.delete(stored.id).deleted is True
    with pytest.raises(NotFoundError):
        client.files.get(stored.id)


async def test_coroutines_do_the_same(client: MistralClient, tmp_path: Path) -> None:
    stored = await client.files.aupload(b"text", name="a.txt")
    assert (await client.files.aget(stored.id)).bytes == 4
    assert [file.id async for file in client.files.aiterate()] == [stored.id]
    assert b"".join([piece async for piece in await client.files.acontent(stored.id)]) == b"text"
    assert (await client.files.adownload(stored.id, tmp_path / "b.txt")).read_text() == "text"
    assert (await client.files.alist(purpose="batch")).data == []
    assert "signature=" in await client.files.asigned_url(stored.id)
    assert (await client.files.adelete(stored.id)).id == stored.id


def test_a_list_is_read_page_after_page(fake: FakeMistral, client: MistralClient) -> None:
    ids = {client.files.upload(b"x", name=f"{number}.txt").id for number in range(203)}
    assert {file.id for file in client.files.iterate()} == ids
    pages = [request.query["page"] for request in fake.requests if request.method == "GET"]
    assert pages == ["0", "1", "2", "3"]
    assert client.files.list(page_size=5).total == 203


def test_a_retry_sends_the_whole_file_again(fake: FakeMistral, client: MistralClient, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("once more")
    fake.faults.add(faults.rate_limit(retry_after=0))
    assert client.files.upload(tmp_path / "a.txt").bytes == 9


def test_an_upload_that_may_have_arrived_is_not_sent_again(fake: FakeMistral, client: MistralClient) -> None:
    fake.faults.add(faults.bad_gateway())
    with pytest.raises(Exception, match="502"):
        client.files.upload(b"x", name="a.txt")
    assert len(fake.requests) == 1


def test_what_is_no_file_is_refused_before_it_is_sent(fake: FakeMistral, client: MistralClient, tmp_path: Path) -> None:
    with pytest.raises(SourceNotFoundError, match="There is no file"):
        client.files.upload(tmp_path / "none.pdf")
    with pytest.raises(SourceNotFoundError):
        client.files.upload(tmp_path)
    with pytest.raises(ConfigurationError, match="need a name"):
        client.files.upload(b"bytes")
    for identity in ("", " ", ".."):
        with pytest.raises(ConfigurationError, match="An id or name is wanted"):
            client.files.get(identity)
    assert fake.requests == ()


def test_an_id_stays_in_its_place(fake: FakeMistral, client: MistralClient) -> None:
    with pytest.raises(NotFoundError):
        client.files.delete("../models?x=1#y")
    assert fake.requests[0].method == "DELETE"
    assert "models" not in fake.requests[0].path.split("/")


def test_the_platform_names_the_line_that_is_no_json(client: MistralClient) -> None:
    with pytest.raises(Exception, match="line 2 is not JSON"):
        client.files.upload(b'{"a": 1}\nnothing\n', name="rows.jsonl", purpose="batch")
    with pytest.raises(InvalidRequestError, match="purpose"):
        client.files.upload(b"x", name="a.txt", purpose="holiday")


def test_a_download_that_breaks_leaves_no_file(fake: FakeMistral, client: MistralClient, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        client.files.download("00000000-0000-0000-0000-000000000000", tmp_path / "a.txt")
    assert list(tmp_path.iterdir()) == []


def test_an_open_file_goes_up_under_its_name(fake: FakeMistral, client: MistralClient, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"hello")
    fake.faults.add(faults.server_error(503))
    with (tmp_path / "a.txt").open("rb") as file:
        stored = client.files.upload(file)
    assert (stored.filename, b"".join(client.files.content(stored.id))) == ("a.txt", b"hello")
    stored = client.files.upload(io.BytesIO(b"hello"), name="b.txt")
    assert (stored.filename, stored.bytes) == ("b.txt", 5)
    with pytest.raises(ConfigurationError, match="Bytes to upload need a name"):
        client.files.upload(io.BytesIO(b"hello"))


@pytest.mark.parametrize("given", [io.StringIO("hello"), 5, ["a.txt"]])
def test_what_has_no_bytes_is_refused_by_its_kind(fake: FakeMistral, client: MistralClient, given: Any) -> None:
    with pytest.raises(ConfigurationError, match=f"opened with mode 'rb', not {type(given).__name__}"):
        client.files.upload(given, name="a.txt")
    assert fake.requests == ()


def test_a_download_onto_a_folder_leaves_nothing_behind(client: MistralClient, tmp_path: Path) -> None:
    stored = client.files.upload(b"hello", name="a.txt")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="folder"):
        client.files.download(stored.id, tmp_path / "folder")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


@pytest.mark.parametrize("hours", [0, 169])
def test_a_signed_address_holds_for_a_week_at_most(client: MistralClient, hours: int) -> None:
    stored = client.files.upload(b"hello", name="a.txt")
    with pytest.raises(InvalidRequestError, match="between 1 and 168"):
        client.files.signed_url(stored.id, expiry=hours)
