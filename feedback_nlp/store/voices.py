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
from feedback_nlp.store.conditions import CHANNEL, is_counted, of_product
from feedback_nlp.store.tables import Evidence, Feedback, FeedbackUnit, Source
from feedback_nlp.weeks import Scope, Week

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


def history_weeks(session: Session, scope: Scope) -> int:
    """Return how many weeks of data lie before a week; 0 if it is the first.

    A first week that the data only join late is not counted: beside it everything would
    seem to rise.
    """
    moment = _extreme(session, func.min, scope.product)
    if moment is None:
        return 0
    weeks = scope.since(moment)
    first = scope.shift(-weeks)
    joined_late = (moment - first.start) / (first.end - first.start) > _LATE_START
    return max(0, weeks - joined_late)


def exposure(session: Session, scope: Scope, *, usual_weeks: int) -> float:
    """Return the people of a week against the median of the weeks before it.

    A quiet or unfinished week explains smaller numbers. A loud week is news, so the figure
    is above 1 only as far as the calendar lets expect it: a shopping festival after ordinary
    weeks. 1 without history; never 0.
    """
    usual_weeks = min(usual_weeks, history_weeks(session, scope))
    if usual_weeks == 0:
        return 1.0
    starts = scope.starts(usual_weeks + 1)
    back = weeks_ago(starts)
    statement = (
        select(back, func.count(func.distinct(col(Feedback.person_key))))
        .where(
            col(Feedback.occurred_at) >= starts[-1],
            col(Feedback.occurred_at) < scope.end,
            is_counted(),
            *of_product(scope.product),
        )
        .group_by(back)
    )
    people = dict.fromkeys(range(usual_weeks + 1), 0)
    people.update((row[0], row[1]) for row in session.execute(statement))
    usual = median(people[weeks] for weeks in range(1, usual_weeks + 1))
    expected = max(1.0, _calendar_ratio(scope, usual_weeks))
    return min(expected, max(people[0] / usual, _MIN_EXPOSURE)) if usual else 1.0


def _calendar_ratio(scope: Scope, usual_weeks: int) -> float:
    """Return the usual volume of the week's days against the median of the weeks before."""

    def volume(of: Scope) -> float:
        start, end = (moment.astimezone(of.zone).date() for moment in (of.start, of.end))
        return usual_volume(start, end - timedelta(days=1))

    return volume(scope) / median(volume(scope.shift(-back)) for back in range(1, usual_weeks + 1))


def weeks_ago(starts: Sequence[datetime]) -> ColumnElement[int]:
    """Return SQL for "weeks before the first of ``starts``"; rows must lie in their range."""
    moment = col(Feedback.occurred_at)
    return case(*((moment >= start, back) for back, start in enumerate(starts)), else_=len(starts))


def topic_voices(
    session: Session, topic_ids: Iterable[int], scope: Scope, *, horizon_weeks: int
) -> list[Voice]:
    """Return what was said about each topic, up to the end of a week."""
    wanted = set(topic_ids)
    statement = (
        select(col(FeedbackUnit.topic_id), *_FIELDS)
        .select_from(FeedbackUnit)
        .where(col(FeedbackUnit.topic_id).is_not(None))
    )
    rows = _run(session, statement, scope, horizon_weeks)
    return [voice for voice in rows if voice.subject_id in wanted]


def request_voices(session: Session, scope: Scope, *, horizon_weeks: int) -> list[Voice]:
    """Return the evidence of every request, up to the end of a week."""
    statement = (
        select(col(Evidence.request_id), *_FIELDS)
        .select_from(FeedbackUnit)
        .join(Evidence, col(Evidence.unit_id) == col(FeedbackUnit.id))
    )
    return _run(session, statement, scope, horizon_weeks)


def _run(session: Session, statement: Any, scope: Scope, horizon_weeks: int) -> list[Voice]:
    starts = scope.starts(horizon_weeks)
    statement = (
        statement.join(Feedback, col(Feedback.id) == col(FeedbackUnit.feedback_id))
        .join(Source, col(Source.id) == col(Feedback.source_id))
        .where(
            col(Feedback.occurred_at) >= starts[-1],
            col(Feedback.occurred_at) < scope.end,
            col(Feedback.is_spam).is_(False),
            col(Feedback.person_key).is_not(None),
            *of_product(scope.product),
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
    statement = select(function(col(Feedback.occurred_at))).where(*of_product(product))
    return session.scalar(statement)
