"""Keeps the sums that lists and digests read, after an analysis and when a service starts."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from feedback_nlp.config import PipelineConfig
from feedback_nlp.errors import NotFound
from feedback_nlp.pipeline import tell_week
from feedback_nlp.store import Database, rollup, standings
from feedback_nlp.week import keeping
from feedback_nlp.weeks import Scope


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


def unkept_weeks(database: Database, *, zone: ZoneInfo, now: datetime) -> list[Scope]:
    """Return past weeks and months whose first visitor would wait, the newest first."""
    with database.read() as session:
        return keeping.unkept(session, zone=zone, now=now)


def keep_past_week(database: Database, config: PipelineConfig, scope: Scope) -> int:
    """Compute where topics and requests stood at the end of a week; return what was kept."""
    with database.read() as session:
        keeping.stand(session, scope, config.rank)
    return standings.keep(database, session)
