"""One post, one effect: a repeated post under the same key gets the reply of the first.

A key is claimed before the work and filled after it. If the process dies in between, the claim
can be taken over after a minute, and the work is done again: posts of feedback, requests and
transitions know their own repetitions anyway. Only successes are kept; a post that failed may
be mended and sent again under its key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from feedback_nlp.store.reply_table import StoredReply

KEPT = timedelta(days=1)
_ABANDONED = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Claim:
    """What a key was found to be.

    Attributes:
        is_ours: The work is ours to do.
        is_same: It was claimed for the same body.
        reply: What the first one was answered, if it is done.
    """

    is_ours: bool
    is_same: bool = True
    reply: StoredReply | None = None


def claim(session: Session, key_hash: str, body_hash: str, *, now: datetime) -> Claim:
    """Claim a key, or find what became of it.

    Args:
        session: A writing session, committed before the work begins.
        key_hash: Of caller, address and key.
        body_hash: Of what was posted.
        now: The time.
    """
    session.execute(delete(StoredReply).where(col(StoredReply.started_at) < now - KEPT))
    session.execute(
        delete(StoredReply).where(
            col(StoredReply.key_hash) == key_hash,
            col(StoredReply.status).is_(None),
            col(StoredReply.started_at) < now - _ABANDONED,
        )
    )
    postgres = session.get_bind().dialect.name == "postgresql"
    made = session.execute(
        (postgresql if postgres else sqlite)
        .insert(StoredReply)
        .values(key_hash=key_hash, body_hash=body_hash, headers={}, body=b"", started_at=now)
        .on_conflict_do_nothing(index_elements=["key_hash"])
        .returning(col(StoredReply.id))
    ).first()
    if made is not None:
        return Claim(is_ours=True)
    row = session.scalars(select(StoredReply).where(col(StoredReply.key_hash) == key_hash)).one()
    return Claim(
        is_ours=False,
        is_same=row.body_hash == body_hash,
        reply=row if row.status is not None else None,
    )


def fill(
    session: Session, key_hash: str, status: int, headers: Mapping[str, str], body: bytes
) -> None:
    """Keep the reply under its key."""
    session.execute(
        update(StoredReply)
        .where(col(StoredReply.key_hash) == key_hash)
        .values(status=status, headers=dict(headers), body=body)
    )


def release(session: Session, key_hash: str) -> None:
    """Give a key back whose work failed."""
    session.execute(
        delete(StoredReply).where(
            col(StoredReply.key_hash) == key_hash, col(StoredReply.status).is_(None)
        )
    )
