"""One writer of requests at a time.

SQLite has one writer anyway. On PostgreSQL an advisory lock does the same for requests:
keys are numbered without gaps, a step reads what it builds on after everybody else's has
committed, and re-ranking all requests cannot deadlock with a change of one.
"""

from __future__ import annotations

from sqlalchemy import text
from sqlmodel import Session

# Any number of our own; the lock is the database's, so other programs must not share it.
_LOCK = 0x72_65_71


def hold_requests(session: Session) -> None:
    """Wait until nobody else changes requests, and keep it so until the transaction ends."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
