"""Analyses over the API: wanted, watched, cancelled."""

from __future__ import annotations

from feedback_nlp.store import job_queue
from feedback_nlp.worker import presence


def test_an_analysis_is_queued_watched_and_told(client, stored):
    wanted = client.post("/v1/runs", json={"actor": "林晓"})
    assert wanted.status_code == 202
    run = wanted.json()
    assert (run["kind"], run["state"], run["actor"], run["progress"]) == (
        "analyze",
        "queued",
        "林晓",
        None,
    )
    assert run["worker_alive"] is False
    assert wanted.headers["Location"] == f"/v1/runs/{run['id']}"
    assert client.post("/v1/runs", json={"actor": "小王"}).json()["id"] == run["id"]

    with stored.write() as session:
        presence.show(session)
        claimed = job_queue.claim(session, ["analyze"])
        assert claimed is not None
        job_queue.renew(session, claimed, progress={"stage": "阅读反馈", "done": 2, "total": 5})
    seen = client.get(wanted.headers["Location"]).json()
    assert seen["state"] == "running"
    assert seen["progress"] == {"stage": "阅读反馈", "done": 2, "total": 5}
    with stored.write() as session:
        job_queue.finish(session, claimed, {"read_count": 5})
    listed = client.get("/v1/runs").json()
    assert listed["worker_alive"] is True
    assert [(one["id"], one["state"], one["result"]) for one in listed["items"]] == [
        (run["id"], "done", {"read_count": 5})
    ]
    assert client.get("/v1/runs", params={"before": run["id"]}).json()["items"] == []


def test_an_analysis_is_cancelled_once(client):
    run = client.post("/v1/runs", json={"actor": "林晓"}).json()["id"]
    assert client.post(f"/v1/runs/{run}/cancel").json()["state"] == "cancelled"
    again = client.post(f"/v1/runs/{run}/cancel")
    assert again.status_code == 409
    assert "已经结束" in again.json()["title"] + again.json().get("detail", "")


def test_what_is_no_run(client, stored):
    with stored.write() as session:
        other = job_queue.enqueue(session, job_queue.Wanted(kind="digest", payload={})).id
    assert client.get(f"/v1/runs/{other}").status_code == 404
    assert client.post(f"/v1/runs/{other}/cancel").status_code == 404
    assert client.get("/v1/runs/999").status_code == 404
    assert client.post("/v1/runs", json={}).status_code == 422
