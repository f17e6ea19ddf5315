"""What the team did with requests in a week, and which promises are getting old."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select
from sqlmodel import Session, col

from feedback_nlp.labels import RequestStatus
from feedback_nlp.store.tables import FeatureRequest, StatusEvent
from feedback_nlp.week.records import LoopStep, OldPromise
from feedback_nlp.weeks import Scope

_TOLD = (
    RequestStatus.PLANNED,
    RequestStatus.RELEASED,
    RequestStatus.VERIFIED,
    RequestStatus.CLOSED,
    RequestStatus.DECLINED,
    RequestStatus.REOPENED,
)
_PROMISED = (RequestStatus.PLANNED.value, RequestStatus.IN_PROGRESS.value)


def loop_steps(session: Session, scope: Scope) -> tuple[LoopStep, ...]:
    """Return the week's steps that a review should hear of, in the order they happened."""
    statement = (
        select(StatusEvent, FeatureRequest)
        .join(FeatureRequest, col(FeatureRequest.id) == col(StatusEvent.request_id))
        .where(
            col(StatusEvent.happened_at) >= scope.start,
            col(StatusEvent.happened_at) < scope.end,
            col(StatusEvent.to_status).in_([status.value for status in _TOLD]),
        )
        .order_by(col(StatusEvent.id))
    )
    if scope.product is not None:
        statement = statement.where(col(FeatureRequest.product) == scope.product)
    return tuple(
        LoopStep(
            key=request.key,
            title=request.title,
            to_status=event.to_status,
            actor=event.actor,
            reason=event.reason,
            on=event.happened_at.astimezone(scope.zone).date(),
        )
        for event, request in session.execute(statement)
    )


def old_promises(session: Session, scope: Scope, *, promise_weeks: int) -> tuple[OldPromise, ...]:
    """Return requests that reporters see as planned for longer than ``promise_weeks``.

    Counted from the latest time the request was planned, as of the end of the week.
    """
    end = scope.end
    latest = (
        select(func.max(col(StatusEvent.id)))
        .where(col(StatusEvent.happened_at) < end)
        .group_by(col(StatusEvent.request_id))
    )
    planned_at = (
        select(
            col(StatusEvent.request_id).label("request_id"),
            func.max(col(StatusEvent.happened_at)).label("planned_at"),
        )
        .where(
            col(StatusEvent.to_status) == RequestStatus.PLANNED.value,
            col(StatusEvent.happened_at) < end,
        )
        .group_by(col(StatusEvent.request_id))
        .subquery()
    )
    statement = (
        select(FeatureRequest, planned_at.c.planned_at)
        .join(StatusEvent, col(StatusEvent.request_id) == col(FeatureRequest.id))
        .join(planned_at, planned_at.c.request_id == col(FeatureRequest.id))
        .where(
            col(StatusEvent.id).in_(latest),
            col(StatusEvent.to_status).in_(_PROMISED),
            planned_at.c.planned_at < end - timedelta(weeks=promise_weeks),
        )
        .order_by(planned_at.c.planned_at, col(FeatureRequest.id))
    )
    if scope.product is not None:
        statement = statement.where(col(FeatureRequest.product) == scope.product)
    return tuple(
        OldPromise(
            key=request.key,
            title=request.title,
            owner=request.owner,
            planned_on=moment.astimezone(scope.zone).date(),
            weeks=int((end - moment) / timedelta(weeks=1)),
        )
        for request, moment in session.execute(statement)
    )
