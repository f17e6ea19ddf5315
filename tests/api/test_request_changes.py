"""Requests made by hand, written about, and read with all that stands behind them."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import select
from starlette.testclient import TestClient

from feedback_api.services import Services
from feedback_nlp.requests.moving import create_request
from feedback_nlp.store import Database
from feedback_nlp.store.tables import Evidence, FeatureRequest, Feedback, FeedbackUnit
from tests.api.conftest import NOW

pytestmark = pytest.mark.usefixtures("requests")


@pytest.fixture
def requests(stored: Database) -> Database:
    """REQ-1 with a priority and two people behind it, REQ-2 with nothing."""
    with stored.write() as session:
        first = create_request(session, title="记账闪退", intent="bug", now=NOW, topic_id=1)
        first.priority, first.priority_low, first.priority_high = 60.0, 55.0, 65.0
        first.priority_parts, first.priority_week = {"severity": 0.8}, "2026-W47"
        create_request(session, title="导出表格", intent="feature", now=NOW)
        for unit in session.exec(select(FeedbackUnit).where(FeedbackUnit.topic_id == 1)).all():
            session.add(Evidence(request_id=first.id or 0, unit_id=unit.id or 0))
    return stored


def patch(client: TestClient, key: str = "REQ-1", version: int | None = None, **fields: Any) -> Any:
    headers = {} if version is None else {"If-Match": f'"{version}"'}
    return client.patch(f"/v1/requests/{key}", json={"actor": "林晓", **fields}, headers=headers)


def test_a_request_carries_what_stands_behind_it(client: TestClient) -> None:
    first, second = client.get("/v1/requests").json()["items"]
    assert (first["people_count"], first["post_count"], first["evidence_count"]) == (2, 2, 2)
    # 2 people × impact 0.8 × confidence 0.9 ÷ effort 0.5; 100 × 0.8 × 0.9 × ease 0.5
    assert (first["rice"], first["ice"]) == (2.9, 36.0)
    assert {quote["text"] for quote in first["quotes"]} == {"一点记账就闪退", "升级以后闪退三次了"}
    assert first["priority_week"] == "2026-W47"
    assert (second["people_count"], second["rice"], second["quotes"]) == (0, None, [])


def test_list_and_detail_agree(client: TestClient) -> None:
    for entry in client.get("/v1/requests").json()["items"]:
        detail = client.get(f"/v1/requests/{entry['key']}").json()
        assert {name: detail[name] for name in entry} == entry


def test_one_request_reads_its_evidence_once(client: TestClient) -> None:
    texts: list[str] = []
    services: Services = client.app.state.services  # type: ignore[attr-defined]
    with services.database.read() as session:
        engine = session.get_bind()

    def record(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        texts.append(statement)

    event.listen(engine, "before_cursor_execute", record)
    client.get("/v1/requests/REQ-1")
    event.remove(engine, "before_cursor_execute", record)
    reading = [text for text in texts if "feedback.text" in text]
    assert sum("request_id" in text for text in reading) == 1
    assert len(reading) <= 2  # and once the few that may be quoted, by their ids


def test_pages_of_evidence_join(client: TestClient) -> None:
    whole = client.get("/v1/requests/REQ-1").json()["evidence"]
    first = client.get("/v1/requests/REQ-1/evidence", params={"limit": 1})
    assert 'rel="next"' in first.headers["Link"]
    cursor = first.json()["next_cursor"]
    rest = client.get("/v1/requests/REQ-1/evidence", params={"cursor": cursor}).json()
    assert first.json()["items"] + rest["items"] == whole
    assert rest["next_cursor"] is None
    assert client.get("/v1/requests/REQ-2/evidence", params={"cursor": cursor}).status_code == 422
    assert client.get("/v1/requests/REQ-9/evidence").status_code == 404


def test_the_person_behind_a_quote_is_not_shown(client: TestClient) -> None:
    assert "person-" not in client.get("/v1/requests/REQ-1").text


def test_an_edit_is_answered_with_the_new_version(client: TestClient) -> None:
    tag = client.get("/v1/requests/REQ-1").headers["ETag"]
    assert tag == '"1"'
    edited = patch(client, version=1, owner="小王", effort=0.3, due="2026-12-31", title="闪退")
    assert edited.status_code == 200, edited.text
    assert edited.headers["ETag"] == '"2"'
    request = edited.json()["request"]
    assert (request["owner"], request["effort"], request["due"]) == ("小王", 0.3, "2026-12-31")
    assert (request["title"], request["version"]) == ("闪退", 2)
    (entry,) = client.get("/v1/requests/REQ-1").json()["edits"]
    assert entry["actor"] == "林晓"
    assert entry["detail"]["effort"] == [None, 0.3]


def test_an_edit_may_be_repeated_and_null_clears(client: TestClient) -> None:
    assert patch(client, owner="小王").json()["changed"]
    assert not patch(client, owner="小王").json()["changed"]
    assert patch(client, owner=None).json()["request"]["owner"] is None
    assert len(client.get("/v1/requests/REQ-1").json()["edits"]) == 2


def test_an_edit_of_an_older_version_says_who_was_faster(client: TestClient) -> None:
    patch(client, version=1, owner="小王")
    late = patch(client, version=1, owner="小李")
    assert late.status_code == 409
    body = late.json()
    assert "林晓在 2026-11-18 12:00:00 " in body["detail"]
    assert "GET /v1/requests/REQ-1" in body["detail"]
    assert body["facts"]["version"] == 2


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"effort": 1.5}, "/effort"),
        ({"effort": "0.5"}, "/effort"),
        ({"due": "明天"}, "/due"),
        ({"due": "2026-02-30"}, "/due"),
        ({"due": "2026-12-31T00:00:00"}, "/due"),
        ({"title": None}, "/title"),
        ({"title": ""}, "/title"),
        ({"priority": 100}, "/priority"),
        ({"owner": "长" * 101}, "/owner"),
    ],
)
def test_what_cannot_be_written_is_named(
    client: TestClient, fields: dict[str, Any], pointer: str
) -> None:
    response = patch(client, **fields)
    assert response.status_code == 422, response.text
    assert [entry["pointer"] for entry in response.json()["errors"]] == [pointer]


def test_an_edit_of_nothing_says_what_can_be_edited(client: TestClient) -> None:
    assert "strategic_weight" in patch(client).json()["detail"]
    assert patch(client, key="REQ-9", owner="小王").status_code == 404


@pytest.mark.parametrize("tag", ["1", 'W/"1"', '"x"', '"0"'])
def test_a_version_that_was_never_given_out_is_refused(client: TestClient, tag: str) -> None:
    response = client.patch(
        "/v1/requests/REQ-1", json={"actor": "林晓", "owner": "小王"}, headers={"If-Match": tag}
    )
    assert response.status_code == 422
    assert "ETag" in response.json()["detail"]


def test_any_version_will_do_for_a_star(client: TestClient) -> None:
    response = client.patch(
        "/v1/requests/REQ-1", json={"actor": "林晓", "owner": "小王"}, headers={"If-Match": "*"}
    )
    assert response.status_code == 200


def test_a_move_takes_the_version_too(client: TestClient) -> None:
    body = {"to": "planned", "actor": "林晓"}
    url, headers = "/v1/requests/REQ-1/transitions", {"If-Match": '"1"'}
    moved = client.post(url, json=body, headers=headers)
    assert (moved.status_code, moved.headers["ETag"]) == (200, '"2"')
    again = client.post(url, json=body, headers=headers)
    assert (again.status_code, again.json()["changed"]) == (200, False)
    other = client.post(url, json={"to": "triaged", "actor": "小王"}, headers=headers)
    assert other.status_code == 409


def test_a_request_made_by_hand(client: TestClient) -> None:
    wanted = {
        "title": "记账支持语音输入",
        "intent": "feature",
        "actor": "林晓",
        "product": "小岛记账",
        "topic_id": 2,
        "owner": "小王",
        "strategic_weight": 0.8,
        "due": "2026-12-31",
    }
    made = client.post("/v1/requests", json=wanted)
    assert made.status_code == 201, made.text
    assert made.headers["Location"] == "/v1/requests/REQ-3"
    assert made.headers["ETag"] == '"1"'
    request = made.json()
    assert {name: request[name] for name in wanted if name != "actor"} == {
        name: value for name, value in wanted.items() if name != "actor"
    }
    assert (request["created_by"], request["evidence_count"]) == ("林晓", 1)
    (event_,) = client.get("/v1/requests/REQ-3").json()["history"]
    assert (event_["to_status"], event_["actor"]) == ("new", "林晓")
    again = client.post("/v1/requests", json=wanted)
    assert (again.status_code, again.json()["key"]) == (200, "REQ-3")


@pytest.mark.parametrize(
    ("fields", "status"),
    [({"topic_id": 1}, 409), ({"topic_id": 99}, 404), ({"title": " "}, 422), ({"actor": " "}, 422)],
)
def test_a_request_that_cannot_be_made(
    client: TestClient, requests: Database, fields: dict[str, Any], status: int
) -> None:
    wanted = {"title": "闪退", "intent": "bug", "actor": "林晓", **fields}
    response = client.post("/v1/requests", json=wanted)
    assert response.status_code == status, response.text
    with requests.read() as session:
        assert len(session.exec(select(FeatureRequest)).all()) == 2


def test_bursts_are_evidence_but_not_people(client: TestClient, requests: Database) -> None:
    with requests.write() as session:
        pasted = session.exec(select(Feedback).where(Feedback.source_key == "fb-0")).one()
        pasted.is_burst = True
        session.add(pasted)
    request = client.get("/v1/requests/REQ-1").json()
    assert (request["people_count"], request["post_count"], request["evidence_count"]) == (1, 1, 2)


@pytest.mark.parametrize("said", ["\x00", "组\x00长", " ", "\x1d", "\u3000"])
def test_what_no_database_holds_or_says_nothing_is_refused(client: TestClient, said: str) -> None:
    for fields in ({"labels": ["相册", said]}, {"owner": said}, {"title": said}):
        answer = patch(client, **fields)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (
            422,
            "string_pattern_mismatch",
        ), answer.text
    blank = client.patch("/v1/requests/REQ-1", json={"actor": said, "owner": "周宁"})
    assert blank.status_code == 422, blank.text
    assert "不能只有空白" in blank.json()["errors"][0]["detail"]
