"""Messages owed to the people who asked."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, insert, select
from sqlmodel import Session, col

from feedback_nlp.labels import NoticeStatus
from feedback_nlp.requests.evidence import id_of
from feedback_nlp.store.tables import Evidence, FeatureRequest, Feedback, FeedbackUnit, Notice


def open_notices(session: Session, request: FeatureRequest, *, now: datetime) -> int:
    """Owe one message to each person who asked and can be named; return how many are new.

    People without an author key cannot be told: they have no identity to find them by.
    Someone who was told the same status of this request before is not told again.
    """
    told = select(col(Notice.person_key)).where(
        col(Notice.request_id) == id_of(request),
        col(Notice.reporter_status) == request.reporter_status,
    )
    askers = (
        select(col(Feedback.author_key), func.min(col(Feedback.id)))
        .join(FeedbackUnit, col(FeedbackUnit.feedback_id) == col(Feedback.id))
        .join(Evidence, col(Evidence.unit_id) == col(FeedbackUnit.id))
        .where(
            col(Evidence.request_id) == id_of(request),
            col(Feedback.author_key).is_not(None),
            col(Feedback.author_key).not_in(told),
        )
        .group_by(col(Feedback.author_key))
        .order_by(func.min(col(Feedback.id)))
    )
    rows = [
        {
            "request_id": id_of(request),
            "feedback_id": feedback_id,
            "person_key": person,
            "reporter_status": request.reporter_status,
            "status": NoticeStatus.PENDING.value,
            "created_at": now,
        }
        for person, feedback_id in session.execute(askers)
    ]
    if rows:
        session.execute(insert(Notice), rows)
    return len(rows)
