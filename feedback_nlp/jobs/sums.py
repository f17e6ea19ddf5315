"""Keeps the sums that lists and digests read, after an analysis and when a service starts."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from feedback_nlp.config import PipelineConfig
from feedback_nlp.errors import NotFound
from feedback_nlp.pipeline import tell_week
from feedback_nlp.store import Database, rollup, standings


def keep_sums(database: Database) -> int:
    """Make kept sums hold again, a subject at a time; return how many were counted.

    Nothing depends on it being done: until then a list counts what is stale from the rows.
    """
    return rollup.refresh(database)


def keep_week(database: Database, config: PipelineConfig, *, zone: ZoneInfo, now: datetime) -> int:
    """Compute where the topics of the week's list stand, so that nobody waits for it.

    Returns:
        How many figures were kept; what holds already is not computed again.
    """
    with database.read() as session:
        try:
            tell_week(session, config, zone=zone, now=now)
        except NotFound:  # nothing to tell yet
            return 0
    return standings.keep(database, session)
