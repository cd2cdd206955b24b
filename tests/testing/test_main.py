"""`python -m mistral_rag.testing`, as a process."""

import signal
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest

COMMAND = [sys.executable, "-m", "mistral_rag.testing"]


@pytest.fixture
def served() -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    with subprocess.Popen(COMMAND, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        settings = dict(process.stdout.readline().strip().split("=", 1) for _ in range(2))
        yield process, settings
        process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_prints_its_settings_serves_and_stops_cleanly(
    served: tuple[subprocess.Popen[str], dict[str, str]], number: signal.Signals
) -> None:
    process, settings = served
    headers = {"authorization": f"Bearer {settings['MISTRAL_API_KEY']}"}
    assert httpx.get(f"{settings['MISTRAL_BASE_URL']}/models", headers=headers).status_code == 200
    process.send_signal(number)
    assert process.communicate(timeout=10) == ("", "")
    assert process.returncode == 0


def test_a_taken_port_is_one_sentence(served: tuple[subprocess.Popen[str], dict[str, str]]) -> None:
    port = served[1]["MISTRAL_BASE_URL"].removesuffix("/v1").rsplit(":", 1)[1]
    second = subprocess.run([*COMMAND, "--port", port], capture_output=True, text=True, check=False)
    assert second.returncode == 2
    assert second.stderr == f"Port {port} can't be used: Address already in use\n"
