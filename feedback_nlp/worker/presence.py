"""Whether a worker is there: who queues a job is told when nobody will do it."""

from __future__ import annotations

import os
import socket
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from feedback_nlp.store import Database
from feedback_nlp.store.job_queue import database_time
from feedback_nlp.store.tables import Setting

_PREFIX = "worker "
_SEEN = "seen"
_SHOWN_EVERY = timedelta(minutes=1)
_GONE_AFTER = timedelta(minutes=3)


def is_due(session: Session) -> bool:
    """Whether it is time to call :func:`show`: each commit makes caches look again."""
    row = session.get(Setting, _name())
    return row is None or _age(row, database_time(session)) >= _SHOWN_EVERY


def show(session: Session) -> None:
    """Say that this worker is here now, and forget those that died."""
    now = database_time(session)
    rows = session.exec(select(Setting).where(col(Setting.key).startswith(_PREFIX))).all()
    for row in rows:
        if row.key != _name() and _age(row, now) >= _GONE_AFTER:
            session.delete(row)
    session.merge(Setting(key=_name(), value={_SEEN: now.isoformat()}))


def leave(database: Database) -> None:
    """Say that this worker is gone."""
    with database.write() as session:
        row = session.get(Setting, _name())
        if row is not None:
            session.delete(row)


def is_anybody_there(session: Session) -> bool:
    """Whether a worker gave a sign of life in the last three minutes."""
    now = database_time(session)
    rows = session.exec(select(Setting).where(col(Setting.key).startswith(_PREFIX)))
    return any(_age(row, now) < _GONE_AFTER for row in rows)


def _age(row: Setting, now: datetime) -> timedelta:
    return now - datetime.fromisoformat(row.value[_SEEN])


def _name() -> str:
    return f"{_PREFIX}{socket.gethostname()[:40]} {os.getpid()}"
