"""People a day, of requests and of topics, over a stretch of days."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlmodel import Session, col

from feedback_nlp.labels import TopicKind, TopicState
from feedback_nlp.store.conditions import is_counted
from feedback_nlp.store.tables import Evidence, Feedback, FeedbackUnit, Topic


class Said(NamedTuple):
    """That a person said something about a subject on a day, with which version, if known."""

    subject: int
    day: date
    person: str
    version: str | None


def last_day(session: Session, zone: ZoneInfo, now: datetime) -> date | None:
    """Return the last day that is over and on or before the last feedback; ``None`` without."""
    last = session.scalar(select(func.max(col(Feedback.occurred_at))).where(is_counted()))
    if last is None:
        return None
    yesterday = now.astimezone(zone).date() - timedelta(days=1)
    return min(last.astimezone(zone).date(), yesterday)


def said_for_request(
    session: Session, request_id: int, first: date, last: date, zone: ZoneInfo
) -> Iterator[Said]:
    """Yield who spoke about a request: its evidence, from one day to another, both included."""
    statement = (
        select(col(Evidence.request_id), *_FIELDS)
        .select_from(Evidence)
        .join(FeedbackUnit, col(FeedbackUnit.id) == col(Evidence.unit_id))
        .where(col(Evidence.request_id) == request_id)
    )
    return _rows(session, statement, first, last, zone)


def said_for_topics(
    session: Session, first: date, last: date, zone: ZoneInfo, *, without: Collection[int]
) -> Iterator[Said]:
    """Yield who spoke about each living issue, but for some topics."""
    statement = (
        select(col(FeedbackUnit.topic_id), *_FIELDS)
        .select_from(FeedbackUnit)
        .join(Topic, col(Topic.id) == col(FeedbackUnit.topic_id))
        .where(
            col(Topic.kind) == TopicKind.ISSUE.value,
            col(Topic.state) == TopicState.ACTIVE.value,
            col(Topic.is_theme).is_(False),
            col(Topic.id).not_in(sorted(without)),
        )
    )
    return _rows(session, statement, first, last, zone)


_FIELDS = (col(Feedback.occurred_at), col(Feedback.person_key), col(Feedback.app_version))


def _rows(
    session: Session, statement: Any, first: date, last: date, zone: ZoneInfo
) -> Iterator[Said]:
    start = datetime.combine(first, time(), zone)
    end = datetime.combine(last + timedelta(days=1), time(), zone)
    statement = statement.join(Feedback, col(Feedback.id) == col(FeedbackUnit.feedback_id)).where(
        is_counted(),
        col(Feedback.person_key).is_not(None),
        col(Feedback.occurred_at) >= start,
        col(Feedback.occurred_at) < end,
    )
    for subject, moment, person, version in session.execute(statement):
        yield Said(subject, moment.astimezone(zone).date(), person, version)
