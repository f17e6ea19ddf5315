"""Puts messages into the outbox, hands them out under a lease, and records what became of them.

Three short transactions an attempt::

    claim    pending, due          → leased, token + 1          nothing has left yet
    begin    leased, token mine    → sending                    the request leaves after this commit
    record   token mine            → sent | pending | failed | unknown

A process killed before ``begin`` has sent nothing: its lease runs out and another claims the
row. Killed after it, the request may have arrived. Then a row whose receiver knows it by its
key is sent again, and any other becomes ``unknown``: shown, and never sent twice by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, exists, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from feedback_nlp.errors import Conflict, NotFound
from feedback_nlp.outlets.records import OutboxState, Outcome, OutcomeKind, Pace
from feedback_nlp.store.outbox_pace import next_free
from feedback_nlp.store.outbox_tables import OutboxRow

LEASE_SECONDS = 180.0
_CANDIDATES = 20
_OPEN = (OutboxState.PENDING.value, OutboxState.SENDING.value)
_CUT_OFF = "发送时进程中断，对方可能已经收到"
_AFTER_PART = "前一段没有送出"


def put(
    session: Session,
    *,
    key: str,
    kind: str,
    channel: str,
    outlet: str,
    payload: Mapping[str, Any],
    now: datetime,
    title: str = "",
    repeatable: bool = False,
    series: str | None = None,
    position: int = 0,
    not_before: datetime | None = None,
) -> bool:
    """Owe one request, in the caller's transaction; return whether it is a new one.

    Args:
        session: The writing session of the cause.
        key: Made from the cause alone, at most 200 characters: the same cause, the same key.
        kind: What it is, such as ``digest`` or ``notice``.
        channel: Of the outlet.
        outlet: Name of the outlet.
        payload: One part, as its sender made it, or what its composer needs.
        now: The time of the cause.
        title: What people see in the list; no personal data.
        repeatable: The receiver knows a message by its key.
        series: Rows of one series go one after the other.
        position: Place in the series.
        not_before: Earliest time of the first attempt.
    """
    insert = (postgresql if session.connection().dialect.name == "postgresql" else sqlite).insert
    statement = insert(OutboxRow).values(
        key=key,
        kind=kind,
        channel=channel,
        outlet=outlet,
        title=title[:300],
        payload=dict(payload),
        series=series,
        position=position,
        repeatable=repeatable,
        state=OutboxState.PENDING.value,
        attempts=0,
        next_at=not_before or now,
        last_error="",
        token=0,
        created_at=now,
    )
    added = statement.on_conflict_do_nothing(index_elements=["key"]).returning(col(OutboxRow.id))
    return session.execute(added).first() is not None


def claim(
    session: Session,
    *,
    now: datetime,
    pace_of: Callable[[str], Pace | None] = lambda _outlet: None,
    lease_seconds: float = LEASE_SECONDS,
) -> OutboxRow | None:
    """Lease the next due row that its outlet may be sent now; ``None`` if there is none.

    A due row whose outlet was spoken to too often is put off until the outlet is free.
    """
    _settle_cut_off(session, now)
    before = aliased(OutboxRow)
    is_blocked = exists().where(
        before.series == col(OutboxRow.series),  # type: ignore[arg-type]
        col(before.position) < col(OutboxRow.position),
        col(before.state).in_(_OPEN),
    )
    due = (
        select(OutboxRow)
        .where(
            col(OutboxRow.state) == OutboxState.PENDING.value,
            col(OutboxRow.next_at) <= now,
            or_(col(OutboxRow.lease_until).is_(None), col(OutboxRow.lease_until) <= now),
            ~is_blocked,
        )
        .order_by(col(OutboxRow.next_at), col(OutboxRow.id))
        .limit(_CANDIDATES)
        .with_for_update(skip_locked=True, of=OutboxRow)
    )
    while True:
        rows = list(session.scalars(due))
        if not rows:
            return None
        for row in rows:
            free = next_free(
                session,
                row.outlet,
                pace_of(row.outlet),
                now=now,
                somebody_waits=row.kind == "test",
            )
            if isinstance(free, str):
                close(row, OutboxState.FAILED, free, now)
                session.flush()
                _fail_later_parts(session, row, now)
            elif free > now:
                row.next_at = free
            else:
                row.token += 1
                row.lease_until = now + timedelta(seconds=lease_seconds)
                session.flush()
                return row
        session.flush()


def is_any_due(session: Session, *, now: datetime) -> bool:
    """Tell whether a deliverer would find work: a due row, or one whose sender died."""
    is_free = or_(col(OutboxRow.lease_until).is_(None), col(OutboxRow.lease_until) <= now)
    waits = col(OutboxRow.state).in_(_OPEN) & (col(OutboxRow.next_at) <= now) & is_free
    return session.scalars(select(col(OutboxRow.id)).where(waits).limit(1)).first() is not None


def begin(session: Session, row: OutboxRow, *, now: datetime, lease_seconds: float) -> bool:
    """Note that the request leaves now; return whether the row is still ours to send."""
    return _if_mine(
        session,
        row,
        OutboxState.PENDING,
        state=OutboxState.SENDING.value,
        attempts=row.attempts + 1,
        lease_until=now + timedelta(seconds=lease_seconds),
    )


def record(
    session: Session, row: OutboxRow, outcome: Outcome, *, now: datetime, retry_at: datetime | None
) -> OutboxRow | None:
    """Write what became of an attempt; return the row as it stands, or ``None`` if fenced out.

    Args:
        session: A writing session.
        row: As it was claimed.
        outcome: What its sender said.
        now: The clock.
        retry_at: When to try again; ``None`` if no attempt is left.
    """
    current = session.scalars(
        select(OutboxRow)
        .where(col(OutboxRow.id) == row.id, col(OutboxRow.token) == row.token)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if current is None or current.state not in {*_OPEN, OutboxState.UNKNOWN.value}:
        return None
    if outcome.kind is OutcomeKind.SENT:
        close(current, OutboxState.SENT, "", now)
    elif outcome.kind is OutcomeKind.REFUSED:
        close(current, OutboxState.FAILED, outcome.detail, now)
    elif outcome.kind is OutcomeKind.UNKNOWN and not current.repeatable:
        close(current, OutboxState.UNKNOWN, outcome.detail, now)
    elif retry_at is None:
        close(current, OutboxState.FAILED, f"试了 {current.attempts} 次：{outcome.detail}", now)
    else:
        current.state, current.last_error = OutboxState.PENDING.value, outcome.detail
        current.next_at, current.lease_until = retry_at, None
    session.flush()
    if current.state == OutboxState.FAILED.value:
        _fail_later_parts(session, current, now)
    return current


def withdraw(session: Session, row: OutboxRow, reason: str, *, now: datetime) -> bool:
    """Cancel a leased row whose cause no longer holds; return whether it was still ours."""
    return _if_mine(
        session,
        row,
        OutboxState.PENDING,
        state=OutboxState.CANCELLED.value,
        payload={},
        last_error=reason,
        lease_until=None,
        finished_at=now,
    )


def retry(session: Session, row_id: int, *, now: datetime) -> list[OutboxRow]:
    """Owe a given-up or uncertain row anew, with the failed parts after it; return them.

    Raises:
        NotFound: If there is no such row.
        Conflict: If the row is neither given up nor uncertain.
    """
    row = find(session, row_id)
    ended = {OutboxState.FAILED.value, OutboxState.UNKNOWN.value}
    if row.state not in ended:
        raise Conflict(f"消息 {row_id} 不能重发", hint="只有发送失败和不确定是否送达的消息可以重发")
    rows = [row]
    if row.series is not None:
        later = select(OutboxRow).where(
            col(OutboxRow.series) == row.series,
            col(OutboxRow.position) > row.position,
            col(OutboxRow.state) == OutboxState.FAILED.value,
        )
        rows += list(session.scalars(later))
    for again in rows:
        again.state, again.attempts, again.next_at = OutboxState.PENDING.value, 0, now
        again.lease_until = again.finished_at = None
        again.token += 1
    session.flush()
    return rows


def cancel(session: Session, row_id: int, *, now: datetime) -> OutboxRow:
    """Cancel a row that has not left.

    Raises:
        NotFound: If there is no such row.
        Conflict: If it is on its way, sent or cancelled.
    """
    row = find(session, row_id)
    if row.state not in {
        OutboxState.PENDING.value,
        OutboxState.FAILED.value,
        OutboxState.UNKNOWN.value,
    }:
        raise Conflict(f"消息 {row_id} 不能取消", hint="已经发出、正在发送或已取消的消息不能取消")
    row.token += 1  # whoever holds it must not send it
    close(row, OutboxState.CANCELLED, row.last_error, now)
    session.flush()
    return row


def find(session: Session, row_id: int) -> OutboxRow:
    """Return a row, locked for change where the database locks rows.

    Raises:
        NotFound: If there is none.
    """
    row = session.get(OutboxRow, row_id, with_for_update=True)
    if row is None:
        raise NotFound(f"没有编号为 {row_id} 的消息", reason="unknown-message", id=row_id)
    return row


def with_key(session: Session, key: str) -> OutboxRow | None:
    """Return the row of a cause."""
    return session.scalars(select(OutboxRow).where(col(OutboxRow.key) == key)).first()


def count_keys(session: Session, key: str) -> int:
    """Count the messages whose keys begin with a key; parts of one count once."""
    keys = session.scalars(
        select(col(OutboxRow.key)).where(col(OutboxRow.key).startswith(key, autoescape=True))
    )
    return len({found.partition("#")[0] for found in keys})


def close(row: OutboxRow, state: OutboxState, error: str, now: datetime) -> None:
    """Give a row its last state; what was sent or cancelled holds nothing any more."""
    row.state, row.last_error, row.finished_at, row.lease_until = state.value, error, now, None
    if state in {OutboxState.SENT, OutboxState.CANCELLED}:
        row.payload = {}  # what was said is not kept longer than it is owed


def _if_mine(session: Session, row: OutboxRow, was: OutboxState, **values: Any) -> bool:
    result: Any = session.execute(
        update(OutboxRow)
        .where(
            col(OutboxRow.id) == row.id,
            col(OutboxRow.token) == row.token,
            col(OutboxRow.state) == was.value,
        )
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    return bool(result.rowcount)


def _settle_cut_off(session: Session, now: datetime) -> None:
    """Decide about rows whose sender died between leaving and answer."""
    is_cut_off = and_(
        col(OutboxRow.state) == OutboxState.SENDING.value, col(OutboxRow.lease_until) <= now
    )
    for repeatable, state in ((True, OutboxState.PENDING), (False, OutboxState.UNKNOWN)):
        session.execute(
            update(OutboxRow)
            .where(is_cut_off, col(OutboxRow.repeatable).is_(repeatable))
            .values(
                state=state.value,
                last_error=_CUT_OFF,
                lease_until=None,
                finished_at=None if repeatable else now,
            )
            .execution_options(synchronize_session=False)
        )


def _fail_later_parts(session: Session, row: OutboxRow, now: datetime) -> None:
    if row.series is None:
        return
    session.execute(
        update(OutboxRow)
        .where(
            col(OutboxRow.series) == row.series,
            col(OutboxRow.position) > row.position,
            col(OutboxRow.state) == OutboxState.PENDING.value,
        )
        .values(state=OutboxState.FAILED.value, last_error=_AFTER_PART, finished_at=now)
        .execution_options(synchronize_session=False)
    )


def rows_in(
    session: Session, states: Sequence[str] = (), *, limit: int = 50, before_id: int | None = None
) -> list[OutboxRow]:
    """Return rows, newest first; all states if none is named."""
    query = select(OutboxRow).order_by(col(OutboxRow.id).desc()).limit(limit)
    if states:
        query = query.where(col(OutboxRow.state).in_(states))
    if before_id is not None:
        query = query.where(col(OutboxRow.id) < before_id)
    return list(session.scalars(query))
