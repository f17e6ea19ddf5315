"""Erases what a source has kept as long as it may, and says what is kept and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from feedback_nlp.errors import InputError, NotFound
from feedback_nlp.jobs.people import forget, record
from feedback_nlp.store import Database, erasing
from feedback_nlp.store.erasure_table import ErasureKind
from feedback_nlp.store.ingestion import find_source
from feedback_nlp.store.push_erasing import forget_pushes
from feedback_nlp.store.tables import Feedback

_SLICE = 100
_LONGEST_DAYS = 36_500
ACTOR = "retention"


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of one source, and why.

    Attributes:
        purpose: In people's words; empty if nobody said.
        days: How long feedback is kept; ``None`` for ever.
        overdue: Feedback that the next run erases.
    """

    source: str
    kind: str
    purpose: str
    days: int | None
    feedback: int
    overdue: int
    first_at: datetime | None
    last_at: datetime | None


def set_retention(
    database: Database, source: str, *, days: int | None, purpose: str | None = None
) -> None:
    """Say how long a source's feedback is kept, and why.

    Args:
        database: Open, with its schema at head.
        source: Its name.
        days: Counted from when it was said; ``None`` keeps it for ever.
        purpose: Left as it is if not given.

    Raises:
        NotFound: If there is no such source.
        InputError: If ``days`` is below 1.
    """
    if days is not None and not 1 <= days <= _LONGEST_DAYS:
        raise InputError(f"保存期限写成了 {days} 天，应在 1 到 {_LONGEST_DAYS:,} 天之间")
    with database.write() as session:
        found = find_source(session, source)
        if found is None:
            raise NotFound(f"没有来源“{source}”", reason="unknown-source")
        found.retention_days = days
        if purpose is not None:
            found.purpose = purpose
        session.add(found)


def kept(database: Database, *, now: datetime) -> list[Kept]:
    """Return what is kept of each source, why, and how much of it is overdue."""
    with database.read() as session:
        return [
            Kept(
                source=source.name,
                kind=source.kind,
                purpose=source.purpose,
                days=source.retention_days,
                feedback=count,
                overdue=len(_overdue(session, source.id or 0, source.retention_days, now)),
                first_at=first_at,
                last_at=last_at,
            )
            for source, count, first_at, last_at in erasing.kept_by_source(session)
        ]


def erase_overdue(database: Database, *, now: datetime, actor: str = ACTOR) -> dict[str, int]:
    """Erase what is older than its source allows, in short transactions.

    Killed anywhere and run again, it ends where an undisturbed run ends.

    Returns:
        Erased feedback by the name of its source.
    """
    with database.read() as session:
        due = {
            source.name: ids
            for source, *_ in erasing.kept_by_source(session)
            if (ids := _overdue(session, source.id or 0, source.retention_days, now))
        }
    for name, ids in due.items():
        with database.write() as session:
            erasing.forget_quotes(session, ids)
            forget_pushes(session, ids)
        counts: Counter[str] = Counter()
        for start in range(0, len(ids), _SLICE):
            with database.write() as session:
                counts += erasing.erase_rows(session, ids[start : start + _SLICE])
        with database.write() as session:
            record(session, ErasureKind.RETENTION, name, counts, actor, "保存期限已到", now)
    if due:
        forget(database)
    return {name: len(ids) for name, ids in due.items()}


def _overdue(session: Session, source_id: int, days: int | None, now: datetime) -> list[int]:
    if days is None:
        return []
    statement = select(Feedback.id).where(
        col(Feedback.source_id) == source_id,
        col(Feedback.occurred_at) < now - timedelta(days=days),
    )
    return [id_ for id_ in session.exec(statement.order_by(col(Feedback.id))) if id_ is not None]
