"""Messages owed to the people who asked: who is owed one, and which are no longer owed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, insert, or_, select, true, update
from sqlmodel import Session, col

from feedback_nlp.errors import Conflict
from feedback_nlp.labels import NoticeStatus
from feedback_nlp.outlets.records import OutboxState
from feedback_nlp.requests.evidence import id_of
from feedback_nlp.store import outbox
from feedback_nlp.store.tables import Evidence, FeatureRequest, Feedback, FeedbackUnit, Notice

_PENDING, _QUEUED = NoticeStatus.PENDING.value, NoticeStatus.QUEUED.value
_SUPERSEDED = NoticeStatus.SUPERSEDED.value


def open_notices(session: Session, request: FeatureRequest, *, now: datetime) -> int:
    """Owe one message to each person who asked and can be named; return how many are new.

    People without an author key cannot be told: they have no identity to find them by.
    Nor is someone who wrote only after the step: it was not what they wrote about.
    Someone who was told the same status of this request before, or of one that was merged into
    it, is not told again. A message of this status that was superseded before it left is owed
    anew.
    """
    renewed = _renew(session, request, now)
    told = select(col(Notice.person_key)).where(
        col(Notice.reporter_status) == request.reporter_status,
        or_(
            col(Notice.request_id) == id_of(request),
            and_(
                col(Notice.request_id).in_(_merged_into(session, request)),
                col(Notice.status).in_([_QUEUED, NoticeStatus.SENT.value]),
            ),
        ),
    )
    askers = (
        _askers(request)
        .add_columns(func.min(col(Feedback.id)))
        .where(col(Feedback.author_key).not_in(told), col(Feedback.occurred_at) <= now)
        .group_by(col(Feedback.author_key))
        .order_by(func.min(col(Feedback.id)))
    )
    rows = [
        {
            "request_id": id_of(request),
            "feedback_id": feedback_id,
            "person_key": person,
            "reporter_status": request.reporter_status,
            "status": _PENDING,
            "created_at": now,
            "reason": "",
        }
        for person, feedback_id in session.execute(askers)
    ]
    if rows:
        session.execute(insert(Notice), rows)
    return len(rows) + renewed


def supersede_unsent(
    session: Session, request: FeatureRequest, *, now: datetime, whole: bool = False
) -> int:
    """Withdraw what has not left and tells of an older status; return how many.

    A message whose request may be on its way stays: it cannot be called back.

    Args:
        session: The writing session.
        request: Whose notices.
        now: Time of the change.
        whole: Of the present status as well: the people are told by another request.
    """
    older = col(Notice.reporter_status) != request.reporter_status
    return _withdraw_unsent(session, request, true() if whole else older, now=now)


def supersede_strangers(session: Session, request: FeatureRequest, *, now: datetime) -> int:
    """Withdraw what has not left for people who stand behind a request no longer; return how many."""
    strangers = col(Notice.person_key).not_in(_askers(request))
    return _withdraw_unsent(session, request, strangers, now=now)


def take_from_outbox(session: Session, notice: Notice, *, now: datetime) -> bool:
    """Cancel the row of a notice, if it has one; return whether nothing goes out any more."""
    row = outbox.with_key(session, notice.outbox_key) if notice.outbox_key else None
    if row is None or row.id is None:
        return True
    try:
        outbox.cancel(session, row.id, now=now)
    except Conflict:
        return row.state == OutboxState.CANCELLED.value
    return True


def _withdraw_unsent(
    session: Session, request: FeatureRequest, which: ColumnElement[bool], *, now: datetime
) -> int:
    unsent = (
        select(Notice)
        .where(
            col(Notice.request_id) == id_of(request),
            col(Notice.status).in_([_PENDING, _QUEUED]),
            which,
        )
        .order_by(col(Notice.id))
        .with_for_update()
    )
    count = 0
    for notice in session.scalars(unsent).all():
        if take_from_outbox(session, notice, now=now):
            notice.status, notice.settled_at = _SUPERSEDED, now
            session.add(notice)
            count += 1
    session.flush()
    return count


def _merged_into(session: Session, request: FeatureRequest) -> list[int]:
    """Return the requests whose people this one tells, directly or along a chain."""
    found: list[int] = []
    keys = [request.key]
    while keys:
        rows = session.execute(
            select(col(FeatureRequest.id), col(FeatureRequest.key)).where(
                col(FeatureRequest.duplicate_of_key).in_(keys),
                col(FeatureRequest.id).not_in([*found, id_of(request)]),
            )
        ).all()
        found += [row[0] for row in rows]
        keys = [row[1] for row in rows]
    return found


def _askers(request: FeatureRequest) -> Select[Any]:
    return (
        select(col(Feedback.author_key))
        .join(FeedbackUnit, col(FeedbackUnit.feedback_id) == col(Feedback.id))
        .join(Evidence, col(Evidence.unit_id) == col(FeedbackUnit.id))
        .where(
            col(Evidence.request_id) == id_of(request),
            col(Feedback.author_key).is_not(None),
        )
    )


def _renew(session: Session, request: FeatureRequest, now: datetime) -> int:
    renewed = session.execute(
        update(Notice)
        .where(
            col(Notice.request_id) == id_of(request),
            col(Notice.reporter_status) == request.reporter_status,
            col(Notice.status) == _SUPERSEDED,
            col(Notice.person_key).in_(_askers(request)),
        )
        .values(status=_PENDING, created_at=now, outbox_key=None, reason="", settled_at=None)
        .returning(col(Notice.id))
        .execution_options(synchronize_session="fetch")
    )
    return len(renewed.all())
