"""Takes out of the outbox, and of kept replies, what says or quotes something of a person.

A message that was sent holds nothing any more. What still waits, failed or is unsure is emptied
and cancelled; a digest can be sent again, without who was erased.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, select
from sqlmodel import Session, col

from feedback_nlp.outlets.records import OutboxState
from feedback_nlp.store import outbox
from feedback_nlp.store.outbox_tables import OutboxRow
from feedback_nlp.store.reply_table import StoredReply
from feedback_nlp.store.tables import Notice

_WHY = "提到的人已删除；周报可以重新发送"
_DONE = (OutboxState.SENT.value, OutboxState.CANCELLED.value)


def withdraw_messages(
    session: Session, person: str, texts: Collection[str], *, now: datetime
) -> int:
    """Empty what waits for a person, or quotes them; return how many messages.

    Args:
        session: The writing session; the person's notices are still there.
        person: Their key.
        texts: What they said, as JSON has it.
        now: The clock.
    """
    owed = select(col(Notice.outbox_key)).where(
        col(Notice.person_key) == person, col(Notice.outbox_key).is_not(None)
    )
    own = set(session.scalars(owed))
    waiting = select(OutboxRow).where(col(OutboxRow.state).not_in(_DONE))
    count = 0
    for row in session.scalars(waiting).all():
        if row.key not in own and not _may_quote(row, texts):
            continue
        outbox.close(row, OutboxState.CANCELLED, _WHY, now)
        row.token += 1  # whoever holds it is fenced out
        session.add(row)
        count += 1
    session.flush()
    return count


def _may_quote(row: OutboxRow, texts: Collection[str]) -> bool:
    """Tell whether a row quotes one of the texts; nobody looks into a workbook that waits."""
    if not texts or row.kind != "digest":
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
