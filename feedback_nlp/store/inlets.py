"""Pushed events and records: what came, what is known of a record, what is stored of it."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from feedback_nlp.store.inlet_tables import InletEvent, InletRecord
from feedback_nlp.store.tables import Feedback


def is_buried(session: Session, source_id: int, record: str) -> bool:
    """Tell whether a record was erased for good."""
    return session.get(InletRecord, (source_id, tombstone(source_id, record))) is not None


def tombstone(source_id: int, record: str) -> str:
    """Return what stays of a record that must not come back: nobody is found by it."""
    named = f"{source_id} {record}".encode()
    return f"gone-{hashlib.sha256(named).hexdigest()[:40]}"


def note_event(session: Session, event: InletEvent) -> bool:
    """Keep an event; return false if the same one was kept before, which then stays as it was."""
    values = event.model_dump(exclude={"id"})
    insert = (postgresql if session.connection().dialect.name == "postgresql" else sqlite).insert
    added = insert(InletEvent).values(**values).on_conflict_do_nothing()
    return session.execute(added.returning(col(InletEvent.id))).first() is not None


def event_with_key(session: Session, inlet: str, event_key: str) -> InletEvent:
    """Return a kept event."""
    found = session.scalars(
        select(InletEvent).where(
            col(InletEvent.inlet) == inlet, col(InletEvent.event_key) == event_key
        )
    )
    return found.one()


def advance(
    session: Session, source_id: int, record: str, version: datetime, *, is_deleted: bool
) -> bool:
    """Move a record on to a version; return false if it stands at a later one, or was deleted.

    The row is locked until the transaction ends, so that two events of a record queue.
    """
    if is_buried(session, source_id, record):
        return False
    insert = (postgresql if session.connection().dialect.name == "postgresql" else sqlite).insert
    values: dict[str, Any] = {
        "source_id": source_id,
        "record_key": record,
        "version": version,
        "is_deleted": is_deleted,
    }
    added = insert(InletRecord).values(**values).on_conflict_do_nothing()
    if session.execute(added.returning(col(InletRecord.record_key))).first() is not None:
        return True
    known = session.scalars(
        select(InletRecord)
        .where(col(InletRecord.source_id) == source_id, col(InletRecord.record_key) == record)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if known.is_deleted or (known.version > version and not is_deleted):
        return False
    known.version, known.is_deleted = max(known.version, version), is_deleted
    session.flush()
    return True


def feedback_of_record(session: Session, source_id: int, record: str) -> list[Feedback]:
    """Return what is stored of a record: by its key, or by ``record#question``."""
    found = session.scalars(
        select(Feedback)
        .where(
            col(Feedback.source_id) == source_id,
            or_(
                col(Feedback.source_key) == record,
                col(Feedback.source_key).startswith(f"{record}#", autoescape=True),
            ),
        )
        .order_by(col(Feedback.id))
    )
    return list(found)


def latest_events(
    session: Session, *, inlet: str | None = None, limit: int = 50
) -> list[InletEvent]:
    """Return events, the newest first."""
    query = select(InletEvent).order_by(col(InletEvent.id).desc()).limit(limit)
    if inlet is not None:
        query = query.where(col(InletEvent.inlet) == inlet)
    return list(session.scalars(query))
