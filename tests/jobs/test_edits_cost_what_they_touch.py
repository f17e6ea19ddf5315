"""An edit counts anew what it touched, and leaves what counting everything anew would leave."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from sqlmodel import Session, col, select

from feedback_nlp.config import load_config
from feedback_nlp.editing import Edit, topic_edits
from feedback_nlp.jobs import alerts
from feedback_nlp.jobs.topic_edits import TopicDesk
from feedback_nlp.requests import priorities
from feedback_nlp.requests.estimating import edit_request
from feedback_nlp.requests.sync import sync_requests
from feedback_nlp.store import Database
from feedback_nlp.store.tables import AlertRow, Evidence, FeatureRequest, FeedbackUnit
from feedback_nlp.store.voices import request_voices
from tests.week.six_weeks import NOW, ZONE, six_weeks

CRASH, WISH, SLOW, LOGIN = "上传照片闪退", "希望有夜间模式", "同步很慢", "登录收不到验证码"
CONFIG = load_config()


class Desk(NamedTuple):
    database: Database
    ids: dict[str, int]

    def edit(self, act: Callable[[Session, Edit], Any]) -> None:
        with self.database.write() as session:
            TopicDesk(session, CONFIG, ZONE, Edit("林晓", NOW)).apply(act)

    def undo(self, topic: str) -> None:
        with self.database.write() as session:
            TopicDesk(session, CONFIG, ZONE, Edit("林晓", NOW)).undo(self.ids[topic])

    def units(self, topic: str, number: int) -> list[int]:
        with self.database.read() as session:
            return [
                unit or 0
                for unit in session.exec(
                    select(FeedbackUnit.id)
                    .where(col(FeedbackUnit.topic_id) == self.ids[topic])
                    .order_by(col(FeedbackUnit.id))
                    .limit(number)
                )
            ]

    def as_it_is_and_counted_anew(self) -> tuple[Any, Any]:
        with self.database.write() as session:
            is_now = _stored(session)
            sync_requests(session, CONFIG.rank, zone=ZONE, now=NOW)
            alerts.refresh_alerts(session, CONFIG, zone=ZONE, now=NOW)
            session.flush()
            return is_now, _stored(session)


def _stored(session: Session) -> Any:
    requests = session.exec(select(FeatureRequest).order_by(col(FeatureRequest.id))).all()
    return (
        [
            (
                *(one.key, one.title, one.status, one.topic_id, one.duplicate_of_key),
                *(one.priority, one.priority_low, one.priority_high, one.priority_parts),
                one.priority_week,
            )
            for one in requests
        ],
        sorted(
            (row.request_id, row.unit_id, row.added_by) for row in session.exec(select(Evidence))
        ),
        sorted(
            (row.topic_id, row.day, row.kind, row.last_day, row.people, row.p_value)
            for row in session.exec(select(AlertRow))
        ),
    )


@pytest.fixture
def desk(new_database_url: Callable[[], str]) -> Iterator[Desk]:
    with six_weeks(new_database_url()) as (database, build):
        with database.write() as session:
            sync_requests(session, CONFIG.rank, zone=ZONE, now=NOW)
            alerts.refresh_alerts(session, CONFIG, zone=ZONE, now=NOW)
        yield Desk(database, build.topics)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Of which requests, and of which topics, an edit reads what was said."""
    found: list[Any] = []
    voices, days = request_voices, alerts._of_topics

    def noted_voices(session: Any, scope: Any, *, horizon_weeks: int, only: Any = None) -> Any:
        found.append(("requests", only and set(only)))
        return voices(session, scope, horizon_weeks=horizon_weeks, only=only)

    def noted_days(session: Any, zone: Any, kept: Any, only: Any = None) -> Any:
        found.append(("topics", only and set(only)))
        return days(session, zone, kept, only=only)

    monkeypatch.setattr(priorities, "request_voices", noted_voices)
    monkeypatch.setattr(alerts, "_of_topics", noted_days)
    return found


def test_every_edit_leaves_what_counting_everything_anew_leaves(desk: Desk) -> None:
    ids = desk.ids
    three, four = desk.units(SLOW, 3), desk.units(CRASH, 4)
    steps: list[Callable[[], None]] = [
        lambda: desk.edit(lambda s, e: topic_edits.merge(s, ids[LOGIN], ids[SLOW], e)),
        lambda: desk.undo(LOGIN),
        lambda: desk.edit(lambda s, e: topic_edits.move_units(s, three, ids[WISH], e)),
        lambda: desk.edit(lambda s, e: topic_edits.split(s, ids[CRASH], four, "选图就退", e)),
        lambda: desk.edit(lambda s, e: topic_edits.set_muted(s, ids[CRASH], True, e)),
        lambda: desk.undo(CRASH),
        lambda: desk.undo(CRASH),
        lambda: desk.edit(lambda s, e: topic_edits.rename(s, ids[WISH], "深色模式", e)),
        lambda: desk.edit(lambda s, e: topic_edits.merge(s, ids[CRASH], ids[SLOW], e)),
        lambda: desk.edit(lambda s, e: topic_edits.take_out(s, three, e)),
        lambda: desk.undo(CRASH),
    ]
    for number, step in enumerate(steps):
        step()
        is_now, anew = desk.as_it_is_and_counted_anew()
        assert is_now == anew, number


def test_a_new_name_counts_nothing_and_a_merge_counts_two(desk: Desk, asked: list[Any]) -> None:
    desk.edit(lambda s, e: topic_edits.rename(s, desk.ids[CRASH], "传图就崩", e))
    assert asked == []
    desk.edit(lambda s, e: topic_edits.merge(s, desk.ids[LOGIN], desk.ids[SLOW], e))
    assert {what: len(which) for what, which in asked} == {"requests": 2, "topics": 2}


def test_an_estimate_scores_one_request(desk: Desk, asked: list[Any]) -> None:
    with desk.database.write() as session:
        values = {"effort": 0.0}
        edit_request(session, "REQ-1", values, actor="林晓", now=NOW, config=CONFIG.rank, zone=ZONE)
    assert [len(which) for _, which in asked] == [1]
    is_now, anew = desk.as_it_is_and_counted_anew()
    assert is_now == anew


def test_other_weights_or_an_analysis_under_way_score_everything(
    desk: Desk, asked: list[Any]
) -> None:
    ids = desk.ids
    heavier = CONFIG.rank.model_copy(update={"people_half_life_weeks": 1.0})
    with desk.database.write() as session:
        values = {"effort": 0.0}
        edit_request(session, "REQ-1", values, actor="林晓", now=NOW, config=heavier, zone=ZONE)
    assert asked == [("requests", None)]
    with desk.database.write() as session:
        priorities.BASIS.forget(session)
        alerts.DAYS.forget(session)
    asked.clear()
    desk.edit(lambda s, e: topic_edits.rename(s, ids[CRASH], "甲", e))
    desk.edit(lambda s, e: topic_edits.rename(s, ids[CRASH], "乙", e))  # nothing has settled yet
    assert asked == [("requests", None), ("topics", None)] * 2
