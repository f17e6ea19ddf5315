"""Evidence is taken out or moved over the API as it is at the desk."""

from __future__ import annotations

from typing import Any

import pytest
from sqlmodel import select
from starlette.testclient import TestClient

from feedback_nlp.requests.moving import create_request
from feedback_nlp.store import Database
from feedback_nlp.store.tables import Evidence, FeedbackUnit
from tests.api.conftest import NOW


@pytest.fixture
def units(stored: Database) -> list[int]:
    """What stands behind REQ-1, of topic 1; REQ-2 has nothing."""
    with stored.write() as session:
        first = create_request(session, title="记账闪退", intent="bug", now=NOW, topic_id=1)
        create_request(session, title="导出表格", intent="feature", now=NOW)
        found = [
            unit.id or 0
            for unit in session.exec(select(FeedbackUnit).where(FeedbackUnit.topic_id == 1)).all()
        ]
        session.add_all(Evidence(request_id=first.id or 0, unit_id=unit) for unit in found)
    return found


def move(client: TestClient, key: str, *, status: int = 200, **body: Any) -> dict[str, Any]:
    answer = client.post(f"/v1/requests/{key}/evidence/move", json={"actor": "林晓", **body})
    assert answer.status_code == status, answer.text
    told: dict[str, Any] = answer.json()
    return told


def behind(client: TestClient, key: str) -> list[int]:
    pieces = client.get(f"/v1/requests/{key}/evidence").json()["items"]
    return sorted(piece["unit_id"] for piece in pieces)


def test_evidence_is_moved_and_comes_back(client: TestClient, units: list[int]) -> None:
    told = move(client, "REQ-1", unit_ids=units[:1], to="REQ-2", reason="说的是导出")
    assert (told["to"], told["request"]["evidence_count"]) == ("REQ-2", len(units) - 1)
    assert behind(client, "REQ-2") == units[:1]
    assert behind(client, "REQ-1") == sorted(units[1:])
    back = client.post("/v1/requests/REQ-1/evidence/move/undo", json={"actor": "林晓"})
    assert (back.status_code, back.json()["count"]) == (200, 1)
    assert (behind(client, "REQ-1"), behind(client, "REQ-2")) == (sorted(units), [])


def test_what_is_taken_out_leaves_its_topic(
    client: TestClient, units: list[int], stored: Database
) -> None:
    assert move(client, "REQ-1", unit_ids=units[:1])["to"] is None
    assert behind(client, "REQ-1") == sorted(units[1:])
    with stored.read() as session:
        unit = session.get(FeedbackUnit, units[0])
        assert unit is not None
        assert unit.topic_id is None
    shown = client.get("/v1/requests/REQ-1").json()
    assert "林晓" in str(shown["history"]) + str(shown["edits"])


def test_what_cannot_be_moved_is_said_and_nothing_changes(
    client: TestClient, units: list[int]
) -> None:
    assert "不是 REQ-2 的证据" in move(client, "REQ-2", unit_ids=units[:1], status=409)["detail"]
    move(client, "REQ-1", unit_ids=units[:1], to="REQ-1", status=409)
    move(client, "REQ-1", unit_ids=units[:1], to="REQ-99", status=404)
    move(client, "REQ-1", unit_ids=[], status=422)
    undone = client.post("/v1/requests/REQ-1/evidence/move/undo", json={"actor": "林晓"})
    assert undone.status_code == 409
    assert behind(client, "REQ-1") == sorted(units)
