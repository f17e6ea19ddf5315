"""Read queries for lists of feedback and topics, page by page.

Pages are keyset pages: the position after which the next page starts is the sort key
of the last row seen, so rows that arrive meanwhile neither repeat nor hide others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, Subquery, and_, func, literal, or_
from sqlalchemy import select as select_columns
from sqlalchemy.sql import ColumnElement
from sqlmodel import Session, col, select

from feedback_nlp.errors import NotFound
from feedback_nlp.store.counting import is_counted
from feedback_nlp.store.search import matches
from feedback_nlp.store.tables import Feedback, FeedbackUnit, Source, Topic
from feedback_nlp.store.voices import CHANNEL


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


class UnitRow(NamedTuple):
    """One unit with its topic's name, ``None`` if it fits nowhere."""

    unit: FeedbackUnit
    topic_name: str | None


class Quote(NamedTuple):
    """A unit as it is shown to people: the words, and where they come from."""

    unit: FeedbackUnit
    feedback: Feedback
    source: Source

    @property
    def text(self) -> str:
        """The words of the unit."""
        return self.feedback.text[self.unit.start : self.unit.end]


class TopicPosition(NamedTuple):
    """Where a page of topics ended: most feedback first, then the lower id."""

    feedback_count: int
    id: int


class TopicRow(NamedTuple):
    """One topic with its size in the asked stretch of time.

    Copies count once in ``people_count``; spam and bursts count nowhere, as in the digest.
    """

    topic: Topic
    unit_count: int
    feedback_count: int
    people_count: int
    last_seen_at: datetime | None

    def sizes(self) -> dict[str, Any]:
        """Return everything but the topic itself, by name."""
        return {name: value for name, value in self._asdict().items() if name != "topic"}


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
        .where(*_feedback_conditions(session, wanted))
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
        .where(*_feedback_conditions(session, wanted))
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


def units_of(session: Session, feedback_ids: Sequence[int]) -> dict[int, list[UnitRow]]:
    """Return the units of each feedback in text order, with the names of their topics."""
    found: dict[int, list[UnitRow]] = {id_: [] for id_ in feedback_ids}
    statement = (
        select(FeedbackUnit, Topic.name)
        .outerjoin(Topic, col(Topic.id) == col(FeedbackUnit.topic_id))
        .where(col(FeedbackUnit.feedback_id).in_(feedback_ids))
        .order_by(col(FeedbackUnit.feedback_id), col(FeedbackUnit.position))
    )
    for unit, topic_name in session.exec(statement).all():
        found[unit.feedback_id].append(UnitRow(unit, topic_name))
    return found


def quotes(session: Session, unit_ids: Iterable[int]) -> list[Quote]:
    """Return units with their feedback, in the order asked for; unknown ids are left out."""
    wanted = list(unit_ids)
    rows = session.exec(_quote_statement().where(col(FeedbackUnit.id).in_(wanted))).all()
    by_id = {row[0].id: Quote(*row) for row in rows}
    return [by_id[id_] for id_ in wanted if id_ in by_id]


def topic_page(
    session: Session,
    *,
    limit: int,
    after: TopicPosition | None = None,
    state: str | None = None,
    kind: str | None = None,
    include_muted: bool = False,
    product: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[TopicRow]:
    """Return up to ``limit`` topics, those with most feedback first, that follow ``after``.

    Args:
        session: A reading session.
        limit: Size of the page.
        after: Where the last page ended.
        state: Only topics in this state.
        kind: Only topics of this kind.
        include_muted: Also topics that people muted.
        product: Count only this product's feedback, and leave topics without any out.
        since: Count from here on, and leave topics without any out.
        until: Count up to here, exclusive, and leave topics without any out.
    """
    narrowed = product is not None or since is not None or until is not None
    counts = _topic_counts(product, since, until)
    size = func.coalesce(counts.c.feedback_count, literal(0))
    statement = _topic_statement(counts)
    if narrowed:
        statement = statement.where(size > 0)
    if state is not None:
        statement = statement.where(col(Topic.state) == state)
    if kind is not None:
        statement = statement.where(col(Topic.kind) == kind)
    if not include_muted:
        statement = statement.where(col(Topic.muted).is_(False))
    if after is not None:
        statement = statement.where(
            or_(
                size < after.feedback_count,
                and_(size == after.feedback_count, col(Topic.id) > after.id),
            )
        )
    statement = statement.order_by(size.desc(), col(Topic.id)).limit(limit)
    return [TopicRow(*row) for row in session.execute(statement).all()]


def topic_row(session: Session, topic_id: int) -> TopicRow:
    """Return one topic with its size over all time.

    Raises:
        NotFound: If there is no such topic.
    """
    statement = _topic_statement(_topic_counts(None, None, None)).where(col(Topic.id) == topic_id)
    row = session.execute(statement).first()
    if row is None:
        raise NotFound(f"没有编号为 {topic_id} 的主题", hint="主题编号见 GET /v1/topics")
    return TopicRow(*row)


def _feedback_conditions(session: Session, wanted: FeedbackFilter) -> list[ColumnElement[bool]]:
    equal: list[tuple[Any, object]] = [
        (col(Source.name), wanted.source),
        (col(Feedback.product), wanted.product),
        (CHANNEL, wanted.channel),
        (col(Feedback.sentiment), wanted.sentiment),
        (col(Feedback.intent), wanted.intent),
    ]
    conditions = [column == value for column, value in equal if value is not None]
    if wanted.since is not None:
        conditions.append(col(Feedback.occurred_at) >= wanted.since)
    if wanted.until is not None:
        conditions.append(col(Feedback.occurred_at) < wanted.until)
    if wanted.topic_id is not None:
        family = select(Topic.id).where(
            or_(col(Topic.id) == wanted.topic_id, col(Topic.parent_id) == wanted.topic_id)
        )
        conditions.append(
            col(Feedback.id).in_(
                select(FeedbackUnit.feedback_id).where(col(FeedbackUnit.topic_id).in_(family))
            )
        )
    if wanted.query is not None:
        conditions.append(matches(session, wanted.query))
    return conditions


def _quote_statement() -> Any:
    return (
        select(FeedbackUnit, Feedback, Source)
        .join(Feedback, col(Feedback.id) == col(FeedbackUnit.feedback_id))
        .join(Source, col(Source.id) == col(Feedback.source_id))
    )


def _topic_counts(product: str | None, since: datetime | None, until: datetime | None) -> Subquery:
    statement: Any = (
        select_columns(
            col(FeedbackUnit.topic_id).label("topic_id"),
            func.count().label("unit_count"),
            func.count(func.distinct(col(FeedbackUnit.feedback_id))).label("feedback_count"),
            func.count(func.distinct(col(Feedback.person_key))).label("people_count"),
            func.max(col(Feedback.occurred_at)).label("last_seen_at"),
        )
        .join(Feedback, col(Feedback.id) == col(FeedbackUnit.feedback_id))
        .where(col(FeedbackUnit.topic_id).is_not(None), is_counted())
        .group_by(col(FeedbackUnit.topic_id))
    )
    if product is not None:
        statement = statement.where(col(Feedback.product) == product)
    if since is not None:
        statement = statement.where(col(Feedback.occurred_at) >= since)
    if until is not None:
        statement = statement.where(col(Feedback.occurred_at) < until)
    counts: Subquery = statement.subquery()
    return counts


def _topic_statement(counts: Subquery) -> Select[Any]:
    zero = literal(0)
    return select_columns(
        Topic,
        func.coalesce(counts.c.unit_count, zero),
        func.coalesce(counts.c.feedback_count, zero),
        func.coalesce(counts.c.people_count, zero),
        counts.c.last_seen_at,
    ).outerjoin(counts, counts.c.topic_id == col(Topic.id))
