from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlmodel import col, select
from starlette.testclient import TestClient

from feedback_nlp.store import Database
from feedback_nlp.store.tables import Feedback, Topic

pytestmark = pytest.mark.usefixtures("stored")

ALL = [
    "界面很清爽，就是广告太多",
    "退款一直没到账",
    "希望能导出 Excel",
    "升级以后闪退三次了",
    "一点记账就闪退",
]


def texts(client: TestClient, **params: Any) -> list[str]:
    response = client.get("/v1/feedback", params=params)
    assert response.status_code == 200, response.text
    return [item["text"] for item in response.json()["items"]]


def test_feedback_comes_newest_first(client: TestClient) -> None:
    assert texts(client) == ALL


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"source": "官网"}, ALL),
        ({"source": "别处"}, []),
        ({"product": "小岛日历"}, ALL[:2]),
        (
            {"channel": "官网"},
            ALL,
        ),  # without a channel of its own, the source's name is the channel
        ({"sentiment": "mixed"}, ALL[:1]),
        ({"intent": "bug"}, ALL[3:]),
        ({"topic": 1}, ALL[3:]),
        ({"week": "2026-W47"}, ALL),
        ({"week": "2026-W46"}, []),
        ({"from": "2026-11-18T09:00:00+08:00"}, ALL[:3]),
        ({"from": "2026-11-18T09:00:00"}, ALL[:3]),  # no offset: the deployment's zone
        ({"to": "2026-11-18T09:00:00+08:00"}, ALL[3:]),
        ({"to": "2026-11-18"}, ALL),  # a day includes itself
        ({"to": "2026-11-17"}, []),
        ({"q": "闪退"}, ALL[3:]),
        ({"q": "閃退 記賬"}, ALL[4:]),
        ({"q": "excel", "product": "小岛记账"}, [ALL[2]]),
    ],
)
def test_filters(client: TestClient, params: dict[str, Any], expected: list[str]) -> None:
    assert texts(client, **params) == expected


def test_a_feedback_carries_its_units(client: TestClient) -> None:
    item = client.get("/v1/feedback", params={"q": "一点记账"}).json()["items"][0]
    assert item["source"] == "官网"
    assert item["kind"] == "in_app"
    unit = item["units"][0]
    assert item["text"][unit["start"] : unit["end"]] == unit["text"]
    assert (unit["intent"], unit["topic_name"]) == ("bug", "记账闪退")


def test_nothing_of_a_person_is_shown(client: TestClient) -> None:
    body = client.get("/v1/feedback").text
    assert "author" not in body
    assert "person" not in body


def test_pages_join_without_gaps_while_feedback_arrives(
    client: TestClient, stored: Database
) -> None:
    url: str | None = "/v1/feedback?limit=2&intent=bug&intent=bug"
    seen: list[str] = []
    pages = 0
    url = "/v1/feedback?limit=2"
    while url:
        response = client.get(url)
        page = response.json()
        seen += [item["text"] for item in page["items"]]
        pages += 1
        with stored.write() as session:  # newer feedback arrives between two pages
            first = session.exec(select(Feedback)).first()
            assert first is not None
            moment = first.occurred_at + timedelta(days=pages)
            session.add(
                Feedback(
                    source_id=first.source_id,
                    source_key=f"late-{pages}",
                    text="新来的",
                    occurred_at=moment,
                    ingested_at=moment,
                )
            )
        link = response.headers.get("Link", "")
        url = link.split(">")[0].lstrip("<") if link else None
        assert (page["next_cursor"] is None) == (url is None)
        if url:
            assert parse_qs(urlsplit(url).query)["cursor"] == [page["next_cursor"]]
    assert seen == ALL
    assert pages == 3


def test_equal_times_page_by_id(client: TestClient, stored: Database) -> None:
    with stored.write() as session:
        moment = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
        session.add_all(
            Feedback(
                source_id=1,
                source_key=f"same-{n}",
                text=f"同时 {n}",
                occurred_at=moment,
                ingested_at=moment,
                product="同时",
            )
            for n in range(5)
        )
    seen = []
    cursor: dict[str, str] = {}
    for _ in range(5):
        page = client.get("/v1/feedback", params={"limit": 1, "product": "同时", **cursor}).json()
        seen += [item["source_key"] for item in page["items"]]
        cursor = {"cursor": page["next_cursor"]}
    assert seen == ["same-4", "same-3", "same-2", "same-1", "same-0"]
    assert cursor == {"cursor": None}


def test_topics_are_listed_by_size(client: TestClient) -> None:
    items = client.get("/v1/topics").json()["items"]
    assert [(item["name"], item["feedback_count"], item["people_count"]) for item in items] == [
        ("记账闪退", 2, 2),
        ("导出表格", 1, 1),
    ]
    first = client.get("/v1/topics", params={"limit": 1}).json()
    second = client.get("/v1/topics", params={"limit": 1, "cursor": first["next_cursor"]}).json()
    assert [page["items"][0]["name"] for page in (first, second)] == ["记账闪退", "导出表格"]
    assert second["next_cursor"] is None


def test_a_name_from_a_language_model_is_marked(client: TestClient, stored: Database) -> None:
    with stored.write() as session:
        topic = session.exec(select(Topic).where(col(Topic.name) == "导出表格")).one()
        topic.named_by = "llm"
    items = client.get("/v1/topics").json()["items"]
    assert [item["named_by"] for item in items] == ["auto", "llm"]
    assert client.get(f"/v1/topics/{items[1]['id']}").json()["named_by"] == "llm"


def test_praise_is_listed_when_asked_for(client: TestClient, stored: Database) -> None:
    with stored.write() as session:
        session.add(Topic(name="界面清爽", kind="praise"))
    counts = {
        kind: len(client.get("/v1/topics", params={"kind": kind}).json()["items"])
        for kind in ("issue", "praise", "vent", "all")
    }
    assert counts == {"issue": 2, "praise": 1, "vent": 0, "all": 3}


def test_muted_topics_are_listed_when_asked_for(client: TestClient, stored: Database) -> None:
    with stored.write() as session:
        session.add(Topic(name="内测群的事", muted=True))
    assert len(client.get("/v1/topics").json()["items"]) == 2
    assert len(client.get("/v1/topics", params={"include_muted": True}).json()["items"]) == 3


def test_a_topic_of_another_week_is_not_listed(client: TestClient) -> None:
    assert client.get("/v1/topics", params={"week": "2026-W46"}).json()["items"] == []


def test_a_burst_does_not_lift_a_topic(client: TestClient, stored: Database) -> None:
    with stored.write() as session:
        for feedback in session.exec(select(Feedback).where(Feedback.intent == "bug")).all():
            feedback.is_burst = True
            session.add(feedback)
    items = client.get("/v1/topics").json()["items"]
    assert [item["name"] for item in items] == ["导出表格", "记账闪退"]


def test_a_topic_tells_its_life(client: TestClient) -> None:
    topic = client.get("/v1/topics/1").json()
    assert [event["kind"] for event in topic["history"]] == ["born", "renamed"]
    assert topic["history"][1]["summary"] == "改名：闪退 → 记账闪退"
    assert [quote["text"] for quote in topic["quotes"]] == ["一点记账就闪退"]
