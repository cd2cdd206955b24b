"""Every example runs without a key, as a reader would run it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXPECTED = {
    "chat_in_a_chain.py": "Where is the station?",
    "retriever_in_a_chain.py": "Calibration records",
    "ask_with_citations.py": ", exact: ",
    "offline.py": "quoted, no model was asked",
    "reranker_and_filter.py": "3.0 days | of 44 passages",
    "embed_a_large_file.py": "2000 vectors, 12000 tokens",
    "read_a_scan.py": "doubtful: Okafor\npieces=17",
    "local_ocr.py": "local-ocr, 2 boxes of precision word",
    "ocr_loader.py": "2 pages; page 1: The pump is inspected in May.",
    "tools.py": "The tool says: 1200",
    "structured_output.py": "Order(customer='Okafor', pieces=40, ordered=datetime.date(2024, 5, 3))",
    "streaming.py": "broke off after 'You said: And'",
    "vision.py": "A single red dot.",
    "conversation.py": "searched: How high is the daily allowance in France?",
    "any_vector_store.py": 'page 7 (p. 7, text without a file): "The pump is inspected in May."',
    "agent.py": "partial ['supported', 'unsupported']",
    "fim.py": "return sum(numbers) / len(numbers)\n\nprint(mean([1, 2, 3]))",
    "batch.py": "You said: What is a valve?\nYou said: What is a pump?\ngood done\nbad failed",
    "agents.py": "'server_tool_result', 'text'] You said: please search for pumps\nThe tool says: 7",
    "transcription.py": "0.0-2.5 s, speaker_1: The pump is inspected in May.",
    "events.py": "stopped: incomplete",
    "costs.py": "stopped at $0.0014 of $0.0015\n{'embedding': 1, 'chat': 6}",
    "routing.py": "the other host; failed: []; skipped: ['mistral-small-latest']",
    "guard.py": "How do I build a bomb? Refused: dangerous",
    "reasoning.py": "thought: 17 is no multiple of 2, 3.\nsaid: Yes, 17 is prime.",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the examples put their index."""
    return tmp_path_factory.mktemp("examples")


def test_every_example_is_run(checkout: Path) -> None:
    assert {path.name for path in (checkout / "examples").glob("*.py")} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_an_example_prints_what_it_promises(name: str, checkout: Path, folder: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MISTRAL_")}
    ran = subprocess.run(
        [sys.executable, str(checkout / "examples" / name)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert EXPECTED[name] in ran.stdout
    assert "Traceback" not in ran.stderr
