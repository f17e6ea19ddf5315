from __future__ import annotations

from typing import Any

import pytest
from sqlmodel import select
from starlette.testclient import TestClient

from feedback_nlp.store import Database
from feedback_nlp.store.tables import Feedback
from tests.outlets.local_server import local_server


@pytest.fixture
def planned(client: TestClient, stored: Database, settings: Any, tmp_path: Any) -> Any:
    """A request with three people, planned, and an outlet that answers."""
    with stored.write() as session:
        for feedback in session.scalars(select(Feedback)):
            feedback.author_key = f"author-{feedback.id}"
            session.add(feedback)
    with local_server() as sink:
        file = tmp_path / "outlets.toml"
        file.write_text(
            f'[outlets.reply]\nchannel = "webhook"\nurl = "{sink.url}"\n'
            'secrets = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]\n'
        )
        settings.outlets, settings.outgoing_allow = file, sink.allowed
        made = client.post(
            "/v1/requests",
            json={"title": "记账闪退", "intent": "bug", "actor": "林", "topic_id": 1},
        )
        key = made.json()["key"]
        client.post(f"/v1/requests/{key}/transitions", json={"to": "planned", "actor": "林"})
        yield key


def test_notices_are_previewed_sent_listed_and_cancelled(client: TestClient, planned: str) -> None:
    seen = client.get(f"/v1/requests/{planned}/notices/preview").json()
    assert seen["reachable"] == 0
    people = sum(seen["unreachable"].values())
    assert people >= 2
    changed = client.patch("/v1/notice-settings", json={"routes": {"官网": "reply"}})
    assert changed.json()["routes"] == {"官网": "reply"}
    seen = client.get(f"/v1/requests/{planned}/notices/preview").json()
    assert (seen["reachable"], seen["unreachable"]) == (people, {})
    sent = client.post(f"/v1/requests/{planned}/notices/send").json()
    assert sent == {"queued": people, "unreachable": {}}
    assert client.post(f"/v1/requests/{planned}/notices/send").json()["queued"] == 0
    items = client.get("/v1/notices", params={"request": planned}).json()["items"]
    assert [one["status"] for one in items] == ["queued"] * people
    assert "person_key" not in items[0]
    cancelled = client.post(f"/v1/notices/{items[0]['id']}/cancel", json={"reason": "电话"})
    assert cancelled.json() == {"id": items[0]["id"], "status": "cancelled"}
    assert client.post(f"/v1/notices/{items[0]['id']}/retry").status_code == 409
    rows = client.get("/v1/outbox").json()["items"]
    assert sorted(row["state"] for row in rows) == ["cancelled"] + ["pending"] * (people - 1)
    audit = client.get("/v1/audit").json()["items"]
    assert {"notice.send", "notice.cancel"} <= {one["action"] for one in audit}


def test_texts_routes_and_refusals_leave_audit_lines(client: TestClient, planned: str) -> None:
    text = "您好，{title} 排期了"
    client.patch("/v1/notice-settings", json={"routes": {"官网": "reply"}})
    client.patch("/v1/notice-settings", json={"templates": {"planned": text}})
    client.patch("/v1/notice-settings", json={"routes": {"官网": None}})
    client.post("/v1/notices/unsubscribe", json={"source": "官网", "source_key": "fb-0"})
    lines = client.get("/v1/audit").json()["items"]
    told = [
        (one["action"], one["subject"], one["detail"].get("value"))
        for one in reversed(lines)
        if one["action"] in {"notice.template", "notice.route", "notice.refuse"}
    ]
    assert told == [
        ("notice.route", "notice.route:官网", [None, "reply"]),
        ("notice.template", "notice.template:planned", [None, text]),
        ("notice.route", "notice.route:官网", ["reply", None]),
        ("notice.refuse", "notices", None),
    ]
    assert "author-" not in str(lines)


def test_unsubscribing_is_for_known_feedback_and_harmless_twice(
    client: TestClient, planned: str
) -> None:
    of = {"source": "官网", "source_key": "fb-0"}
    assert client.post("/v1/notices/unsubscribe", json=of).json() == {"changed": True}
    assert client.post("/v1/notices/unsubscribe", json=of).json() == {"changed": False}
    unknown = client.post("/v1/notices/unsubscribe", json={**of, "source_key": "nope"})
    assert unknown.status_code == 404
    seen = client.get(f"/v1/requests/{planned}/notices/preview").json()
    assert seen["unreachable"]["对方已退订"] == 1


def test_settings_refuse_what_cannot_work(client: TestClient, planned: str) -> None:
    def edit(body: dict[str, Any]) -> int:
        return int(client.patch("/v1/notice-settings", json=body).status_code)

    assert edit({"templates": {"shipped": "{reason}"}}) == 422
    assert edit({"templates": {"under_review": "在看了"}}) == 422
    assert edit({"routes": {"官网": "nope"}}) == 404
    assert edit({"routes": {"没有": "reply"}}) == 404
    assert edit({"templates": {"shipped": "做好了：{title}"}}) == 200
    assert client.get("/v1/notice-settings").json()["templates"]["shipped"] == "做好了：{title}"
