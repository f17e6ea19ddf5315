"""Read queries for requests: pages in priority order, and the evidence behind one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import and_, func, literal, or_
from sqlalchemy.sql import ColumnElement
from sqlmodel import Session, col, select

from feedback_nlp.store.queries import Quote
from feedback_nlp.store.tables import (
    Evidence,
    FeatureRequest,
    Feedback,
    FeedbackUnit,
    Source,
)

# Requests without a score come last.
_UNSCORED = -1.0


@dataclass(frozen=True, slots=True)
class RequestFilter:
    """Which requests are wanted; ``None`` and an empty ``statuses`` mean any."""

    statuses: Sequence[str] = ()
    intent: str | None = None
    product: str | None = None
    owner: str | None = None
    topic_id: int | None = None


class RequestPosition(NamedTuple):
    """Where a page of requests ended: highest priority first, then the lower id."""

    priority: float
    id: int


def position_of(request: FeatureRequest) -> RequestPosition:
    """Return where a request stands in the list."""
    priority = _UNSCORED if request.priority is None else request.priority
    return RequestPosition(priority, request.id or 0)


def request_page(
    session: Session,
    wanted: RequestFilter,
    *,
    limit: int,
    after: RequestPosition | None = None,
) -> list[FeatureRequest]:
    """Return up to ``limit`` requests, highest priority first, that follow ``after``."""
    score = func.coalesce(col(FeatureRequest.priority), literal(_UNSCORED))
    statement = select(FeatureRequest).where(*_conditions(wanted))
    if after is not None:
        statement = statement.where(
            or_(
                score < after.priority,
                and_(score == after.priority, col(FeatureRequest.id) > after.id),
            )
        )
    statement = statement.order_by(score.desc(), col(FeatureRequest.id)).limit(limit)
    return list(session.exec(statement).all())


def lock_request(session: Session, key: str) -> None:
    """Hold a request until the transaction ends, so that two changes of it cannot cross."""
    session.exec(select(FeatureRequest.id).where(col(FeatureRequest.key) == key).with_for_update())


def evidence_quotes(session: Session, request_id: int, *, limit: int) -> list[Quote]:
    """Return the evidence of a request in people's words, newest first."""
    statement = (
        select(FeedbackUnit, Feedback, Source)
        .join(Evidence, col(Evidence.unit_id) == col(FeedbackUnit.id))
        .join(Feedback, col(Feedback.id) == col(FeedbackUnit.feedback_id))
        .join(Source, col(Source.id) == col(Feedback.source_id))
        .where(col(Evidence.request_id) == request_id)
        .order_by(col(Feedback.occurred_at).desc(), col(FeedbackUnit.id).desc())
        .limit(limit)
    )
    return [Quote(*row) for row in session.exec(statement).all()]


def _conditions(wanted: RequestFilter) -> list[ColumnElement[bool]]:
    equal = [
        (col(FeatureRequest.intent), wanted.intent),
        (col(FeatureRequest.product), wanted.product),
        (col(FeatureRequest.owner), wanted.owner),
    ]
    conditions = [column == value for column, value in equal if value is not None]
    if wanted.topic_id is not None:
        conditions.append(col(FeatureRequest.topic_id) == wanted.topic_id)
    if wanted.statuses:
        conditions.append(col(FeatureRequest.status).in_(wanted.statuses))
    return conditions
