"""Which units stand behind each request: those of its topics, and those that people added."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, insert, literal, select
from sqlmodel import Session, col

from feedback_nlp.labels import Origin
from feedback_nlp.store.tables import (
    Evidence,
    FeatureRequest,
    Feedback,
    FeedbackUnit,
)

_AUTO = Origin.AUTO.value


def refresh_evidence(session: Session) -> None:
    """Set the automatic evidence: the units of the request's topic and of its duplicates' topics.

    A duplicate keeps its own evidence too, so that it can be reopened. Evidence that
    people added or that belongs to no topic is not touched.
    """
    requests = list(session.scalars(select(FeatureRequest).order_by(col(FeatureRequest.id))))
    by_key = {request.key: request for request in requests}
    wanted: set[tuple[int, int]] = set()
    for request in requests:
        if request.topic_id is None:
            continue
        wanted.add((id_of(request), request.topic_id))
        target = request
        while target.duplicate_of_key:
            target = by_key[target.duplicate_of_key]
            wanted.add((id_of(target), request.topic_id))
    for request in requests:
        topic_ids = [topic_id for request_id, topic_id in wanted if request_id == request.id]
        _set_evidence(session, id_of(request), sorted(topic_ids))


def _set_evidence(session: Session, request_id: int, topic_ids: list[int]) -> None:
    units: Any = (
        select(col(FeedbackUnit.id))
        .join(Feedback, col(Feedback.id) == col(FeedbackUnit.feedback_id))
        .where(
            col(FeedbackUnit.topic_id).in_(topic_ids),
            col(Feedback.is_spam).is_(False),
        )
    )
    session.execute(
        delete(Evidence).where(
            col(Evidence.request_id) == request_id,
            col(Evidence.added_by) == _AUTO,
            col(Evidence.unit_id).not_in(units),
        )
    )
    present = select(col(Evidence.unit_id)).where(col(Evidence.request_id) == request_id)
    new = units.where(col(FeedbackUnit.id).not_in(present)).order_by(col(FeedbackUnit.id))
    session.execute(
        insert(Evidence).from_select(
            ["request_id", "unit_id", "added_by"],
            new.with_only_columns(literal(request_id), col(FeedbackUnit.id), literal(_AUTO)),
        )
    )


def id_of(request: FeatureRequest) -> int:
    """Return the id of a stored request."""
    assert request.id is not None
    return request.id
