"""Delivers what this deployment owes now, with its outlets and all causes that it knows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from sqlmodel import Session

from feedback_nlp.jobs.deliver import Cause, Deliverer
from feedback_nlp.jobs.notices import KIND, NoticeCause
from feedback_nlp.outlets.config import Outlets
from feedback_nlp.settings import Settings
from feedback_nlp.store import Database
from feedback_nlp.store.outbox_tables import OutboxRow

#: Kinds of rows that need more than the row to be sent, or that want to hear what became of it.
CAUSES: Mapping[str, Cause] = {KIND: NoticeCause()}


def causes_of(settings: Settings) -> Mapping[str, Cause]:
    """Return the causes with what a deployment has set."""
    secret = settings.plain_secret
    return {KIND: NoticeCause(secret, settings.public_url)}


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
        settings: Hold the secret that opens addresses, if it is configured.
    """
    causes = CAUSES if settings is None else causes_of(settings)
    return Deliverer(database, outlets.senders, now=now, causes=causes).run(limit=limit)


def tell_causes(session: Session, rows: Iterable[OutboxRow]) -> None:
    """Let causes note that a person changed the state of their rows, in the same transaction."""
    for row in rows:
        cause = CAUSES.get(row.kind)
        if cause is not None:
            cause.settled(session, row)
