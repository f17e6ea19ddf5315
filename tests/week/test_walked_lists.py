"""A list that is found by going back in time has the rows that sorting finds."""

from __future__ import annotations

from typing import Any

import pytest
from sqlmodel import col, select

from feedback_nlp.config import load_config
from feedback_nlp.labels import Measure
from feedback_nlp.requests.sync import sync_requests
from feedback_nlp.store import Database, search
from feedback_nlp.store.queries import FeedbackPosition
from feedback_nlp.store.tables import FeatureRequest, Feedback, Topic
from feedback_nlp.store.topic_reading import newest_units
from feedback_nlp.week.counting import count, walked
from feedback_nlp.week.listing import matching_units, rows_behind
from tests.week.six_weeks import NOW, ZONE, six_weeks

CONFIG = load_config()


@pytest.fixture(scope="module")
def filled(new_database_url):
    with six_weeks(new_database_url()) as (database, _build):
        with database.write() as session:
            sync_requests(session, CONFIG.rank, zone=ZONE, now=NOW)
            said = session.execute(select(col(Feedback.id), col(Feedback.text))).all()
            search.index_feedback(session, [(id_ or 0, text) for id_, text in said])
        yield database


def ids(database: Database, where: dict[str, Any]) -> list[int]:
    """All pages of ten, one after the other."""
    found: list[int] = []
    after = None
    with database.read() as session:
        while page := rows_behind(session, Measure.PEOPLE, where, ZONE, limit=10, after=after):
            found += [row.feedback.id or 0 for row in page]
            after = FeedbackPosition(page[-1].feedback.occurred_at, page[-1].feedback.id or 0)
    return found


@pytest.mark.parametrize(
    "where",
    [
        {"topic_id": 3, "counted": True},
        {"topics": "1,2", "counted": True, "vent": False},
        {"request": "REQ-1", "counted": True},
        {"request": "REQ-1", "unit_sentiment": "neg"},
        {"problem": True, "unassigned": False},
        {"problem": False},
        {"topic_id": 3, "source": "应用商店", "until_week": "2026-W46"},
        {"q": "同步"},
        {"q": "同步", "topic_id": 3, "counted": True},
        {"q": "没有的词", "topic_id": 3},
        {"counted": True, "rated": True},
        {},
    ],
)
def test_both_ways_find_the_same(
    filled: Database, where: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    sorted_ = ids(filled, where)
    monkeypatch.setattr(search, "_COMMON", 1)
    with filled.read() as session:
        assert walked(session, where, ZONE) is not None or not sorted_
        assert count(session, Measure.FEEDBACK, where, ZONE) == len(sorted_)
        some = sorted_[:40]
        meant = matching_units(session, where, ZONE, some)
    assert ids(filled, where) == sorted_
    if "topic_id" in where or "request" in where:
        assert len(meant) >= len(some)


def test_a_stretch_of_time_is_read_as_it_is(filled: Database) -> None:
    with filled.read() as session:
        assert walked(session, {"topic_id": 3, "week": "2026-W46"}, ZONE) is None
        assert walked(session, {"topic_id": 3}, ZONE) is None, "few enough to sort"


def test_the_newest_units_of_a_topic(filled: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with filled.read() as session:
        topics = [id_ or 0 for id_ in session.scalars(select(col(Topic.id)))]
        sorted_ = [newest_units(session, id_, 15) for id_ in topics]
        monkeypatch.setattr(search, "_COMMON", 1)
        assert [newest_units(session, id_, 15) for id_ in topics] == sorted_
        assert max(map(len, sorted_)) == 15
        assert session.scalar(select(col(FeatureRequest.id)).limit(1))
