"""Forgets what was pushed: the bodies of the events behind erased feedback.

The event stays with the hash of its name, so that the same push again is the same event. Of its
record a hash stays, so that a sender who repeats it does not bring back who was erased.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence

from sqlalchemy import null, select, update
from sqlmodel import Session, col

from feedback_nlp.store.inlet_tables import InletEvent, InletRecord
from feedback_nlp.store.inlets import tombstone
from feedback_nlp.store.tables import Feedback, FeedbackUnit

_CHUNK = 500
_SHORTEST = 6  # shorter texts are everybody's


def forget_pushes(session: Session, ids: Sequence[int]) -> int:
    """Empty the events of some feedback that is about to be erased, for good; count them.

    Args:
        session: The writing session; the feedback is still there.
        ids: Of feedback.
    """
    forgotten = 0
    for start in range(0, len(ids), _CHUNK):
        chosen = col(Feedback.id).in_(ids[start : start + _CHUNK])
        rows = session.execute(
            select(col(Feedback.source_id), col(Feedback.source_key)).where(chosen)
        )
        for source_id, key in list(rows):
            forgotten += forget_record(session, source_id, key.partition("#")[0], is_deleted=True)
    return forgotten + _forget_unread(session, ids)


def forget_record(
    session: Session, source_id: int, record: str, *, is_deleted: bool = False
) -> int:
    """Empty the events of a pushed record; return how many.

    Args:
        session: The writing session.
        source_id: Its source; events of an older version know none, and are emptied by key.
        record: Its key.
        is_deleted: Whether the record must not come back.
    """
    events = (
        update(InletEvent)
        .where(
            col(InletEvent.record_key) == record,
            col(InletEvent.source_id).is_(None) | (col(InletEvent.source_id) == source_id),
        )
        .values(body=null(), detail="", **({"record_key": ""} if is_deleted else {}))
        .execution_options(synchronize_session=False)
    )
    forgotten = int(session.connection().execute(events).rowcount)
    if is_deleted:
        session.execute(
            update(InletRecord)
            .where(col(InletRecord.source_id) == source_id, col(InletRecord.record_key) == record)
            .values(is_deleted=True, record_key=tombstone(source_id, record))
            .execution_options(synchronize_session=False)
        )
    session.expire_all()
    return forgotten


def _forget_unread(session: Session, ids: Sequence[int]) -> int:
    """Empty events that nobody could read and that hold the same words."""
    unread = select(InletEvent).where(
        col(InletEvent.record_key) == "", col(InletEvent.body).is_not(None)
    )
    events = list(session.scalars(unread))
    texts = texts_of(session, ids) if events else frozenset()
    forgotten = 0
    for event in events:
        content = json.dumps(event.body, ensure_ascii=False)
        if any(text in content for text in texts):
            event.body = null()
            session.add(event)
            forgotten += 1
    session.flush()
    return forgotten


def texts_of(session: Session, ids: Collection[int]) -> frozenset[str]:
    """Return the texts of feedback and of its units that say whose they are, as JSON has them."""
    found: set[str] = set()
    keys = sorted(ids)
    for start in range(0, len(keys), _CHUNK):
        chunk = keys[start : start + _CHUNK]
        texts = session.execute(
            select(col(Feedback.text), col(FeedbackUnit.start), col(FeedbackUnit.end))
            .outerjoin(FeedbackUnit, col(FeedbackUnit.feedback_id) == col(Feedback.id))
            .where(col(Feedback.id).in_(chunk))
        )
        for text, first, end in texts:
            found.update((text, text if first is None else text[first:end]))
    return frozenset(
        json.dumps(text.strip(), ensure_ascii=False)[1:-1]
        for text in found
        if len(text.strip()) >= _SHORTEST
    )
