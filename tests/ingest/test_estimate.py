from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from ingest._pipeline import Build
from ingest._planning.estimate import Estimate, estimate
from mistral_rag.errors import SourceNotFoundError

LEAVE = "# Leave\n\nEveryone has 30 days of leave a year. Unused days expire in March.\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "documents"
    root.mkdir()
    (root / "leave.md").write_text(LEAVE)
    picture = Image.new("L", (200, 100), 255)
    ImageDraw.Draw(picture).rectangle((10, 10, 60, 40), fill=0)
    picture.save(root / "scan.png")
    return root


def test_a_plan_counts_and_touches_nothing(folder: Path, tmp_path: Path) -> None:
    found = estimate([folder], tmp_path / "index", embeddings="mistral-embed", ocr="never")
    assert (found.files, found.pages, found.ocr_pages, found.embedding) == (2, 2, 0, "mistral-embed")
    assert 15 <= found.tokens <= 40
    assert found.cost == pytest.approx(found.tokens * 0.1 / 1e6, abs=1e-6)
    assert not (tmp_path / "index").exists()


def test_the_platform_s_pages_and_tokens_have_a_price(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MISTRAL_API_KEY", "not-a-real-key")
    found = estimate([folder], tmp_path / "index")
    assert (found.ocr_pages, found.embedding, found.ocr.split("/")[0]) == (1, "mistral-embed", "mistral-ocr-latest")
    assert found.tokens > 600
    assert found.cost is not None
    assert 0.004 < found.cost < 0.0042


def test_a_model_whose_price_is_not_known_has_none(folder: Path, tmp_path: Path) -> None:
    assert estimate([folder], tmp_path / "index", embeddings="mistral-embed-2099", ocr="never").cost is None


def test_words_alone_cost_nothing(folder: Path, tmp_path: Path) -> None:
    found = estimate([folder], tmp_path / "index", embeddings="none", ocr="never")
    assert (found.tokens, found.cost) == (0, 0.0)


def test_what_was_built_is_not_counted_again(folder: Path, tmp_path: Path) -> None:
    (folder / "scan.png").unlink()
    for _ in Build([folder], tmp_path / "index", embeddings="none"):
        pass
    assert estimate([folder], tmp_path / "index", ocr="never") == Estimate()
    (folder / "more.md").write_text(LEAVE.replace("30", "28"))
    found = estimate([folder], tmp_path / "index", ocr="never")
    assert (found.files, found.pages) == (1, 1)


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceNotFoundError):
        estimate([tmp_path / "nowhere"], tmp_path / "index")
