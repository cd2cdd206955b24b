"""Batches, inline and by file."""

import json
from typing import Any

import httpx
import pytest

MODEL = "mistral-small-latest"


def line(number: int, text: str = "hello", **more: Any) -> dict[str, Any]:
    return {"custom_id": f"c{number}", "body": {"messages": [{"role": "user", "content": text}], **more}}


def create(client: httpx.Client, **more: Any) -> httpx.Response:
    return client.post("/batch/jobs", json={"endpoint": "/v1/chat/completions", "model": MODEL, **more})


def finished(client: httpx.Client, job: dict[str, Any]) -> dict[str, Any]:
    """The job after it has run, advanced step by step."""
    seen: list[dict[str, Any]] = [client.get(f"/batch/jobs/{job['id']}?inline=true").json() for _ in range(2)]
    assert [job["status"], seen[0]["status"]] == ["QUEUED", "RUNNING"]
    return seen[1]


def test_inline_requests_come_back_inline_in_another_order(client: httpx.Client) -> None:
    job = finished(client, create(client, requests=[line(n) for n in range(3)], metadata={"a": "b"}).json())
    assert (job["status"], job["total_requests"], job["succeeded_requests"]) == ("SUCCESS", 3, 3)
    assert [one["custom_id"] for one in job["outputs"]] == ["c2", "c1", "c0"]
    reply = job["outputs"][0]["response"]
    assert (reply["status_code"], reply["body"]["choices"][0]["message"]["content"]) == (200, "You said: hello")
    assert "outputs" not in job or client.get(f"/batch/jobs/{job['id']}").json()["outputs"] is None


def test_files_go_in_and_come_out_with_errors_apart(direct: httpx.Client) -> None:
    lines = [line(0), line(1, top_p=2), line(2, stream=True)]
    content = "\n".join(json.dumps(one) for one in lines).encode()
    uploaded = direct.post("/files", files={"file": ("in.jsonl", content)}, data={"purpose": "batch"}).json()
    job = finished(direct, create(direct, input_files=[uploaded["id"]]).json())
    assert (job["status"], job["succeeded_requests"], job["failed_requests"]) == ("SUCCESS", 1, 2)
    good, bad = (
        [json.loads(one) for one in direct.get(f"/files/{job[name]}/content").text.splitlines()]
        for name in ("output_file", "error_file")
    )
    assert [(one["custom_id"], one["response"]["status_code"]) for one in good] == [("c0", 200)]
    assert [(one["custom_id"], one["response"]["status_code"]) for one in bad] == [("c2", 422), ("c1", 422)]


def test_embeddings_run_in_batches_too(direct: httpx.Client) -> None:
    requests = [{"body": {"input": "hello"}}]
    job = create(direct, endpoint="/v1/embeddings", model="mistral-embed", requests=requests).json()
    assert len(finished(direct, job)["outputs"][0]["response"]["body"]["data"][0]["embedding"]) == 1024


def test_a_job_in_which_all_fails_has_failed(direct: httpx.Client) -> None:
    job = finished(direct, create(direct, requests=[line(0, seed=1)]).json())
    assert (job["status"], job["output_file"]) == ("FAILED", None)


def test_a_job_is_cancelled_in_two_steps(direct: httpx.Client) -> None:
    job = create(direct, requests=[line(0)]).json()
    assert direct.post(f"/batch/jobs/{job['id']}/cancel").json()["status"] == "CANCELLATION_REQUESTED"
    assert direct.get(f"/batch/jobs/{job['id']}").json()["status"] == "CANCELLED"


def test_jobs_are_listed_and_forgotten(direct: httpx.Client) -> None:
    jobs = [create(direct, requests=[line(n)]).json()["id"] for n in range(3)]
    listed = direct.get("/batch/jobs?page_size=2").json()
    assert ([one["id"] for one in listed["data"]], listed["total"]) == ([jobs[2], jobs[1]], 3)
    assert direct.get("/batch/jobs?status=RUNNING").json()["total"] == 0
    assert direct.delete(f"/batch/jobs/{jobs[0]}").json()["deleted"] is True
    assert direct.get(f"/batch/jobs/{jobs[0]}").status_code == 404


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"requests": [], "input_files": []},
        {"requests": [line(0)], "model": None},
        {"requests": [line(0)], "timeout_hours": 168},
        {"requests": [line(0)], "metadata": {"a": 1}},
        {"requests": [{**line(0), "method": "POST"}]},
        {"requests": [line(0)], "endpoint": "/v1/models"},
        {"requests": [{"body": {}}] * 10_001},
    ],
)
def test_wrong_jobs_are_refused(direct: httpx.Client, change: dict[str, Any]) -> None:
    assert create(direct, **change).status_code == 422


def test_unknown_models_and_files_are_refused(direct: httpx.Client) -> None:
    assert create(direct, requests=[line(0)], model="nobody").json()["code"] == "1500"
    assert create(direct, input_files=["00000000-0000-4000-8000-000000000000"]).status_code == 404


def test_a_file_must_hold_requests(direct: httpx.Client) -> None:
    form = {"file": ("in.jsonl", b'{"custom_id": "1", "method": "POST", "body": {}}')}
    uploaded = direct.post("/files", files=form, data={"purpose": "batch"}).json()
    reply = create(direct, input_files=[uploaded["id"]])
    assert (reply.status_code, reply.json()["message"][:35]) == (400, "Invalid file format: line 1 needs a")
