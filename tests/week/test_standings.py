"""A digest from kept figures is the digest from the rows, whatever happened in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import delete, func, update
from sqlmodel import col, select

from feedback_nlp.config import load_config
from feedback_nlp.report.as_json import render_json
from feedback_nlp.requests.sync import sync_requests
from feedback_nlp.store import Database, rollup, standings
from feedback_nlp.store.erasing import erase_feedback
from feedback_nlp.store.rollup_tables import WeekStanding
from feedback_nlp.store.tables import FeatureRequest, Feedback, FeedbackUnit, Topic
from feedback_nlp.week.figures import weekly
from feedback_nlp.weeks import Scope, parse_period
from tests.week.six_weeks import NOW, WEEK, ZONE, six_weeks

CONFIG = load_config()


@pytest.fixture
def stored(new_database_url: Callable[[], str]) -> Iterator[Database]:
    with six_weeks(new_database_url()) as (database, _build):
        with database.write() as session:
            sync_requests(session, CONFIG.rank, zone=ZONE, now=NOW)
        rollup.refresh(database)
        yield database


def tell(database: Database, week: str = str(WEEK), *, keep: bool = True) -> tuple[str, int]:
    """Return the digest as JSON, and how many figures it had to compute."""
    with database.read() as session:
        scope = Scope(parse_period(week), ZONE)
        digest = weekly(session, scope, rank_config=CONFIG.rank, report_config=CONFIG.report)
    fresh = len(session.info.get("standings", []))
    if keep:
        standings.keep(database, session)
    return render_json(digest), fresh


def from_the_rows(database: Database, week: str = str(WEEK)) -> str:
    """Return the digest of a store that has kept nothing."""
    with database.write() as session:
        session.execute(delete(WeekStanding))
    return tell(database, week, keep=False)[0]


def test_the_second_digest_computes_nothing_of_the_past(stored: Database) -> None:
    first, fresh = tell(stored)
    assert fresh > 5
    assert tell(stored) == (first, 0)
    rollup.refresh(stored)
    assert tell(stored)[0] == first
    assert from_the_rows(stored) == first


def test_a_month_and_another_week_have_their_own(stored: Database) -> None:
    for week in (str(WEEK), str(WEEK.shift(-1)), "2026-11"):
        first, fresh = tell(stored, week)
        assert fresh
        assert tell(stored, week) == (first, 0)
        assert from_the_rows(stored, week) == first


def test_what_is_said_later_leaves_the_past_alone(stored: Database) -> None:
    first, _ = tell(stored)
    end = Scope(WEEK, ZONE).end
    with stored.write() as session:
        old = session.exec(select(Feedback).limit(1)).one()
        topic = session.exec(select(Topic.id).limit(1)).one()
        later = Feedback(
            source_id=old.source_id, source_key="later", text="又慢了", occurred_at=end,
            ingested_at=end, person_key="someone", analyzed_run_id=old.analyzed_run_id,
        )  # fmt: skip
        session.add(later)
        session.flush()
        session.add(
            FeedbackUnit(
                feedback_id=later.id or 0, position=0, start=0, end=3, sentiment="neg",
                sentiment_score=-1, sentiment_confidence=1, intent="bug", intent_confidence=1,
                topic_id=topic,
            )
        )  # fmt: skip
    assert tell(stored) == (first, 0)


@pytest.mark.parametrize("is_refreshed", [False, True])
def test_every_change_of_the_past_is_seen(stored: Database, is_refreshed: bool) -> None:
    quiet = {"synchronize_session": False}

    def move(session):
        some = select(col(FeedbackUnit.id)).where(col(FeedbackUnit.topic_id) == 1).limit(2)
        ids = list(session.scalars(some))
        session.execute(
            update(FeedbackUnit).where(col(FeedbackUnit.id).in_(ids)).values(topic_id=2)
            .execution_options(**quiet)
        )  # fmt: skip

    def burst(session):
        ids = list(session.scalars(select(col(Feedback.id)).limit(5)))
        session.execute(
            update(Feedback).where(col(Feedback.id).in_(ids)).values(is_burst=True)
            .execution_options(**quiet)
        )  # fmt: skip

    def erase(session):
        latest = select(col(Feedback.id)).order_by(col(Feedback.occurred_at).desc()).limit(3)
        erase_feedback(session, list(session.scalars(latest)))

    def weigh(session):
        session.execute(
            update(FeatureRequest).values(strategic_weight=0.9).execution_options(**quiet)
        )

    seen = {tell(stored)[0]}
    for change in (move, burst, erase, weigh):
        with stored.write() as session:
            change(session)
        if is_refreshed:
            rollup.refresh(stored)
        now, fresh = tell(stored)
        assert fresh or change is erase, change.__name__
        assert now not in seen, change.__name__
        seen.add(now)
        assert tell(stored)[0] == now
        assert from_the_rows(stored) == now, change.__name__
        tell(stored)


def test_figures_of_a_past_that_changed_meanwhile_are_not_kept(stored: Database) -> None:
    with stored.read() as session:
        scope = Scope(WEEK, ZONE)
        weekly(session, scope, rank_config=CONFIG.rank, report_config=CONFIG.report)
    with stored.write() as writing:
        writing.execute(update(Feedback).values(person_key="everybody"))
    rollup.refresh(stored)
    assert standings.keep(stored, session) == 0
    with stored.read() as session:
        assert session.scalar(select(func.count()).select_from(WeekStanding)) == 0
