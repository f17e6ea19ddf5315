"""Delivers what this deployment owes now, with its outlets and all causes that it knows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime

from feedback_nlp.jobs.deliver import Cause, Deliverer
from feedback_nlp.outlets.config import Outlets
from feedback_nlp.store import Database

#: Kinds of rows that need more than the row to be sent, or that want to hear what became of it.
CAUSES: Mapping[str, Cause] = {}


def deliver_now(
    database: Database, outlets: Outlets, *, now: Callable[[], datetime], limit: int = 1_000
) -> Counter[str]:
    """Send what is due, at most ``limit`` attempts; count the rows by their new state.

    Args:
        database: Open, with its schema at head.
        outlets: The configured ones.
        now: The clock.
        limit: Of attempts.
    """
    return Deliverer(database, outlets.senders, now=now, causes=CAUSES).run(limit=limit)
