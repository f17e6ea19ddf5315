"""Evidence for the ranking, and where weeks begin and end."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, case, func, select
from sqlmodel import Session, col

from feedback_nlp.records import Voice
from feedback_nlp.special_days import usual_volume
from feedback_nlp.store.conditions import CHANNEL
from feedback_nlp.store.tables import Evidence, Feedback, FeedbackUnit, Source
from feedback_nlp.weeks import Month, Period, Week

_MIN_EXPOSURE = 0.01
_LATE_START = 0.25

_FIELDS = (
    col(Feedback.person_key),
    col(Feedback.occurred_at),
    col(FeedbackUnit.intent),
    col(FeedbackUnit.sentiment_score),
    col(Feedback.signals),
    CHANNEL,
    col(Feedback.app_version),
    col(Feedback.region),
    col(Feedback.segment),
    col(Feedback.is_burst),
)


def latest_moment(session: Session) -> datetime | None:
    """Return when the last feedback was given, or ``None`` without any."""
    return _extreme(session, func.max, None)


def latest_week(session: Session, zone: ZoneInfo, product: str | None = None) -> Week | None:
    """Return the last week with feedback, or ``None`` without any."""
    moment = _extreme(session, func.max, product)
    return None if moment is None else Week.of(moment, zone)


def history_weeks(
    session: Session, week: Period, zone: ZoneInfo, product: str | None = None
) -> int:
    """Return how many weeks of data lie before ``week``; 0 if it is the first.

    A first week that the data only join late is not counted: beside it everything would
    seem to rise.
    """
    moment = _extreme(session, func.min, product)
    if moment is None:
        return 0
    weeks = periods_between(week, moment, zone)
    start, end = week.shift(-weeks).bounds(zone)
    joined_late = (moment - start) / (end - start) > _LATE_START
    return max(0, weeks - joined_late)


def periods_between(period: Period, moment: datetime, zone: ZoneInfo) -> int:
    """Return how many weeks (or months) before ``period`` a moment lies."""
    if isinstance(period, Month):
        return period.since(Month.of(moment, zone))
    return period.since(Week.of(moment, zone))


def exposure(
    session: Session,
    week: Period,
    zone: ZoneInfo,
    *,
    usual_weeks: int,
    product: str | None = None,
) -> float:
    """Return the people of ``week`` against the median of the weeks before it.

    A quiet or unfinished week explains smaller numbers. A loud week is news, so the figure
    is above 1 only as far as the calendar lets expect it: a shopping festival after ordinary
    weeks. 1 without history; never 0.
    """
    usual_weeks = min(usual_weeks, history_weeks(session, week, zone, product))
    if usual_weeks == 0:
        return 1.0
    starts = week_starts(week, zone, usual_weeks + 1)
    back = weeks_ago(starts)
    statement = (
        select(back, func.count(func.distinct(col(Feedback.person_key))))
        .where(
            col(Feedback.occurred_at) >= starts[-1],
            col(Feedback.occurred_at) < week.bounds(zone)[1],
            col(Feedback.is_spam).is_(False),
            col(Feedback.is_burst).is_(False),
        )
        .group_by(back)
    )
    if product is not None:
        statement = statement.where(col(Feedback.product) == product)
    people = dict.fromkeys(range(usual_weeks + 1), 0)
    people.update((row[0], row[1]) for row in session.execute(statement))
    usual = median(people[weeks] for weeks in range(1, usual_weeks + 1))
    expected = max(1.0, _calendar_ratio(week, zone, usual_weeks))
    return min(expected, max(people[0] / usual, _MIN_EXPOSURE)) if usual else 1.0


def _calendar_ratio(week: Period, zone: ZoneInfo, usual_weeks: int) -> float:
    """Return the usual volume of the week's days against the median of the weeks before."""

    def volume(period: Period) -> float:
        start, end = (moment.astimezone(zone).date() for moment in period.bounds(zone))
        return usual_volume(start, end - timedelta(days=1))

    return volume(week) / median(volume(week.shift(-back)) for back in range(1, usual_weeks + 1))


def week_starts(week: Period, zone: ZoneInfo, count: int) -> list[datetime]:
    """Return the starts of ``count`` weeks in UTC, ``week`` first, going back."""
    return [week.shift(-back).bounds(zone)[0] for back in range(count)]


def weeks_ago(starts: Sequence[datetime]) -> ColumnElement[int]:
    """Return SQL for "weeks before the first of ``starts``"; rows must lie in their range."""
    moment = col(Feedback.occurred_at)
    return case(*((moment >= start, back) for back, start in enumerate(starts)), else_=len(starts))


def topic_voices(
    session: Session,
    topic_ids: Iterable[int],
    week: Period,
    zone: ZoneInfo,
    *,
    horizon_weeks: int,
    product: str | None = None,
) -> list[Voice]:
    """Return what was said about each topic, up to the end of ``week``."""
    wanted = set(topic_ids)
    statement = (
        select(col(FeedbackUnit.topic_id), *_FIELDS)
        .select_from(FeedbackUnit)
        .where(col(FeedbackUnit.topic_id).is_not(None))
    )
    if product is not None:
        statement = statement.where(col(Feedback.product) == product)
    rows = _run(session, statement, week_starts(week, zone, horizon_weeks), week.bounds(zone)[1])
    return [voice for voice in rows if voice.subject_id in wanted]


def request_voices(
    session: Session, week: Period, zone: ZoneInfo, *, horizon_weeks: int
) -> list[Voice]:
    """Return the evidence of every request, up to the end of ``week``."""
    statement = (
        select(col(Evidence.request_id), *_FIELDS)
        .select_from(FeedbackUnit)
        .join(Evidence, col(Evidence.unit_id) == col(FeedbackUnit.id))
    )
    return _run(session, statement, week_starts(week, zone, horizon_weeks), week.bounds(zone)[1])


def _run(
    session: Session, statement: Any, starts: Sequence[datetime], end: datetime
) -> list[Voice]:
    statement = (
        statement.join(Feedback, col(Feedback.id) == col(FeedbackUnit.feedback_id))
        .join(Source, col(Source.id) == col(Feedback.source_id))
        .where(
            col(Feedback.occurred_at) >= starts[-1],
            col(Feedback.occurred_at) < end,
            col(Feedback.is_spam).is_(False),
            col(Feedback.person_key).is_not(None),
        )
        .order_by(col(FeedbackUnit.id))
    )
    oldest_first = starts[::-1]
    return [
        Voice(
            subject_id=subject_id,
            person_key=person,
            weeks_ago=len(starts) - bisect_right(oldest_first, moment),
            intent=intent,
            sentiment_score=score,
            signals=tuple(signals),
            channel=channel,
            app_version=version,
            region=region,
            segment=segment,
            is_burst=is_burst,
        )
        for (
            subject_id,
            person,
            moment,
            intent,
            score,
            signals,
            channel,
            version,
            region,
            segment,
            is_burst,
        ) in session.execute(statement)
    ]


def _extreme(session: Session, function: Any, product: str | None) -> datetime | None:
    statement = select(function(col(Feedback.occurred_at)))
    if product is not None:
        statement = statement.where(col(Feedback.product) == product)
    return session.scalar(statement)
