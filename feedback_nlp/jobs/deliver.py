"""The deliverer: takes what is due from the outbox, sends it, and writes what became of it.

Any number of deliverers may run, in any number of processes: each row is leased to one,
and see :mod:`feedback_nlp.store.outbox` for what a kill at each point does.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog
from sqlmodel import Session

from feedback_nlp.outlets.records import Message, Outcome, OutcomeKind, Pace, Sender
from feedback_nlp.store import Database, outbox
from feedback_nlp.store.outbox_pace import hold, stop
from feedback_nlp.store.outbox_tables import OutboxRow

_MAX_ASKED_SECONDS = 24 * 3600.0
_log = structlog.get_logger("feedback_nlp.deliver")


class Withdrawn(Exception):
    """The cause of a message no longer holds: do not send it. Says why, in Chinese."""


class Cause(Protocol):
    """What stands behind rows of one kind, where a row alone does not say everything."""

    def part(self, session: Session, row: OutboxRow) -> Mapping[str, Any]:
        """Return what to send now, in a reading session.

        Raises:
            Withdrawn: If nothing is to be sent any more.
        """
        ...

    def settled(self, session: Session, row: OutboxRow) -> None:
        """Note the row's new state, in the transaction that writes it."""
        ...


@dataclass(frozen=True, slots=True)
class Deliverer:
    """Sends what is due.

    Attributes:
        database: Open, with its schema at head.
        senders: The configured outlets, by name.
        now: The clock.
        causes: By kind of row, where sending needs more than the row.
        jitter: Returns 0–1: pauses grow by up to a fifth, so that senders part ways.
        lease_seconds: Longer than any sender takes.
    """

    database: Database
    senders: Mapping[str, Sender]
    now: Callable[[], datetime]
    causes: Mapping[str, Cause] = field(default_factory=dict)
    jitter: Callable[[], float] = random.random
    lease_seconds: float = outbox.LEASE_SECONDS

    def run(self, *, limit: int = 1_000) -> Counter[str]:
        """Send what is due now, at most ``limit`` attempts; count the rows by their new state."""
        counts: Counter[str] = Counter()
        for _ in range(limit):
            with self.database.write() as session:
                row = outbox.claim(
                    session, now=self.now(), pace_of=self._pace, lease_seconds=self.lease_seconds
                )
            if row is None:
                break
            counts[self._deliver(row)] += 1
        return counts

    def _pace(self, outlet: str) -> Pace | None:
        sender = self.senders.get(outlet)
        return sender.pace if sender else None

    def _deliver(self, row: OutboxRow) -> str:
        sender = self.senders.get(row.outlet)
        if sender is None:
            outcome = Outcome(OutcomeKind.REFUSED, f"没有配置名为 {row.outlet} 的出口")
            return self._record(row, outcome, None)
        try:
            part = self._part(row)
        except Withdrawn as reason:
            with self.database.write() as session:
                if outbox.withdraw(session, row, str(reason), now=self.now()):
                    self._tell_cause(session, row.id)
            return "cancelled"
        with self.database.write() as session:
            is_mine = outbox.begin(session, row, now=self.now(), lease_seconds=self.lease_seconds)
        if not is_mine:
            return "fenced"
        try:
            outcome = sender.send(part, key=row.key, now=self.now().timestamp())
        except Exception as error:  # a sender's outer edge: one bad row must not stop the others
            _log.error("sender_failed", outbox_id=row.id, error=type(error).__name__)
            outcome = Outcome(OutcomeKind.UNKNOWN, f"发送程序出错（{type(error).__name__}）")
        return self._record(row, outcome, self._next_attempt(row, sender, outcome))

    def _part(self, row: OutboxRow) -> Mapping[str, Any]:
        cause = self.causes.get(row.kind)
        if cause is None:
            return row.payload
        with self.database.read() as session:
            return cause.part(session, row)

    def _next_attempt(self, row: OutboxRow, sender: Sender, outcome: Outcome) -> datetime | None:
        if row.attempts >= len(sender.pauses):
            return None
        pause = sender.pauses[row.attempts] * (1 + self.jitter() / 5)
        asked = min(outcome.retry_after or 0.0, _MAX_ASKED_SECONDS)
        return self.now() + timedelta(seconds=max(pause, asked))

    def _record(self, row: OutboxRow, outcome: Outcome, retry_at: datetime | None) -> str:
        now = self.now()
        with self.database.write() as session:
            current = outbox.record(session, row, outcome, now=now, retry_at=retry_at)
            if outcome.retry_after:
                asked = timedelta(seconds=min(outcome.retry_after, _MAX_ASKED_SECONDS))
                hold(session, row.outlet, now + asked, pace=self._pace(row.outlet))
            if outcome.stops_outlet:
                stop(session, row.outlet, f"对方不再接收：{outcome.detail}", now=now)
            if current is None:
                _log.warning("outcome_came_too_late", outbox_id=row.id, outcome=outcome.kind.value)
                return "fenced"
            self._tell_cause(session, current.id)
            return current.state

    def _tell_cause(self, session: Session, row_id: int | None) -> None:
        row = session.get(OutboxRow, row_id, populate_existing=True)
        cause = self.causes.get(row.kind) if row else None
        if row is not None and cause is not None:
            cause.settled(session, row)


def put_message(
    session: Session,
    sender: Sender,
    outlet: str,
    message: Message,
    *,
    key: str,
    kind: str,
    now: datetime,
    not_before: datetime | None = None,
) -> int:
    """Owe a message through an outlet, in the caller's transaction; return how many rows are new.

    A message that takes several requests becomes a series of rows: a kill between two of
    them sends none again.

    Args:
        session: The writing session of the cause.
        sender: The outlet's.
        outlet: Its name.
        message: What to say.
        key: Made from the cause alone, at most 180 characters.
        kind: What it is.
        now: The time of the cause.
        not_before: Earliest time of the first attempt.
    """
    parts = sender.parts(message, now=now)
    return sum(
        outbox.put(
            session,
            key=key if len(parts) == 1 else f"{key}#{position + 1}",
            kind=kind,
            channel=sender.channel.value,
            outlet=outlet,
            title=message.title,
            payload=part,
            now=now,
            repeatable=sender.repeatable,
            series=key if sender.ordered and len(parts) > 1 else None,
            position=position,
            not_before=not_before,
        )
        for position, part in enumerate(parts)
    )
