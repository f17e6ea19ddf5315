"""How often something was changed that figures of past weeks are made of.

New feedback that nobody has read yet changes nothing that was told before: it adds to the weeks
in which it was said, and whoever keeps figures asks for those (:func:`arrived`). Everything else
that a figure comes from counts as a change: each analysis, each edit, each deletion. Triggers
count (migration ``20261127_change_count``), so that no writer is missed, also one that is written
later (but for new feedback on SQLite: only the analysis says what there is to tell of it, and that
updates); a sign of life of a worker, a job, a line of the audit are nothing that a page tells of.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlmodel import Session, col

from feedback_nlp.store.tables import Feedback


def arrived(session: Session, since: datetime, until: datetime) -> int:
    """Return how many feedback of a stretch of time are stored: it grows as they come in."""
    moment = col(Feedback.occurred_at)
    return session.scalar(select(func.count()).where(moment >= since, moment < until)) or 0
