"""Takes out of the outbox, and of kept replies, what says or quotes something of a person.

A message that was sent holds nothing any more. What still waits, failed or is unsure is emptied:
a notice is cancelled, a digest is made anew when it leaves, without who was erased. A digest of
which a chat has read the beginning already is cancelled, and says so.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlmodel import Session, col

from feedback_nlp.outlets.records import OutboxState
from feedback_nlp.store import outbox
from feedback_nlp.store.outbox_tables import OutboxRow
from feedback_nlp.store.reply_table import StoredReply
from feedback_nlp.store.tables import Notice

_ERASED = "对方的数据已经删除"
_MADE_ANEW = "提到的人已删除，发出前重新生成"
_HALF_SAID = "提到的人已删除，前面几段已经发出；可以重新发送周报"
_DONE = (OutboxState.SENT.value, OutboxState.CANCELLED.value)
_LEFT = (OutboxState.SENT.value, OutboxState.SENDING.value)
_MUST_BE_MADE = "made_anew"


def must_be_made(row: OutboxRow) -> bool:
    """Tell whether a digest was emptied and is to be made anew when it leaves."""
    return bool(row.payload.get(_MUST_BE_MADE))


def withdraw_notices(session: Session, person: str, *, now: datetime) -> int:
    """Cancel and empty what waits for a person, whose notices are still there; count them."""
    owed = select(col(Notice.outbox_key)).where(
        col(Notice.person_key) == person, col(Notice.outbox_key).is_not(None)
    )
    waiting = select(OutboxRow).where(
        col(OutboxRow.state).not_in(_DONE), col(OutboxRow.key).in_(owed)
    )
    rows = list(session.scalars(waiting))
    for row in rows:
        _cancel(row, _ERASED, now)
    session.flush()
    return len(rows)


def remake_digests(session: Session, texts: Collection[str], *, now: datetime) -> int:
    """Empty the digests that have not left and quote one of the texts; return how many rows.

    Args:
        session: A writing session.
        texts: What was said, as JSON has it.
        now: The clock, for what is cancelled.
    """
    waiting = select(OutboxRow).where(
        col(OutboxRow.state).not_in(_DONE), col(OutboxRow.kind) == "digest"
    )
    rows = [row for row in session.scalars(waiting) if _may_quote(row, texts)]
    for row in rows:
        if _is_half_said(session, row):
            _cancel(row, _HALF_SAID, now)
            continue
        row.payload, row.last_error = {_MUST_BE_MADE: True}, _MADE_ANEW
        row.token += 1  # whoever holds it is fenced out
        if row.lease_until is not None:
            row.lease_until = now  # if it left, nobody will know whether it arrived
        session.add(row)
    session.flush()
    return len(rows)


def _cancel(row: OutboxRow, why: str, now: datetime) -> None:
    outbox.close(row, OutboxState.CANCELLED, why, now)
    row.token += 1  # whoever holds it is fenced out


def _is_half_said(session: Session, row: OutboxRow) -> bool:
    """Tell whether a part of the same series has left, or is leaving."""
    if row.series is None:
        return False
    left = select(func.count()).where(
        col(OutboxRow.series) == row.series, col(OutboxRow.state).in_(_LEFT)
    )
    return bool(session.scalar(left))


def _may_quote(row: OutboxRow, texts: Collection[str]) -> bool:
    """Tell whether a row quotes one of the texts; nobody looks into a workbook that waits."""
    if not texts:
        return False
    content = json.dumps(row.payload, ensure_ascii=False)
    return bool(row.payload.get("attachments")) or any(text in content for text in texts)


def forget_replies(session: Session, texts: Collection[str]) -> int:
    """Delete kept replies of the API that hold one of the texts; return how many."""
    kept = session.execute(select(col(StoredReply.id), col(StoredReply.body))).all()
    plain = [text.encode() for text in texts]
    doomed = [row[0] for row in kept if any(text in row[1] for text in plain)]
    session.execute(delete(StoredReply).where(col(StoredReply.id).in_(doomed)))
    return len(doomed)
