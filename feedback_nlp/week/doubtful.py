"""待核对: feedback of a week whose stars say the opposite of its words."""

from __future__ import annotations

from sqlalchemy import select
from sqlmodel import Session, col

from feedback_nlp.labels import Measure
from feedback_nlp.store.conditions import CHANNEL, is_counted, is_rating_conflict
from feedback_nlp.store.tables import Feedback
from feedback_nlp.week.counting import count, within
from feedback_nlp.week.item_records import Count
from feedback_nlp.week.records import Doubtful
from feedback_nlp.week.totals import in_week
from feedback_nlp.weeks import Scope


def doubtful(session: Session, scope: Scope, limit: int) -> tuple[tuple[Doubtful, ...], Count]:
    """Return the newest of them, and how many there are.

    Five stars under 再也不用了 may be a slip of the finger, irony or our misreading; which of
    them, only a person can say, so they are neither praise nor hidden.
    """
    where = within(scope, counted=True, rating_conflict=True)
    statement = in_week(select(Feedback, CHANNEL), scope).where(is_counted(), is_rating_conflict())
    newest = statement.order_by(col(Feedback.occurred_at).desc(), col(Feedback.id).desc())
    return (
        tuple(
            Doubtful(
                feedback_id=row.id or 0,
                text=row.text,
                rating=row.rating or 0.0,
                sentiment=row.sentiment or "",
                channel=channel,
                on=row.occurred_at.astimezone(scope.zone).date(),
            )
            for row, channel in session.execute(newest.limit(limit))
        ),
        Count(count(session, Measure.FEEDBACK, where, scope.zone), Measure.FEEDBACK, where),
    )
