"""Alerts and themes over the API: the rows of the store, and no unknown parameter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest
from starlette.testclient import TestClient

from feedback_api import create_app
from feedback_nlp.settings import Settings
from feedback_nlp.store.tables import AlertRow, Topic
from tests.week.six_weeks import NOW, six_weeks

CRASH, SLOW = "上传照片闪退", "同步很慢"


class Office(NamedTuple):
    client: TestClient
    ids: dict[str, int]


@pytest.fixture
def office(new_database_url: Callable[[], str]) -> Iterator[Office]:
    """Two alerts; the crash and the slow sync under one theme."""
    url = new_database_url()
    with six_weeks(url) as (database, build):
        ids = build.topics
        with database.write() as session:
            for name, day in ((CRASH, "2026-11-18"), (SLOW, "2026-10-20")):
                session.add(
                    AlertRow(
                        topic_id=ids[name],
                        kind="spike",
                        day=day,
                        last_day=day,
                        people=12,
                        expected=1.5,
                        days=1,
                        p_value=0.00001,
                        created_at=NOW,
                    )
                )
            theme = Topic(name="稳定性", is_theme=True)
            empty = Topic(name="没有主题", is_theme=True)
            session.add_all([theme, empty])
            session.flush()
            for name in (CRASH, SLOW):
                session.get_one(Topic, ids[name]).parent_id = theme.id
        settings = Settings(database_url=url, secret="测试用的密钥")
        with TestClient(create_app(settings, now=lambda: NOW)) as client:
            yield Office(client, ids)


def test_alerts_come_latest_first_with_the_name_of_their_topic(office: Office) -> None:
    body = office.client.get("/v1/alerts").json()
    assert [item["topic_name"] for item in body["items"]] == [CRASH, SLOW]
    assert body["total"] == 2
    assert body["items"][0]["people"] == 12
    assert body["items"][0]["is_useful"] is None


def test_alerts_since_a_day_and_no_more_than_asked(office: Office) -> None:
    since = office.client.get("/v1/alerts", params={"since": "2026-11-01"}).json()
    assert [item["topic_id"] for item in since["items"]] == [office.ids[CRASH]]
    short = office.client.get("/v1/alerts", params={"limit": 1}).json()
    assert (len(short["items"]), short["total"]) == (1, 2)


def test_a_theme_has_its_living_topics(office: Office) -> None:
    (theme,) = office.client.get("/v1/themes").json()["items"]
    assert theme["name"] == "稳定性"
    assert set(theme["topic_ids"]) == {office.ids[CRASH], office.ids[SLOW]}
    assert theme["unit_count"] > 0


@pytest.mark.parametrize("path", ["/v1/alerts", "/v1/themes"])
def test_an_unknown_parameter_is_refused(office: Office, path: str) -> None:
    answer = office.client.get(path, params={"sort": "rice"})
    assert answer.status_code == 422
    assert "sort" in answer.text
