"""Delivers what this deployment owes now, with its outlets and all causes that it knows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import Session

from feedback_nlp.jobs.deliver import Cause, Deliverer, Withdrawn
from feedback_nlp.jobs.notices import KIND, NoticeCause
from feedback_nlp.outlets.config import Outlets
from feedback_nlp.outlets.records import Sender
from feedback_nlp.settings import Settings
from feedback_nlp.store import Database
from feedback_nlp.store.outbox_erasing import must_be_made
from feedback_nlp.store.outbox_tables import OutboxRow


@dataclass(frozen=True, slots=True)
class DigestCause:
    """Makes a digest anew that was emptied because it spoke of somebody who is erased.

    Attributes:
        settings: Say how a week is told.
        senders: The configured outlets, by name.
    """

    settings: Settings | None = None
    senders: Mapping[str, Sender] = field(default_factory=dict)

    def part(self, session: Session, row: OutboxRow) -> Mapping[str, Any]:
        """Return what the row says, or the same of today.

        Raises:
            Withdrawn: If it must be made anew and cannot.
        """
        if not must_be_made(row):
            return row.payload
        sender = self.senders.get(row.outlet)
        if self.settings is None or sender is None:
            raise Withdrawn(row.last_error)
        from feedback_nlp.config import load_config  # noqa: PLC0415
        from feedback_nlp.jobs.send_digest import made_anew  # noqa: PLC0415 - loads all stages

        config = load_config(self.settings.pipeline)
        return made_anew(session, row, sender, config, zone=self.settings.zone)

    def settled(self, session: Session, row: OutboxRow) -> None:
        """Nobody asks what became of it."""


#: Kinds of rows that need more than the row to be sent, or that want to hear what became of it.
CAUSES: Mapping[str, Cause] = {KIND: NoticeCause(), "digest": DigestCause()}


def causes_of(
    settings: Settings, senders: Mapping[str, Sender] | None = None
) -> Mapping[str, Cause]:
    """Return the causes with what a deployment has set."""
    return {
        KIND: NoticeCause(settings.plain_secret, settings.public_url),
        "digest": DigestCause(settings, senders or {}),
    }


def deliver_now(
    database: Database,
    outlets: Outlets,
    *,
    now: Callable[[], datetime],
    limit: int = 1_000,
    settings: Settings | None = None,
) -> Counter[str]:
    """Send what is due, at most ``limit`` attempts; count the rows by their new state.

    Args:
        database: Open, with its schema at head.
        outlets: The configured ones.
        now: The clock.
        limit: Of attempts.
        settings: Hold the secret that opens addresses, and say how a week is told.
    """
    causes = CAUSES if settings is None else causes_of(settings, outlets.senders)
    return Deliverer(database, outlets.senders, now=now, causes=causes).run(limit=limit)


def tell_causes(session: Session, rows: Iterable[OutboxRow]) -> None:
    """Let causes note that a person changed the state of their rows, in the same transaction."""
    for row in rows:
        cause = CAUSES.get(row.kind)
        if cause is not None:
            cause.settled(session, row)
