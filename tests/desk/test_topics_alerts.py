"""主题 and 预警: people's edits by plain forms, with a look before a merge and a way back."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import update
from sqlmodel import select
from starlette.testclient import TestClient

from feedback_nlp.store import Database
from feedback_nlp.store.tables import AlertRow, FeatureRequest, Feedback, FeedbackUnit, Topic
from tests.desk.conftest import NOW, Post, spike

pytestmark = pytest.mark.usefixtures("stored")


def topic_of(database: Database, topic_id: int) -> Topic:
    with database.read() as session:
        found = session.get(Topic, topic_id)
    assert found is not None
    return found


def test_a_topic_is_renamed_and_the_name_comes_back(post: Post, database: Database) -> None:
    before = topic_of(database, 1).name
    assert post("/topics/1/rename", name="付款时闪退").status_code == 303
    assert topic_of(database, 1).name == "付款时闪退"
    assert post("/topics/1/undo").status_code == 303
    assert topic_of(database, 1).name == before
    assert post("/topics/1/undo").status_code == 409


def test_a_merge_is_shown_before_it_is_done(
    client: TestClient, post: Post, database: Database
) -> None:
    shown = client.get("/topics/merge?topic=2&into=1").text
    assert "去重一共" in shown
    assert ">3 人</a>" in shown  # two and two, one of them in both
    assert topic_of(database, 2).state == "active"
    answer = post("/topics/2/merge", into="1", next="/topics/2")
    assert answer.headers["location"] == "/topics/1"
    assert topic_of(database, 2).state == "merged"
    assert "已并入" in client.get("/topics/2").text
    with database.read() as session:
        units = session.exec(select(FeedbackUnit).where(FeedbackUnit.topic_id == 1)).all()
        assert len(units) == 4
        open_requests = session.exec(
            select(FeatureRequest).where(FeatureRequest.status != "duplicate")
        ).all()
        assert len(open_requests) == 1


def test_a_topic_cannot_be_merged_into_itself_or_nothing(client: TestClient) -> None:
    for into in ("1", "", "x"):
        assert client.get(f"/topics/merge?topic=1&into={into}").status_code == 422


def test_several_are_merged_into_one_and_all_come_back(
    client: TestClient, post: Post, database: Database
) -> None:
    with database.write() as session:
        session.add(Topic(name="闪退三次"))
    shown = post("/topics/merge/preview", topic=["2", "3", "1"], into="1").text
    assert "3 → 1" in shown
    assert post("/topics/merge", topic=["2", "3"], into="1").status_code == 303
    assert [topic_of(database, id_).state for id_ in (2, 3)] == ["merged", "merged"]
    assert "2 个并入了" in client.get("/topics/1").text
    assert post("/topics/undo", topics="3,2").status_code == 303
    assert [topic_of(database, id_).state for id_ in (2, 3)] == ["active", "active"]
    assert post("/topics/merge", topic=["1"], into="1").status_code == 422


def test_topics_are_put_into_a_group_and_out_again(
    client: TestClient, post: Post, database: Database
) -> None:
    with database.write() as session:
        session.add(Topic(name="稳定性", is_theme=True))
    assert post("/topics/nest", topic=["1", "2"], under="3").status_code == 303
    assert [topic_of(database, id_).parent_id for id_ in (1, 2)] == [3, 3]
    assert 'data-theme="3"' in client.get("/topics").text
    assert post("/topics/1/nest", under="").status_code == 303
    assert topic_of(database, 1).parent_id is None
    assert post("/topics/undo", topics="1,2").status_code == 303
    assert [topic_of(database, id_).parent_id for id_ in (1, 2)] == [3, None]
    assert post("/topics/nest", under="3").status_code == 422


def test_ticked_quotes_become_a_topic(post: Post, database: Database) -> None:
    answer = post("/topics/1/split", unit=["2"], name="升级后闪退")
    assert answer.headers["location"] == "/topics/3"
    assert topic_of(database, 3).name == "升级后闪退"
    assert post("/topics/1/split", unit=["5"], name="别处的").status_code == 409


def test_pin_and_mute(post: Post, database: Database) -> None:
    post("/topics/1/pin")
    post("/topics/1/mute")
    assert (topic_of(database, 1).pinned, topic_of(database, 1).muted) == (True, True)
    post("/topics/1/unmute")
    assert not topic_of(database, 1).muted
    assert post("/topics/1/explode").status_code == 422


def test_an_alert_is_marked_and_marked_anew(
    client: TestClient, post: Post, database: Database
) -> None:
    with database.write() as session:
        session.add(
            AlertRow(
                topic_id=1, kind="new", day="2026-11-20", last_day="2026-11-21", people=2,
                expected=0.1, days=2, p_value=0.01, created_at=NOW,
            )
        )  # fmt: skip
    assert 'data-n="1" href="/alerts?of=alerts&amp;marked=open"' in client.get("/alerts").text
    for word, is_useful in (("no", False), ("yes", True)):
        assert post("/alerts/1", useful=word).status_code == 303
        with database.read() as session:
            row = session.get(AlertRow, 1)
            assert row is not None
            assert (row.is_useful, row.marked_by) == (is_useful, "林晓")
    assert "标过的里有用的占 100%" in client.get("/alerts").text
    shown = client.get("/alerts?marked=useful").text
    assert 'data-count="alerts" data-value="1"' in shown
    assert 'data-count="alerts" data-value="0"' in client.get("/alerts?marked=open").text
    assert post("/alerts/1", useful="perhaps").status_code == 422
    assert post("/alerts/9", useful="yes").status_code == 404


def test_a_group_is_not_listed_among_its_topics(client: TestClient, stored: Database) -> None:
    with stored.write() as session:
        session.add(Topic(name="收银台", is_theme=True))
    assert "勾选 收银台" not in client.get("/topics").text
    merging = client.get("/topics/1").text.split('name="into"')[1].split("</select>")[0]
    assert "收银台" not in merging


def test_where_nobody_has_a_name_pieces_are_not_called_people(
    client: TestClient, database: Database
) -> None:
    with database.write() as session:
        session.execute(update(Feedback).values(author_key=None))
        session.add(spike(people=5))
    for address in ("/topics", "/requests", "/requests?view=board", "/alerts"):
        page = client.get(address).text
        assert not re.search(r"\d 人|人数<", page.split('<details class="sheet weights"')[0])
        assert "人数</th>" not in page
        assert 'data-unit="人"' not in page
        assert re.search(r"\d 条(反馈说到)?<|条数<|条</a>", page), address
    for address in ("/topics/1", "/requests/REQ-1", "/feedback?of=people"):
        assert "条，去掉雷同" in client.get(address).text
    assert "最突出的 2 天 5 条，平时这么多天约 0.4 条" in client.get("/alerts").text


def test_an_alert_says_over_how_many_days_it_counts(client: TestClient, database: Database) -> None:
    with database.write() as session:
        session.add(spike(people=5))
    assert "最突出的 2 天 5 人次，平时这么多天约 0.4 人次" in client.get("/alerts").text
