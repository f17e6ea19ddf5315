"""What is read of topics: pages with sizes, one topic with its ledger and its units."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, Subquery, and_, func, literal, or_, select
from sqlalchemy import select as select_columns
from sqlmodel import Session, col

from feedback_nlp.errors import NotFound
from feedback_nlp.labels import TopicKind, TopicState
from feedback_nlp.store.rollup import SubjectKind, counted_topics, sums
from feedback_nlp.store.search import is_common
from feedback_nlp.store.tables import Feedback, FeedbackUnit, Topic, TopicEvent


@dataclass(frozen=True, slots=True)
class TopicFilter:
    """Which topics are wanted, and what of them is counted; ``None`` means any.

    Attributes:
        include_muted: Also topics that people muted.
        product: Count only this product's feedback, and leave topics without any out.
        since, until: Count ``[since, until)`` only, and leave topics without any out.
        source_id: Count only what came from this source, and leave topics without any out;
            over all time the sums are kept.
    """

    state: TopicState | None = None
    kind: TopicKind | None = None
    include_muted: bool = False
    product: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    source_id: int | None = None


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


def topic_page(
    session: Session, wanted: TopicFilter, *, limit: int, after: TopicPosition | None = None
) -> list[TopicRow]:
    """Return up to ``limit`` topics, those with most feedback first, that follow ``after``."""
    counts = topic_counts(wanted.product, wanted.since, wanted.until, source_id=wanted.source_id)
    size = func.coalesce(counts.c.posts, literal(0))
    statement = _topic_statement(counts)
    if any(
        asked is not None
        for asked in (wanted.product, wanted.since, wanted.until, wanted.source_id)
    ):
        statement = statement.where(size > 0)
    if wanted.state is not None:
        statement = statement.where(col(Topic.state) == wanted.state.value)
    if wanted.kind is not None:
        statement = statement.where(col(Topic.kind) == wanted.kind.value)
    if not wanted.include_muted:
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


def list_topics(session: Session, *, include_hidden: bool = False) -> list[TopicRow]:
    """Return all topics with their sizes: issues first, pinned before others, then by people.

    Args:
        session: A reading session.
        include_hidden: Also return muted, retired and merged topics.
    """
    statement = _topic_statement(topic_counts()).where(col(Topic.is_theme).is_(False))
    if not include_hidden:
        statement = statement.where(
            col(Topic.state) == TopicState.ACTIVE.value, col(Topic.muted).is_(False)
        )
    return sorted(
        (TopicRow(*row) for row in session.execute(statement)),
        key=lambda row: (
            row.topic.kind != TopicKind.ISSUE,
            not row.topic.pinned,
            -row.people_count,
            row.topic.id or 0,
        ),
    )


def has_authors(session: Session) -> bool:
    """Tell whether any feedback names its author; if none does, people are pieces."""
    named = select(literal(1)).where(col(Feedback.author_key).is_not(None)).limit(1)
    return session.scalar(named) is not None


def people_word(session: Session) -> str:
    """Return what people are counted in over all time: ``人``, or ``条`` without any author."""
    return "人" if has_authors(session) else "条"


def topic_row(session: Session, topic_id: int) -> TopicRow:
    """Return one topic with its size over all time.

    Raises:
        NotFound: If there is no such topic.
    """
    counts = topic_counts(only=topic_id)
    statement = _topic_statement(counts).where(col(Topic.id) == topic_id)
    row = session.execute(statement).first()
    if row is None:
        raise NotFound(f"没有编号为 {topic_id} 的主题", reason="unknown-topic", id=topic_id)
    return TopicRow(*row)


def topic_counts(
    product: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    only: int | None = None,
    source_id: int | None = None,
) -> Subquery:
    """Return units, posts and people by topic: the one count that everything shows.

    Spam and copy-paste bursts count nowhere. Over all time the sums are kept, see
    :mod:`feedback_nlp.store.rollup`; a stretch of time is counted.

    Args:
        product: Count only this product's feedback.
        since: Count from this moment on.
        until: Count up to before this moment.
        only: Only this topic.
        source_id: Count only what came from this source.
    """
    if since is None and until is None:
        return sums(
            SubjectKind.TOPIC, product, None if only is None else [only], source_id=source_id
        )
    conditions: list[Any] = [] if product is None else [col(Feedback.product) == product]
    if source_id is not None:
        conditions.append(col(Feedback.source_id) == source_id)
    if since is not None:
        conditions.append(col(Feedback.occurred_at) >= since)
    if until is not None:
        conditions.append(col(Feedback.occurred_at) < until)
    counts: Subquery = counted_topics(*conditions).subquery()
    return counts


def topic_people(session: Session) -> dict[int, int]:
    """Return how many people speak of each topic, over all time, as :func:`topic_counts` counts."""
    counts = topic_counts()
    rows = session.execute(select_columns(counts.c.subject_id, counts.c.people))
    return {row.subject_id: row.people for row in rows}


def _topic_statement(counts: Subquery) -> Select[Any]:
    zero = literal(0)
    return select_columns(
        Topic,
        func.coalesce(counts.c.units, zero),
        func.coalesce(counts.c.posts, zero),
        func.coalesce(counts.c.people, zero),
        counts.c.last_seen_at,
    ).outerjoin(counts, counts.c.subject_id == col(Topic.id))


def get_topic(session: Session, topic_id: int) -> Topic:
    """Return a topic.

    Raises:
        NotFound: If there is none with this id.
    """
    topic = session.get(Topic, topic_id)
    if topic is None:
        raise NotFound(f"没有编号为 {topic_id} 的主题", reason="unknown-topic", id=topic_id)
    return topic


def history(session: Session, topic_id: int) -> list[TopicEvent]:
    """Return the ledger of one topic, oldest first.

    Raises:
        NotFound: If there is no such topic.
    """
    get_topic(session, topic_id)
    return list(
        session.scalars(
            select(TopicEvent)
            .where(col(TopicEvent.topic_id) == topic_id)
            .order_by(col(TopicEvent.id))
        )
    )


class TopicMember(NamedTuple):
    """A unit of a topic, as people see it."""

    unit_id: int
    feedback_id: int
    text: str
    intent: str
    assigned_by: str
    occurred_at: datetime


def newest_units(session: Session, topic_id: int, limit: int) -> list[TopicMember]:
    """Return up to ``limit`` units of a topic, newest first."""
    of_topic = select(col(FeedbackUnit.feedback_id)).where(col(FeedbackUnit.topic_id) == topic_id)
    units = (
        select(FeedbackUnit, col(Feedback.text), col(Feedback.occurred_at))
        .join(Feedback, col(Feedback.id) == col(FeedbackUnit.feedback_id))
        .where(col(FeedbackUnit.topic_id) == topic_id)
        .order_by(col(Feedback.occurred_at).desc(), col(FeedbackUnit.id).desc())
        .limit(limit)
    )
    if is_common(session, of_topic):
        # met soon by who goes back in time; sorting all of them would read every one
        newest = (
            select(col(Feedback.id))
            .where(of_topic.where(col(FeedbackUnit.feedback_id) == col(Feedback.id)).exists())
            .order_by(col(Feedback.occurred_at).desc(), col(Feedback.id).desc())
            .limit(limit)
        )
        units = units.where(col(Feedback.id).in_(list(session.scalars(newest))))
    rows = session.execute(units)
    return [
        TopicMember(
            unit_id=unit.id or 0,
            feedback_id=unit.feedback_id,
            text=text[unit.start : unit.end],
            intent=unit.intent,
            assigned_by=unit.assigned_by,
            occurred_at=occurred_at,
        )
        for unit, text, occurred_at in rows
    ]
