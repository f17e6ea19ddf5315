"""A person's data over HTTP: named in the body, given once, then gone."""

from __future__ import annotations

from starlette.testclient import TestClient


def test_export_then_erase(client: TestClient) -> None:
    posted = client.post(
        "/v1/feedback",
        json={
            "source": {"name": "官网", "kind": "in_app"},
            "items": [
                {"source_key": "1", "text": "一点记账就闪退", "author": "user-7"},
                {"source_key": "2", "text": "希望能导出", "author": "user-8"},
            ],
        },
    )
    assert posted.status_code == 200, posted.text
    found = client.post("/v1/people/export", json={"author": "user-7"})
    assert [row["text"] for row in found.json()["tables"]["feedback"]] == ["一点记账就闪退"]
    gone = client.post("/v1/people/erase", json={"author": "user-7", "actor": "林晓"})
    assert gone.json() == {"counts": {"feedback": 1}, "log_emptied": True}
    assert client.post("/v1/people/export", json={"author": "user-7"}).status_code == 404
    left = client.get("/v1/feedback").json()["items"]
    assert [item["text"] for item in left] == ["希望能导出"]


def test_somebody_has_to_say_so(client: TestClient) -> None:
    assert client.post("/v1/people/erase", json={"author": "x"}).status_code == 422
    assert client.post("/v1/people/erase", json={"actor": "x"}).status_code == 422
