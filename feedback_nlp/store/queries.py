"""Read queries for lists of feedback and topics, page by page.

Pages are keyset pages: the position after which the next page starts is the sort key
of the last row seen, so rows that arrive meanwhile neither repeat nor hide others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, func, or_
from sqlalchemy.sql import ColumnElement
from sqlmodel import Session, col, select

from feedback_nlp.store.conditions import in_channel
from feedback_nlp.store.search import is_common, matches
from feedback_nlp.store.tables import Feedback, FeedbackUnit, Source, Topic


@dataclass(frozen=True, slots=True)
class FeedbackFilter:
    """Which feedback is wanted; ``None`` means any.

    Attributes:
        topic_id: Feedback with a unit in this topic or in one of its children.
        since, until: ``[since, until)`` on ``occurred_at``, aware.
        query: Words that must all be found in the text.
    """

    source: str | None = None
    product: str | None = None
    channel: str | None = None
    sentiment: str | None = None
    intent: str | None = None
    topic_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    query: str | None = None


class FeedbackPosition(NamedTuple):
    """Where a page of feedback ended: newest first, then the higher id."""

    occurred_at: datetime
    id: int


class FeedbackRow(NamedTuple):
    """One feedback with the source it came from."""

    feedback: Feedback
    source: Source


class StoredKey(NamedTuple):
    """Where a source key is stored, and the batch that brought it."""

    feedback_id: int
    batch_id: int | None


class UnitWithTopic(NamedTuple):
    """One unit with its topic's name, ``None`` if it fits nowhere."""

    unit: FeedbackUnit
    topic_name: str | None


class QuotedUnit(NamedTuple):
    """A unit as it is shown to people: the words, and where they come from."""

    unit: FeedbackUnit
    feedback: Feedback
    source: Source

    @property
    def text(self) -> str:
        """The words of the unit."""
        return self.feedback.text[self.unit.start : self.unit.end]


def feedback_page(
    session: Session,
    wanted: FeedbackFilter,
    *,
    limit: int,
    after: FeedbackPosition | None = None,
) -> list[FeedbackRow]:
    """Return up to ``limit`` feedback, newest first, that follow ``after``."""
    statement = (
        select(Feedback, Source)
        .join(Source, col(Source.id) == col(Feedback.source_id))
        .where(*_feedback_conditions(session, wanted, walked=True))
    )
    if after is not None:
        statement = statement.where(
            or_(
                col(Feedback.occurred_at) < after.occurred_at,
                and_(col(Feedback.occurred_at) == after.occurred_at, col(Feedback.id) < after.id),
            )
        )
    statement = statement.order_by(col(Feedback.occurred_at).desc(), col(Feedback.id).desc()).limit(
        limit
    )
    return [FeedbackRow(*row) for row in session.exec(statement).all()]


def feedback_count(session: Session, wanted: FeedbackFilter) -> int:
    """Return how many feedback there are in all."""
    statement = (
        select(func.count())
        .select_from(Feedback)
        .join(Source, col(Source.id) == col(Feedback.source_id))
        .where(*_feedback_conditions(session, wanted, walked=False))
    )
    return session.exec(statement).one()


def stored_keys(session: Session, source: str, keys: Iterable[str]) -> dict[str, StoredKey]:
    """Return what is stored of one source under these keys; keys that are not are left out."""
    statement = (
        select(col(Feedback.source_key), col(Feedback.id), col(Feedback.batch_id))
        .join(Source, col(Source.id) == col(Feedback.source_id))
        .where(col(Source.name) == source, col(Feedback.source_key).in_(set(keys)))
    )
    return {key: StoredKey(id_ or 0, batch_id) for key, id_, batch_id in session.exec(statement)}


def units_of(session: Session, feedback_ids: Sequence[int]) -> dict[int, list[UnitWithTopic]]:
    """Return the units of each feedback in text order, with the names of their topics."""
    found: dict[int, list[UnitWithTopic]] = {id_: [] for id_ in feedback_ids}
    statement = (
        select(FeedbackUnit, Topic.name)
        .outerjoin(Topic, col(Topic.id) == col(FeedbackUnit.topic_id))
        .where(col(FeedbackUnit.feedback_id).in_(feedback_ids))
        .order_by(col(FeedbackUnit.feedback_id), col(FeedbackUnit.position))
    )
    for unit, topic_name in session.exec(statement).all():
        found[unit.feedback_id].append(UnitWithTopic(unit, topic_name))
    return found


def quotes(session: Session, unit_ids: Iterable[int]) -> list[QuotedUnit]:
    """Return units with their feedback, in the order asked for; unknown ids are left out."""
    wanted = list(unit_ids)
    rows = session.exec(_quote_statement().where(col(FeedbackUnit.id).in_(wanted))).all()
    by_id = {row[0].id: QuotedUnit(*row) for row in rows}
    return [by_id[id_] for id_ in wanted if id_ in by_id]


def _feedback_conditions(
    session: Session, wanted: FeedbackFilter, *, walked: bool
) -> list[ColumnElement[bool]]:
    equal: list[tuple[Any, object]] = [
        (col(Feedback.product), wanted.product),
        (col(Feedback.sentiment), wanted.sentiment),
        (col(Feedback.intent), wanted.intent),
    ]
    conditions = [column == value for column, value in equal if value is not None]
    if wanted.source is not None:
        source_id = session.scalar(select(Source.id).where(col(Source.name) == wanted.source))
        conditions.append(col(Feedback.source_id) == (source_id or 0))
    if wanted.channel is not None:
        conditions.append(in_channel(session, wanted.channel))
    if walked and len(conditions) > 1:
        conditions = [_narrowed(session, condition) for condition in conditions]
    if wanted.since is not None:
        conditions.append(col(Feedback.occurred_at) >= wanted.since)
    if wanted.until is not None:
        conditions.append(col(Feedback.occurred_at) < wanted.until)
    if wanted.topic_id is not None:
        family = select(Topic.id).where(
            or_(col(Topic.id) == wanted.topic_id, col(Topic.parent_id) == wanted.topic_id)
        )
        of_topic = select(FeedbackUnit.feedback_id).where(col(FeedbackUnit.topic_id).in_(family))
        if walked and is_common(session, of_topic):
            of_topic = of_topic.where(col(FeedbackUnit.feedback_id) == col(Feedback.id))
            conditions.append(of_topic.exists())
        else:
            conditions.append(col(Feedback.id).in_(of_topic))
    if wanted.query is not None:
        conditions.append(matches(session, wanted.query, walked=walked))
    return conditions


def _narrowed(session: Session, condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return a condition as a list of ids if few feedback meet it, so that it leads the search."""
    found = select(Feedback.id).where(condition)
    return condition if is_common(session, found) else col(Feedback.id).in_(found)


def _quote_statement() -> Any:
    return (
        select(FeedbackUnit, Feedback, Source)
        .join(Feedback, col(Feedback.id) == col(FeedbackUnit.feedback_id))
        .join(Source, col(Source.id) == col(Feedback.source_id))
    )


def product_names(session: Session) -> list[str]:
    """Return the products that feedback names, in order.

    From one to the next along the index: PostgreSQL reads every row for a DISTINCT.
    """
    product = col(Feedback.product)
    found: list[str] = []
    following = select(func.min(product)).where(product.is_not(None))
    while (name := session.scalar(following)) is not None:
        found.append(name)
        following = select(func.min(product)).where(product > name)
    return sorted(found)
