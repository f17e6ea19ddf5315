"""A thin week destroys nothing: stray row, running week, empty week, late data."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from sqlmodel import Session, select

from feedback_nlp.config import load_config
from feedback_nlp.pipeline import tell_week
from feedback_nlp.report.as_json import to_payload
from feedback_nlp.report.data_notes import notes
from feedback_nlp.report.wording import period
from feedback_nlp.requests.sync import sync_requests
from feedback_nlp.store.tables import FeatureRequest
from feedback_nlp.store.volume import history_weeks
from feedback_nlp.week.records import WeeklyDigest
from feedback_nlp.weeks import Scope
from tests.week.six_weeks import NOW, PLAN, WEEK, ZONE, Builder, six_weeks

CONFIG = load_config()
MONDAY, SUNDAY = NOW, WEEK.shift(1).bounds(ZONE)[1] - timedelta(hours=2)
LATER = WEEK.shift(2).bounds(ZONE)[0] + timedelta(hours=9)


class Told(NamedTuple):
    """What a Monday shows and stores."""

    digest: WeeklyDigest
    priorities: dict[str, Any]


def tell(database: Any, now: datetime, week: str | None = None) -> Told:
    with database.write() as session:
        sync_requests(session, CONFIG.rank, zone=ZONE, now=now)
        stored = {
            row.key: (row.priority, row.priority_low, row.priority_high, row.priority_parts)
            for row in session.scalars(select(FeatureRequest))
        }
    with database.read() as session:
        return Told(tell_week(session, CONFIG, zone=ZONE, now=now, week=week), stored)


def without_notes(digest: WeeklyDigest) -> dict[str, Any]:
    """Return all that the page says, but for what it says about the data themselves."""
    payload = to_payload(digest)
    for about_data in ("later", "batches"):
        del payload[about_data]
    return payload


def stray_row(build: Builder) -> None:
    build.say("传照片又闪退", weeks_ago=-1, topic="上传照片闪退")


def stray_row_in_the_far_future(build: Builder) -> None:
    build.say("传照片又闪退", weeks_ago=-200, topic="上传照片闪退")


def running_week(build: Builder) -> None:
    for number in range(30):
        build.say("传照片又闪退", weeks_ago=-1, hours=number % 60, topic="上传照片闪退")


def pasted_into_the_running_week(build: Builder) -> None:
    for number in range(60):
        build.say("抵制", weeks_ago=-1, author=f"pusher{number % 3}", is_burst=True)


def late_rows(build: Builder) -> None:
    build.say("以前的一条", weeks_ago=300, intent="other")
    build.say("更早的一条", weeks_ago=7, intent="other")


@pytest.mark.parametrize(
    ("arrives", "now"),
    [
        (stray_row, MONDAY + timedelta(days=2)),
        (stray_row, LATER),
        (stray_row_in_the_far_future, MONDAY),
        (running_week, SUNDAY),
        (pasted_into_the_running_week, SUNDAY),
        (late_rows, MONDAY),
    ],
)
def test_list_and_stored_priorities_stay(
    new_database_url: Callable[[], str], arrives: Callable[[Builder], None], now: datetime
) -> None:
    with six_weeks(new_database_url()) as (database, build):
        before = tell(database, MONDAY)
        with database.write() as session:
            build.session = session
            arrives(build)
        after = tell(database, now)
    assert after.priorities == before.priorities
    if arrives is late_rows:  # they count, in their own weeks and in nothing else
        assert after.digest.history_weeks == before.digest.history_weeks
    assert without_notes(after.digest) == without_notes(before.digest)
    assert before.digest.topics
    assert {topic.name for topic in after.digest.topics} == set(PLAN) - {"登录收不到验证码"}


def test_an_empty_week_leaves_the_list_of_the_week_before(
    new_database_url: Callable[[], str],
) -> None:
    with six_weeks(new_database_url()) as (database, _):
        before, after = tell(database, MONDAY), tell(database, LATER + timedelta(weeks=1))
    assert after == before


def test_what_was_passed_over_is_told_and_can_be_seen(
    new_database_url: Callable[[], str],
) -> None:
    with six_weeks(new_database_url()) as (database, build):
        with database.write() as session:
            build.session = session
            stray_row(build)
        running, over = tell(database, MONDAY + timedelta(days=1)), tell(database, LATER)
        asked = tell(database, MONDAY + timedelta(days=1), week="2026-W48").digest
    assert notes(running.digest)[0] == (
        "第 48 周（11月23日–11月29日）还没有结束，目前 1 人，没有按它排；要看它，指定 2026-W48。"
    )
    assert "第 48 周（11月23日–11月29日）只有 1 人的反馈，太少" in notes(over.digest)[0]
    assert "未结束" not in period(running.digest)
    assert period(asked) == "2026 年第 48 周（11月23日–11月29日，未结束）"
    assert [topic.name for topic in asked.topics] == ["上传照片闪退"]


def test_a_full_week_that_is_over_is_the_list(new_database_url: Callable[[], str]) -> None:
    with six_weeks(new_database_url()) as (database, build):
        with database.write() as session:
            build.session = session
            running_week(build)
        before, after = tell(database, SUNDAY), tell(database, LATER)
    assert (before.digest.week, after.digest.week) == ("2026-W47", "2026-W48")
    assert after.priorities != before.priorities


def test_data_that_all_lie_in_the_future_are_told_all_the_same(
    new_database_url: Callable[[], str],
) -> None:
    with six_weeks(new_database_url()) as (database, _):
        digest = tell(database, datetime(2025, 1, 1, tzinfo=UTC)).digest
    assert (digest.week, digest.is_over) == ("2026-W47", False)


def test_an_old_row_makes_no_data_set_old(new_database_url: Callable[[], str]) -> None:
    with six_weeks(new_database_url()) as (database, build):

        def weeks(session: Session) -> int:
            return history_weeks(session, Scope(WEEK, ZONE), min_share=0.3)

        with database.write() as session:
            before = weeks(session)
            build.session = session
            late_rows(build)
            session.flush()
            assert weeks(session) == before == 5
