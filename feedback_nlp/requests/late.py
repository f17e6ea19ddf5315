"""Requests that have been in their status longer than they may."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlmodel import Session, col

from feedback_nlp.labels import RequestStatus
from feedback_nlp.loop import Clock, clock_of
from feedback_nlp.store.tables import FeatureRequest, StatusEvent


class LateRequest(NamedTuple):
    """A request past the limit of its status."""

    key: str
    title: str
    owner: str | None
    status: str
    clock: Clock


def late_requests(
    session: Session,
    *,
    limits: Mapping[RequestStatus, int],
    now: datetime,
    product: str | None = None,
) -> list[LateRequest]:
    """Return the requests whose clock has run out, the latest first.

    Args:
        session: A reading session.
        limits: Business days by status.
        now: Its zone is the one in which days begin.
        product: Only this product's.
    """
    latest = select(func.max(col(StatusEvent.id))).group_by(col(StatusEvent.request_id))
    statement = (
        select(FeatureRequest, col(StatusEvent.happened_at))
        .join(StatusEvent, col(StatusEvent.request_id) == col(FeatureRequest.id))
        .where(col(StatusEvent.id).in_(latest), col(FeatureRequest.status).in_(list(limits)))
        .order_by(col(FeatureRequest.id))
    )
    if product is not None:
        statement = statement.where(col(FeatureRequest.product) == product)
    found = []
    for request, since in session.execute(statement):
        clock = clock_of(RequestStatus(request.status), since, limits=limits, now=now)
        if clock.is_late:
            late = LateRequest(request.key, request.title, request.owner, request.status, clock)
            found.append(late)
    return sorted(found, key=lambda late: (late.clock.limit or 0) - late.clock.business_days)
