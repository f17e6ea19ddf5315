"""Keeps the sums that lists and digests read, after an analysis and when a service starts."""

from __future__ import annotations

from feedback_nlp.store import Database, rollup


def keep_sums(database: Database) -> int:
    """Make kept sums hold again, a subject at a time; return how many were counted.

    Nothing depends on it being done: until then a list counts what is stale from the rows.
    """
    return rollup.refresh(database)
