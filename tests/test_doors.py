"""Every public door of an index is tried by two tenants; the long form is `python tests/doors.py`."""

from pathlib import Path

from mistral_rag import FaissStore, HybridRetriever, IndexReader
from mistral_rag.index import View
from tests import doors


def test_every_public_method_that_reads_is_a_door() -> None:
    assert doors.public_methods(View) == doors.VIEW.keys() | doors.NOT_OF_DOCUMENTS
    assert doors.public_methods(IndexReader) == doors.READER.keys() | doors.NOT_READING
    assert doors.public_methods(FaissStore, own=True) == doors.STORE.keys() | doors.MAKING
    assert doors.public_methods(HybridRetriever, own=True) == doors.RETRIEVER.keys() | doors.SETTINGS


def test_no_door_tells_one_tenant_of_another(tmp_path: Path) -> None:
    assert list(doors.told(tmp_path, 600)) == []


def test_a_door_that_tells_would_be_heard(tmp_path: Path) -> None:
    side = doors.Side(tmp_path / "index", with_board=True)
    other = doors.Side(tmp_path / "other", with_board=False)
    opened = [each.retriever.model_copy(update={"groups": ("staff", "board")}) for each in (side, other)]
    both, alone = ([hit.chunk for hit in retriever.search(doors.CANARY)] for retriever in opened)
    assert repr(both) != repr(alone)
    assert doors.CANARY in repr(both)
