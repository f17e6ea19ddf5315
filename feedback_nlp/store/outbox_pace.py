"""How fast an outlet may be spoken to, kept in the database so that all processes share it.

One number an outlet, the time at which it would be idle if it took messages evenly
(generic cell rate algorithm): a message may go while that time is at most one burst ahead.
Half of the allowance is for bursts and half for the steady flow, so that no window of
``pace.seconds``, wherever it begins, holds more than ``pace.count`` messages.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from feedback_nlp.outlets.records import Pace
from feedback_nlp.store.outbox_tables import OutletState

_CROWDED_SECONDS = 90.0  # how long after :00 and :30 robots are crowded


def next_free(
    session: Session,
    outlet: str,
    pace: Pace | None,
    *,
    now: datetime,
    somebody_waits: bool = False,
) -> datetime | str:
    """Take one turn of an outlet if it is free; return when it is, or why it never will be.

    A returned time of at most ``now`` means that the turn was taken. A message that somebody
    waits for goes out in crowded minutes too.
    """
    state = _locked(session, outlet, now)
    if state.stopped_reason is not None:
        return state.stopped_reason
    if pace is not None and pace.avoid_half_hours and not somebody_waits:
        into = (now.minute % 30) * 60 + now.second
        if into < _CROWDED_SECONDS:
            return now + timedelta(seconds=_CROWDED_SECONDS - into)
    if pace is None:
        # a pause that the other side asked for still holds
        return now if state.free_at <= now else state.free_at
    free = state.free_at - _burst(pace)
    if free > now:
        return free
    state.free_at = max(state.free_at, now) + _step(pace)
    session.flush()
    return now


def hold(session: Session, outlet: str, until: datetime, *, pace: Pace | None) -> None:
    """Leave an outlet alone until a time: it asked for a pause."""
    state = _locked(session, outlet, until)
    burst = _burst(pace) if pace is not None else timedelta(0)
    state.free_at = max(state.free_at, until + burst)
    session.flush()


def stop(session: Session, outlet: str, reason: str, *, now: datetime) -> None:
    """Send nothing more to an outlet until a person starts it again."""
    _locked(session, outlet, now).stopped_reason = reason[:300]
    session.flush()


def start(session: Session, outlet: str, *, now: datetime) -> None:
    """Send to an outlet again."""
    _locked(session, outlet, now).stopped_reason = None
    session.flush()


def stopped(session: Session) -> dict[str, str]:
    """Return why outlets are stopped, by name."""
    rows = session.scalars(select(OutletState).where(col(OutletState.stopped_reason).is_not(None)))
    return {row.outlet: row.stopped_reason or "" for row in rows}


def _step(pace: Pace) -> timedelta:
    return timedelta(seconds=2 * pace.seconds / pace.count)


def _burst(pace: Pace) -> timedelta:
    return max(timedelta(0), timedelta(seconds=pace.seconds) - 2 * _step(pace))


def _locked(session: Session, outlet: str, free_at: datetime) -> OutletState:
    insert = (postgresql if session.connection().dialect.name == "postgresql" else sqlite).insert
    session.execute(
        insert(OutletState).values(outlet=outlet, free_at=free_at).on_conflict_do_nothing()
    )
    found = session.scalars(
        select(OutletState)
        .where(col(OutletState.outlet) == outlet)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return found.one()
