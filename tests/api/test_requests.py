from __future__ import annotations

from typing import Any

import pytest
from sqlmodel import select
from starlette.testclient import TestClient

from feedback_nlp.requests.moving import create_request
from feedback_nlp.store import Database
from feedback_nlp.store.tables import Evidence, FeatureRequest, Feedback, FeedbackUnit


@pytest.fixture
def requests(stored: Database) -> Database:
    """REQ-1 to REQ-4; REQ-2 leads, REQ-3 and REQ-4 tie, REQ-1 has no score yet."""
    with stored.write() as session:
        moment = session.exec(select(Feedback.occurred_at)).first()
        assert moment is not None
        for number, priority in enumerate([None, 90.5, 40.0, 40.0], start=1):
            request = create_request(
                session,
                title=f"需求{number}",
                intent="bug",
                topic_id=1,
                product="小岛记账",
                now=moment,
            )
            request.priority = priority
            request.priority_low, request.priority_high = (
                (None, None) if priority is None else (priority - 5, priority + 5)
            )
            request.priority_parts = {} if priority is None else {"people": 0.9, "trend": 0.5}
            session.add(request)
        session.flush()
        second = session.exec(select(FeatureRequest).where(FeatureRequest.key == "REQ-2")).one()
        for unit in session.exec(select(FeedbackUnit).where(FeedbackUnit.topic_id == 1)).all():
            session.add(Evidence(request_id=second.id or 0, unit_id=unit.id or 0))
    return stored


def move(client: TestClient, key: str, to: str, **fields: Any) -> Any:
    return client.post(
        f"/v1/requests/{key}/transitions", json={"to": to, "actor": "林晓", **fields}
    )


@pytest.mark.usefixtures("requests")
def test_requests_come_in_priority_order(client: TestClient) -> None:
    items = client.get("/v1/requests").json()["items"]
    assert [entry["key"] for entry in items] == ["REQ-2", "REQ-3", "REQ-4", "REQ-1"]
    assert items[0]["priority_parts"] == {"people": 0.9, "trend": 0.5}
    assert (items[0]["priority_low"], items[0]["priority_high"]) == (85.5, 95.5)


@pytest.mark.usefixtures("requests")
def test_pages_of_requests_join(client: TestClient) -> None:
    seen = []
    cursor: dict[str, str] = {}
    for _ in range(4):
        page = client.get("/v1/requests", params={"limit": 1, **cursor}).json()
        seen += [entry["key"] for entry in page["items"]]
        cursor = {"cursor": page["next_cursor"]}
    assert seen == ["REQ-2", "REQ-3", "REQ-4", "REQ-1"]
    assert cursor == {"cursor": None}


@pytest.mark.usefixtures("requests")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("status=new&status=planned", 4),
        ("status=planned", 0),
        ("intent=feature", 0),
        ("product=小岛记账&topic=1", 4),
        ("topic=2", 0),
        ("owner=林晓", 0),
    ],
)
def test_request_filters(client: TestClient, query: str, expected: int) -> None:
    assert len(client.get(f"/v1/requests?{query}").json()["items"]) == expected


@pytest.mark.usefixtures("requests")
def test_a_request_shows_evidence_and_history(client: TestClient) -> None:
    request = client.get("/v1/requests/REQ-2").json()
    assert [quote["text"] for quote in request["evidence"]] == [
        "升级以后闪退三次了",
        "一点记账就闪退",
    ]
    assert (request["evidence_count"], request["people_count"]) == (2, 2)
    assert [event["to_status"] for event in request["history"]] == ["new"]
    assert "planned" in request["allowed_transitions"]


@pytest.mark.usefixtures("requests")
def test_a_transition_is_recorded_once_however_often_it_is_sent(client: TestClient) -> None:
    first = move(client, "REQ-2", "planned", reason="排进 3.3 版")
    again = move(client, "REQ-2", "planned", reason="排进 3.3 版")
    assert (first.status_code, again.status_code) == (200, 200)
    assert (first.json()["changed"], again.json()["changed"]) == (True, False)
    request = client.get("/v1/requests/REQ-2").json()
    assert (request["status"], request["reporter_status"]) == ("planned", "planned")
    assert [(event["to_status"], event["actor"]) for event in request["history"]] == [
        ("new", "engine"),
        ("planned", "林晓"),
    ]


@pytest.mark.usefixtures("requests")
@pytest.mark.parametrize(
    ("to", "fields", "status", "code"),
    [
        ("closed", {}, 409, "transition-not-allowed"),
        ("declined", {}, 422, "invalid-input"),  # a reason is required
        ("duplicate", {}, 422, "invalid-input"),  # a target is required
        ("duplicate", {"duplicate_of": "REQ-2"}, 409, "conflict"),  # not of itself
        ("duplicate", {"duplicate_of": "REQ-99"}, 404, "not-found"),
        ("duplicate", {"duplicate_of": "第三个"}, 422, "invalid-input"),
        ("done", {}, 422, "invalid-input"),
        ("planned", {"actor": " "}, 422, "invalid-input"),
    ],
)
def test_what_may_not_be_done_changes_nothing(
    client: TestClient, to: str, fields: dict[str, str], status: int, code: str
) -> None:
    response = move(client, "REQ-2", to, **fields)
    assert response.status_code == status, response.text
    assert response.json()["type"].endswith(f":{code}")
    assert "--" not in response.json()["detail"]
    request = client.get("/v1/requests/REQ-2").json()
    assert (request["status"], len(request["history"])) == ("new", 1)


@pytest.mark.usefixtures("requests")
def test_a_duplicate_names_its_target(client: TestClient) -> None:
    assert move(client, "REQ-3", "duplicate", duplicate_of="REQ-2").json()["changed"]
    assert client.get("/v1/requests/REQ-3").json()["duplicate_of_key"] == "REQ-2"
    assert not move(client, "REQ-3", "duplicate", duplicate_of="REQ-2").json()["changed"]
    assert move(client, "REQ-3", "duplicate", duplicate_of="REQ-4").status_code == 409
