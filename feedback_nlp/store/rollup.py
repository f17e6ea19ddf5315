"""Kept sums of topics and requests, so that a list costs what it shows.

Triggers append to ``stale`` whatever a change touches (migration ``20261126_reading_speed``).
A subject without a line there has sums that hold; the others are counted anew from the rows by
whoever reads, so that a number is right at every moment, and :func:`refresh` makes their sums
hold again. Both ways count by the same statement.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from functools import partial
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Subquery,
    case,
    delete,
    func,
    insert,
    literal,
    select,
)
from sqlmodel import Session, col

from feedback_nlp.store.conditions import is_counted
from feedback_nlp.store.database import Database
from feedback_nlp.store.rollup_tables import Stale, SubjectCount, WeekStanding
from feedback_nlp.store.tables import Evidence, Feedback, FeedbackUnit, Setting

_REFRESHES = "rollup_refreshes"
_PEOPLE = func.count(func.distinct(col(Feedback.person_key)))


class SubjectKind(StrEnum):
    """What sums are kept of."""

    TOPIC = "topic"
    REQUEST = "request"


def stale_subjects(kind: SubjectKind) -> Any:
    """Return the ids of the subjects whose sums do not hold."""
    return select(col(Stale.subject_id)).where(col(Stale.kind) == kind.value).distinct()


def counted_topics(*conditions: ColumnElement[bool]) -> Any:
    """Return ``topic_id, units, posts, people, last_seen_at`` from the rows.

    Spam and copy-paste bursts count nowhere.
    """
    return (
        select(
            col(FeedbackUnit.topic_id).label("subject_id"),
            func.count().label("units"),
            func.count(func.distinct(col(FeedbackUnit.feedback_id))).label("posts"),
            _PEOPLE.label("people"),
            func.max(col(Feedback.occurred_at)).label("last_seen_at"),
        )
        .join(Feedback, col(Feedback.id) == col(FeedbackUnit.feedback_id))
        .where(col(FeedbackUnit.topic_id).is_not(None), is_counted(), *conditions)
        .group_by(col(FeedbackUnit.topic_id))
    )


def counted_requests(*conditions: ColumnElement[bool]) -> Any:
    """Return ``request_id, units, posts, people, last_seen_at`` from the rows.

    Bursts are evidence, but neither posts nor people.
    """
    return (
        select(
            col(Evidence.request_id).label("subject_id"),
            func.count().label("units"),
            func.count(func.distinct(case((is_counted(), col(Feedback.id))))).label("posts"),
            func.count(func.distinct(case((is_counted(), col(Feedback.person_key))))).label(
                "people"
            ),
            func.max(col(Feedback.occurred_at)).label("last_seen_at"),
        )
        .join(FeedbackUnit, col(FeedbackUnit.id) == col(Evidence.unit_id))
        .join(Feedback, col(Feedback.id) == col(FeedbackUnit.feedback_id))
        .where(*conditions)
        .group_by(col(Evidence.request_id))
    )


def sums(
    kind: SubjectKind,
    product: str | None = None,
    only: Any = None,
    source_id: int | None = None,
) -> Subquery:
    """Return ``subject_id, units, posts, people, last_seen_at`` of subjects, as they are now.

    Args:
        kind: Topics, or requests.
        product: Count this product's feedback only (of topics).
        only: Ids, or a query of ids, that are wanted; all by default.
        source_id: Count only what came from this source; subjects without any are left out.
    """
    stale = stale_subjects(kind)
    kept: Any = select(
        col(SubjectCount.subject_id).label("subject_id"),
        col(SubjectCount.units).label("units"),
        col(SubjectCount.posts).label("posts"),
        col(SubjectCount.people).label("people"),
        col(SubjectCount.last_seen_at).label("last_seen_at"),
    ).where(
        col(SubjectCount.kind) == kind.value,
        col(SubjectCount.product) == (product or ""),
        col(SubjectCount.source_id) == (source_id or 0),
        col(SubjectCount.subject_id).not_in(stale),
    )
    subject: Any = col(FeedbackUnit.topic_id if kind is SubjectKind.TOPIC else Evidence.request_id)
    # Asked first and once: PostgreSQL would read all that was said of a subject to find that its
    # sums hold.
    is_any = select(col(Stale.id)).where(col(Stale.kind) == kind.value)
    if only is not None:
        is_any = is_any.where(col(Stale.subject_id).in_(only))
    conditions = [is_any.exists(), subject.in_(stale)]
    if product is not None:
        # Not served by an index: the stale subjects are few, the product's feedback is not.
        conditions.append(func.coalesce(col(Feedback.product), "") == product)
    if source_id is not None:
        conditions.append(func.coalesce(col(Feedback.source_id), 0) == source_id)
    if only is not None:
        kept = kept.where(col(SubjectCount.subject_id).in_(only))
        conditions.append(subject.in_(only))
    counted = counted_topics if kind is SubjectKind.TOPIC else counted_requests
    both = kept.union_all(counted(*conditions))
    found: Subquery = both.subquery()
    return found


def refresh(database: Database, limit: int | None = None) -> int:
    """Make the sums of stale subjects hold again, one short transaction a subject.

    Args:
        database: Open, with its schema at head.
        limit: At most so many subjects.

    Returns:
        How many subjects were counted.
    """
    with database.read() as session:
        found = [
            (kind, subject_id)
            for kind in SubjectKind
            for subject_id in session.scalars(stale_subjects(kind))
        ]
    for kind, subject_id in found[:limit]:
        _refresh_subject(database, kind, subject_id)
    return len(found[:limit])


def _refresh_subject(database: Database, kind: SubjectKind, subject_id: int) -> None:
    """Count one subject from its rows, and forget that its sums were stale.

    Counting takes as long as the subject is large, so it is done on a snapshot and nobody waits.
    """
    mine = (col(Stale.kind) == kind.value) & (col(Stale.subject_id) == subject_id)
    with database.read() as session:
        # What is seen here is in the counts below; what comes later stays on the list.
        last, first_at = session.execute(
            select(func.max(col(Stale.id)), func.min(col(Stale.said_at))).where(mine)
        ).one()
        rows = [] if last is None else list(_counted(session, kind, subject_id))
    if last is None:
        return
    with database.write() as session:
        if session.scalar(select(col(Stale.id)).where(mine, col(Stale.id) == last)) is None:
            return  # somebody else counted it meanwhile, and may have seen more
        _run(
            session,
            delete(SubjectCount).where(
                col(SubjectCount.kind) == kind.value, col(SubjectCount.subject_id) == subject_id
            ),
        )
        if rows:
            session.execute(insert(SubjectCount), rows)
        _run(
            session,
            delete(WeekStanding).where(
                col(WeekStanding.kind) == kind.value,
                col(WeekStanding.subject_id) == subject_id,
                col(WeekStanding.end_at) > first_at,
            ),
        )
        _run(session, delete(Stale).where(mine, col(Stale.id) <= last))
        counter = session.get(Setting, _REFRESHES) or Setting(key=_REFRESHES)
        counter.value = {"n": counter.value.get("n", 0) + 1}
        session.add(counter)


def refreshes(session: Session) -> int:
    """Return how often sums were refreshed, ever: who sees the same number twice missed none."""
    value = session.scalar(select(col(Setting.value)).where(col(Setting.key) == _REFRESHES))
    return int((value or {}).get("n", 0))


def _counted(session: Session, kind: SubjectKind, subject_id: int) -> Iterable[dict[str, Any]]:
    """Yield the rows of a subject: over all, of each source, and of topics of each product, too."""
    source, product = col(Feedback.source_id), col(Feedback.product)
    if kind is SubjectKind.REQUEST:
        counted = partial(counted_requests, col(Evidence.request_id) == subject_id)
    else:
        counted = partial(counted_topics, col(FeedbackUnit.topic_id) == subject_id)
    for of_product in (False,) if kind is SubjectKind.REQUEST else (False, True):
        for of_source in (False, True):
            statement = counted(*([product.is_not(None)] if of_product else []))
            statement = statement.add_columns(
                (product if of_product else literal("")).label("product"),
                (source if of_source else literal(0)).label("source_id"),
            ).group_by(*([product] if of_product else []), *([source] if of_source else []))
            for row in session.execute(statement).mappings():
                yield {"kind": kind.value, **row}


def _run(session: Session, statement: Any) -> None:
    session.execute(statement.execution_options(synchronize_session=False))
