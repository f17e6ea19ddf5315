"""The views say what the tables say, and hold no person."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from alembic import command
from sqlalchemy import inspect, text

from feedback_nlp.config import load_config
from feedback_nlp.requests.sync import sync_requests
from feedback_nlp.store import Database
from feedback_nlp.store.database import _alembic_config
from feedback_nlp.week.figures import weekly
from feedback_nlp.weeks import Scope
from tests.week.six_weeks import NOW, WEEK, ZONE, six_weeks

CONFIG = load_config()


@pytest.fixture(scope="module")
def stored(new_database_url: Callable[[], str]) -> Iterator[Database]:
    with six_weeks(new_database_url()) as (database, _build):
        with database.write() as session:
            sync_requests(session, CONFIG.rank, zone=ZONE, now=NOW)
        yield database


def rows(database: Database, query: str) -> list[tuple[object, ...]]:
    with database.read() as session:
        return [tuple(row) for row in session.execute(text(query))]


def test_a_topics_week_is_the_digests(stored: Database) -> None:
    with stored.read() as session:
        digest = weekly(
            session, Scope(WEEK, ZONE), rank_config=CONFIG.rank, report_config=CONFIG.report
        )
    start = Scope(WEEK, ZONE).start.astimezone(ZONE).date()
    found = {
        topic: (people, feedback)
        for topic, week, people, feedback in rows(
            stored, "SELECT topic_id, week, people, feedback FROM v_topic_weekly"
        )
        if str(week) == str(start)
    }
    assert digest.topics
    for topic in digest.topics:
        assert found[topic.topic_id] == (topic.people.value, topic.feedback.value)


def test_every_feedback_and_request_is_there_once(stored: Database) -> None:
    for view, table in (("v_feedback", "feedback"), ("v_request_status", "request")):
        counts = [rows(stored, f"SELECT count(*) FROM {name}") for name in (view, table)]
        assert counts[0] == counts[1]
        assert counts[0][0][0]


def test_no_view_holds_a_person(stored: Database) -> None:
    with stored.read() as session:
        look = inspect(session.connection())
        names = {name for name in look.get_view_names() if name.startswith("v_")}
        assert names == {"v_feedback", "v_topic_weekly", "v_request_status"}
        columns = {one["name"] for name in names for one in look.get_columns(name)}
    assert not {"author_key", "person_key", "source_key", "thread_key", "meta"} & columns


def test_views_come_back_after_an_upgrade(database: Database) -> None:
    config = _alembic_config()
    with database.write() as session:
        config.attributes["connection"] = session.connection()
        command.downgrade(config, "20261126_batch_notes")
        assert inspect(session.connection()).get_view_names() == []
    database.migrate()
    assert rows(database, "SELECT count(*) FROM v_feedback") == [(0,)]
