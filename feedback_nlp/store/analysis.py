"""What the analysis reads and writes: pending feedback, units, groups of copies, topics.

The understanding of each chunk of feedback is one transaction; what depends on all
feedback (copies, topics, requests) is one more. So a run that is killed anywhere and
started again ends where an undisturbed one ends.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, or_, select, update
from sqlmodel import Session, col

from feedback_nlp.labels import Intent, RunKind, RunStatus
from feedback_nlp.records import Understanding
from feedback_nlp.store.judgements import lay_over
from feedback_nlp.store.plans import overtaken
from feedback_nlp.store.rereading import write_units
from feedback_nlp.store.tables import Feedback, FeedbackUnit, Run


@dataclass(frozen=True, slots=True)
class PendingFeedback:
    """A feedback that no run has read yet."""

    feedback_id: int
    text: str
    rating: float | None


@dataclass(frozen=True, slots=True)
class StoredFeedback:
    """What grouping copies needs to know of an analysed feedback."""

    feedback_id: int
    text: str
    author_key: str | None
    channel: str | None
    occurred_at: datetime
    duplicate_of: int | None
    is_burst: bool
    person_key: str | None


@dataclass(frozen=True, slots=True)
class StoredUnit:
    """A unit with what the topic stage needs of its feedback."""

    unit_id: int
    feedback_id: int
    text: str
    intent: str
    sentiment_score: float
    product: str
    occurred_at: datetime
    person_key: str | None
    topic_id: int | None
    assigned_by: str
    is_burst: bool


def start_run(
    session: Session, *, config: Mapping[str, Any], versions: Mapping[str, str], now: datetime
) -> int:
    """Open a run, closing those that a crash left open: who calls this keeps others out."""
    for run in session.scalars(select(Run).where(col(Run.status) == RunStatus.RUNNING.value)):
        run.status, run.finished_at = RunStatus.ABORTED.value, now
        session.add(run)
    run = Run(
        kind=RunKind.ANALYZE.value,
        config=dict(config),
        versions=dict(versions),
        figures={},
        started_at=now,
    )
    session.add(run)
    session.flush()
    assert run.id is not None
    return run.id


def require_open(session: Session, run_id: int) -> None:
    """Refuse to write for a run that another one has taken the place of.

    Called first in each transaction of a run; on a server it keeps others from taking its
    place until the transaction ends.

    Raises:
        Conflict: If the run is closed.
    """
    status = session.scalar(
        select(col(Run.status)).where(col(Run.id) == run_id).with_for_update(read=True)
    )
    if status != RunStatus.RUNNING:
        raise overtaken(run_id)


def finish_run(session: Session, run_id: int, *, figures: Mapping[str, Any], now: datetime) -> None:
    """Close a run with its figures, in the transaction that stores what it found.

    Raises:
        Conflict: If another run has begun meanwhile, because this one lost its lock: nothing
            may be stored.
    """
    closed = session.execute(
        update(Run)
        .where(col(Run.id) == run_id, col(Run.status) == RunStatus.RUNNING.value)
        .values(status=RunStatus.COMPLETE.value, figures=dict(figures), finished_at=now)
    )
    if closed.rowcount != 1:  # type: ignore[attr-defined]
        raise overtaken(run_id)


def count_pending(session: Session, current: Collection[int] | None = None) -> int:
    """Count the feedback to read.

    Args:
        session: A reading session.
        current: Runs that read as it is read now; what others read is pending, too. Left
            out, only what no run has read is counted.
    """
    return (
        session.scalar(select(func.count()).select_from(Feedback).where(_is_pending(current))) or 0
    )


def newest_id(session: Session) -> int:
    """Return the id of the feedback that came in last, 0 if there is none."""
    return session.scalar(select(func.max(col(Feedback.id)))) or 0


def pending(
    session: Session, limit: int, current: Collection[int] | None, *, after: int, until: int
) -> list[PendingFeedback]:
    """Return the next feedback to read, oldest id first, of the ids above ``after``.

    Those above ``until`` came in since the run began and are the next run's: a run that read
    them would not end while people go on posting.
    """
    rows = session.execute(
        select(col(Feedback.id), col(Feedback.text), col(Feedback.rating))
        .where(_is_pending(current), col(Feedback.id) > after, col(Feedback.id) <= until)
        .order_by(col(Feedback.id))
        .limit(limit)
    )
    return [PendingFeedback(*row) for row in rows]


def reading_runs(session: Session) -> dict[int, Mapping[str, str]]:
    """Return the versions of the runs by which the feedback is read as it is stored, by id."""
    read = select(col(Feedback.analyzed_run_id)).distinct()
    return {
        run.id or 0: run.versions
        for run in session.scalars(select(Run).where(col(Run.id).in_(read)).order_by(col(Run.id)))
    }


def _is_pending(current: Collection[int] | None) -> ColumnElement[bool]:
    unread = col(Feedback.analyzed_run_id).is_(None)
    if current is None:
        return unread
    return unread | col(Feedback.analyzed_run_id).not_in(sorted(current))


def save_understandings(
    session: Session,
    run_id: int,
    understood: Sequence[tuple[PendingFeedback, Understanding | None, bool]],
) -> None:
    """Write what the engine read out of a chunk: ``(feedback, understanding, is_spam)``.

    A feedback without content has no understanding: no sentiment, no intent, no units. What
    was read before keeps its units, see :mod:`feedback_nlp.store.rereading`; what people say
    that a unit means stands, see :mod:`feedback_nlp.store.judgements`.
    """
    session.connection().execute(
        update(Feedback).where(col(Feedback.id) == bindparam("b_id")),
        [
            {
                "b_id": feedback.feedback_id,
                "analyzed_run_id": run_id,
                "sentiment": result.sentiment.value if result else None,
                "sentiment_score": result.sentiment_score if result else None,
                "intent": result.intent.value if result else None,
                "signals": [signal.value for signal in result.signals] if result else [],
                "is_spam": is_spam,
            }
            for feedback, result, is_spam in understood
        ],
    )
    write_units(
        session,
        {
            feedback.feedback_id: [
                {
                    "feedback_id": feedback.feedback_id,
                    "position": position,
                    "start": unit.start,
                    "end": unit.end,
                    "sentiment": unit.sentiment.value,
                    "sentiment_score": unit.sentiment_score,
                    "sentiment_confidence": unit.sentiment_confidence,
                    "intent": unit.intent.value,
                    "intent_confidence": unit.confidence,
                }
                for position, unit in enumerate(result.units if result else ())
            ]
            for feedback, result, _ in understood
        },
    )
    lay_over(session, [feedback.feedback_id for feedback, _, _ in understood])


def analyzed_feedback(session: Session) -> list[StoredFeedback]:
    """Return all analysed feedback, by id."""
    rows = session.execute(
        select(
            col(Feedback.id),
            col(Feedback.text),
            col(Feedback.author_key),
            col(Feedback.channel),
            col(Feedback.occurred_at),
            col(Feedback.duplicate_of),
            col(Feedback.is_burst),
            col(Feedback.person_key),
        )
        .where(col(Feedback.analyzed_run_id).is_not(None))
        .order_by(col(Feedback.id))
    )
    return [StoredFeedback(*row) for row in rows]


def save_people(session: Session, changed: Iterable[tuple[int, int | None, bool, str]]) -> None:
    """Write ``(feedback id, root of its copies, part of a burst, person key)`` where they changed."""
    parameters = [
        {"b_id": id_, "duplicate_of": root, "is_burst": burst, "person_key": person}
        for id_, root, burst, person in changed
    ]
    if parameters:
        session.connection().execute(
            update(Feedback).where(col(Feedback.id) == bindparam("b_id")), parameters
        )


def topic_units(session: Session) -> list[StoredUnit]:
    """Return every unit that may belong to a topic, by id.

    Spam stays out, and so does what people judged to ask nothing (their word has confidence 1).
    """
    rows = session.execute(
        select(
            col(FeedbackUnit.id),
            col(FeedbackUnit.feedback_id),
            # cut there: a long text has hundreds of units, and would come with each of them
            func.substr(
                col(Feedback.text),
                col(FeedbackUnit.start) + 1,
                col(FeedbackUnit.end) - col(FeedbackUnit.start),
            ),
            col(FeedbackUnit.intent),
            col(FeedbackUnit.sentiment_score),
            col(Feedback.product),
            col(Feedback.occurred_at),
            col(Feedback.person_key),
            col(FeedbackUnit.topic_id),
            col(FeedbackUnit.assigned_by),
            col(Feedback.is_burst),
        )
        .join(Feedback, col(Feedback.id) == col(FeedbackUnit.feedback_id))
        .where(
            col(Feedback.is_spam).is_(False),
            or_(
                col(FeedbackUnit.intent) != Intent.OTHER.value,
                col(FeedbackUnit.intent_confidence) < 1.0,
            ),
        )
        .order_by(col(FeedbackUnit.id))
    )
    return [
        StoredUnit(unit_id, feedback_id, text, intent, score, product or "", *rest)
        for unit_id, feedback_id, text, intent, score, product, *rest in rows
    ]


def count_units(session: Session) -> int:
    """Count all units."""
    return session.scalar(select(func.count()).select_from(FeedbackUnit)) or 0
