"""Reads the audit trail, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from feedback_nlp.store.access_tables import AuditEvent


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which lines are wanted; what is ``None`` does not matter.

    Attributes:
        actor: Name of a key.
        action: Such as ``request.move``.
        subject: Such as ``request:REQ-12``.
        since: From this moment on.
        until: Before this moment.
    """

    actor: str | None = None
    action: str | None = None
    subject: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def audit_page(
    session: Session, wanted: AuditFilter, *, limit: int, before_id: int | None = None
) -> list[AuditEvent]:
    """Return lines, newest first.

    Args:
        session: A reading session.
        wanted: Which ones.
        limit: At most so many.
        before_id: Only older ones than this.
    """
    query = select(AuditEvent).order_by(col(AuditEvent.id).desc()).limit(limit)
    for column, value in (
        (col(AuditEvent.actor), wanted.actor),
        (col(AuditEvent.action), wanted.action),
        (col(AuditEvent.subject), wanted.subject),
    ):
        if value is not None:
            query = query.where(column == value)
    if wanted.since is not None:
        query = query.where(col(AuditEvent.happened_at) >= wanted.since)
    if wanted.until is not None:
        query = query.where(col(AuditEvent.happened_at) < wanted.until)
    if before_id is not None:
        query = query.where(col(AuditEvent.id) < before_id)
    return list(session.exec(query).all())
