"""Closure rate, days to the first answer, broken promises, asks after a decline.

All as of the end of a week, from the append-only events, so that a past week reads the same
for ever; only due days are today's, since people may move them.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from statistics import median
from typing import NamedTuple

from sqlalchemy import func, select
from sqlmodel import Session, col

from feedback_nlp.labels import NoticeStatus, ReporterStatus, RequestStatus
from feedback_nlp.store.conditions import is_counted
from feedback_nlp.store.tables import (
    Evidence,
    FeatureRequest,
    Feedback,
    FeedbackUnit,
    Notice,
    StatusEvent,
)
from feedback_nlp.week.loop_records import BrokenPromise, LoopFigures
from feedback_nlp.weeks import Scope

_CLOSED = frozenset({ReporterStatus.SHIPPED.value, ReporterStatus.DECLINED.value})
_ANSWERS = _CLOSED | {ReporterStatus.PLANNED.value}


class _Life(NamedTuple):
    """A request with its events up to the end of the week, oldest first."""

    request: FeatureRequest
    events: list[StatusEvent]

    @property
    def shown(self) -> str:
        """What reporters see."""
        return self.events[-1].to_reporter_status

    @property
    def answered_after(self) -> timedelta | None:
        """How long the first answer took; ``None`` without one."""
        answers = (e.happened_at for e in self.events if e.to_reporter_status in _ANSWERS)
        first = next(answers, None)
        return None if first is None else first - self.events[0].happened_at


def loop_figures(session: Session, scope: Scope) -> LoopFigures:
    """Return how well the loop is closed as of the end of a week.

    Args:
        session: A reading session.
        scope: Whose end counts, and of which product.
    """
    lives = _lives(session, scope)
    waits = [life.answered_after for life in lives if life.answered_after is not None]
    people, keys = _repeat_asks(session, lives, scope)
    told_people, told_notices = _told(session, scope)
    return LoopFigures(
        requests=len(lives),
        closed=sum(life.shown in _CLOSED for life in lives),
        answered=len(waits),
        median_days=round(median(wait / timedelta(days=1) for wait in waits), 1) if waits else None,
        broken=tuple(found for life in lives if (found := _broken(life, scope)) is not None),
        told_people=told_people,
        told_notices=told_notices,
        repeat_people=people,
        repeat_keys=keys,
    )


def _lives(session: Session, scope: Scope) -> list[_Life]:
    """Return the requests that exist at the end of the week and are not duplicates."""
    statement = (
        select(FeatureRequest, StatusEvent)
        .join(StatusEvent, col(StatusEvent.request_id) == col(FeatureRequest.id))
        .where(col(StatusEvent.happened_at) < scope.end)
        .order_by(col(FeatureRequest.id), col(StatusEvent.id))
    )
    if scope.product is not None:
        statement = statement.where(col(FeatureRequest.product) == scope.product)
    lives: dict[int, _Life] = {}
    for request, event in session.execute(statement):
        lives.setdefault(event.request_id, _Life(request, [])).events.append(event)
    return [
        life
        for life in lives.values()
        if life.events[-1].to_status != RequestStatus.DUPLICATE.value
    ]


def _broken(life: _Life, scope: Scope) -> BrokenPromise | None:
    request, planned = life.request, ReporterStatus.PLANNED.value
    day_after = scope.end.astimezone(scope.zone).date()
    is_overdue = life.shown == planned and request.due is not None and request.due < day_after
    promises = (ReporterStatus.SHIPPED.value, planned)
    told = [e.to_reporter_status for e in life.events if e.to_reporter_status in promises]
    is_taken_back = life.shown not in promises and told[-1:] == [planned]
    if not is_overdue and not is_taken_back:
        return None
    due = request.due if is_overdue else None
    return BrokenPromise(request.key, request.title, request.owner, due, life.shown)


def _told(session: Session, scope: Scope) -> tuple[int, int]:
    """Return how many people were sent notices before the end of the week, and how many."""
    statement = (
        select(func.count(func.distinct(col(Notice.person_key))), func.count(col(Notice.id)))
        .join(FeatureRequest, col(FeatureRequest.id) == col(Notice.request_id))
        .where(col(Notice.status) == NoticeStatus.SENT.value, col(Notice.settled_at) < scope.end)
    )
    if scope.product is not None:
        statement = statement.where(col(FeatureRequest.product) == scope.product)
    people, notices = session.execute(statement).one()
    return people, notices


def _repeat_asks(session: Session, lives: list[_Life], scope: Scope) -> tuple[int, tuple[str, ...]]:
    """Return who asked for declined requests afterwards, and which requests these are."""
    declined: dict[int, tuple[str, datetime]] = {
        life.events[-1].request_id: (life.request.key, life.events[-1].happened_at)
        for life in lives
        if life.events[-1].to_status == RequestStatus.DECLINED.value
    }
    people: set[str] = set()
    keys: list[str] = []
    for request_id, (key, moment) in declined.items():
        asked = session.scalars(
            select(func.distinct(col(Feedback.person_key)))
            .join(FeedbackUnit, col(FeedbackUnit.feedback_id) == col(Feedback.id))
            .join(Evidence, col(Evidence.unit_id) == col(FeedbackUnit.id))
            .where(
                col(Evidence.request_id) == request_id,
                col(Feedback.occurred_at) > moment,
                col(Feedback.occurred_at) < scope.end,
                col(Feedback.person_key).is_not(None),
                is_counted(),
            )
        ).all()
        if asked:
            keys.append(key)
            people.update(asked)
    return len(people), tuple(keys)
