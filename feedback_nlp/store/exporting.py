"""Reads what ``feedback-nlp export`` writes, as plain rows, a few thousand at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from feedback_nlp.store.rollup import SubjectKind, sums
from feedback_nlp.store.tables import (
    FeatureRequest,
    Feedback,
    FeedbackUnit,
    Source,
    Topic,
)
from feedback_nlp.store.topic_reading import topic_counts

_FETCH_ROWS = 2_000

FEEDBACK_COLUMNS = [
    "id",
    "source",
    "source_key",
    "thread_key",
    "product",
    "channel",
    "app_version",
    "device",
    "region",
    "segment",
    "rating",
    "occurred_at",
    "title",
    "text",
    "sentiment",
    "sentiment_score",
    "intent",
    "signals",
    "is_spam",
    "is_burst",
    "duplicate_of",
    "author_key",
    "person_key",
    "ingested_at",
    "meta",
]
UNIT_COLUMNS = [
    "feedback_id",
    "source",
    "source_key",
    "position",
    "start",
    "end",
    "text",
    "sentiment",
    "sentiment_score",
    "intent",
    "confidence",
    "topic_id",
    "topic_name",
    "topic_similarity",
    "product",
    "channel",
    "app_version",
    "rating",
    "occurred_at",
    "person_key",
]
TOPIC_COLUMNS = [
    "id",
    "name",
    "named_by",
    "kind",
    "keywords",
    "parent_id",
    "parent_name",
    "is_theme",
    "state",
    "merged_into_id",
    "pinned",
    "muted",
    "unit_count",
    "feedback_count",
    "people_count",
]
REQUEST_COLUMNS = [
    "key",
    "title",
    "intent",
    "product",
    "status",
    "reporter_status",
    "owner",
    "priority",
    "priority_low",
    "priority_high",
    "priority_parts",
    "effort",
    "strategic_weight",
    "due",
    "target_release",
    "labels",
    "tracker_url",
    "duplicate_of_key",
    "topic_id",
    "created_by",
    "created_at",
    "updated_at",
]


@dataclass(frozen=True, slots=True)
class ExportFilter:
    """Which feedback an export covers; topics and requests are always exported whole.

    Attributes:
        product: Only this product.
        since, until: ``[since, until)``, aware; ``None`` is open.
    """

    product: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def feedback_rows(session: Session, wanted: ExportFilter) -> Iterator[dict[str, Any]]:
    """Yield all feedback by id."""
    names = FEEDBACK_COLUMNS
    columns = [col(Source.name) if n == "source" else getattr(Feedback, n) for n in names]
    query = select(*columns).join(Source, col(Source.id) == col(Feedback.source_id))
    query = _filtered(query, wanted).order_by(col(Feedback.id))
    for row in _streamed(session, query):
        yield dict(zip(names, row, strict=True))


def unit_rows(session: Session, wanted: ExportFilter) -> Iterator[dict[str, Any]]:
    """Yield all units by feedback and position; their text is cut out of the feedback's."""
    columns: list[Any] = [
        FeedbackUnit.__table__,  # type: ignore[attr-defined]
        col(Feedback.text).label("feedback_text"),
        col(Source.name).label("source"),
        col(Topic.name).label("topic_name"),
    ]
    names = "source_key product channel app_version rating occurred_at person_key"
    columns += [getattr(Feedback, name) for name in names.split()]
    query = (
        select(*columns)
        .join(Feedback, col(Feedback.id) == col(FeedbackUnit.feedback_id))
        .join(Source, col(Source.id) == col(Feedback.source_id))
        .outerjoin(Topic, col(Topic.id) == col(FeedbackUnit.topic_id))
    )
    query = _filtered(query, wanted).order_by(
        col(FeedbackUnit.feedback_id), col(FeedbackUnit.position)
    )
    for row in _streamed(session, query):
        yield {
            "feedback_id": row.feedback_id,
            "source": row.source,
            "source_key": row.source_key,
            "position": row.position,
            "start": row.start,
            "end": row.end,
            "text": row.feedback_text[row.start : row.end],
            "sentiment": row.sentiment,
            "sentiment_score": row.sentiment_score,
            "intent": row.intent,
            "confidence": row.intent_confidence,
            "topic_id": row.topic_id,
            "topic_name": row.topic_name,
            "topic_similarity": row.topic_similarity,
            "product": row.product,
            "channel": row.channel,
            "app_version": row.app_version,
            "rating": row.rating,
            "occurred_at": row.occurred_at,
            "person_key": row.person_key,
        }


def topic_rows(session: Session, _wanted: ExportFilter) -> Iterator[dict[str, Any]]:
    """Yield all topics by id, with how many units and people are in each now."""
    parent = aliased(Topic)
    counts = topic_counts()
    columns: list[Any] = [
        Topic,
        col(parent.name),
        func.coalesce(counts.c.units, 0),
        func.coalesce(counts.c.posts, 0),
        func.coalesce(counts.c.people, 0),
    ]
    query = (
        select(*columns)
        .outerjoin(parent, col(parent.id) == col(Topic.parent_id))
        .outerjoin(counts, counts.c.subject_id == col(Topic.id))
        .order_by(col(Topic.id))
    )
    for topic, parent_name, units, feedback, people in _streamed(session, query):
        yield {
            "id": topic.id,
            "name": topic.name,
            "named_by": topic.named_by,
            "kind": topic.kind,
            "keywords": topic.keywords,
            "parent_id": topic.parent_id,
            "parent_name": parent_name,
            "is_theme": topic.is_theme,
            "state": topic.state,
            "merged_into_id": topic.merged_into_id,
            "pinned": topic.pinned,
            "muted": topic.muted,
            "unit_count": units,
            "feedback_count": feedback,
            "people_count": people,
        }


def request_rows(session: Session, _wanted: ExportFilter) -> Iterator[dict[str, Any]]:
    """Yield all requests in priority order, with how many people and how much evidence each has."""
    names = REQUEST_COLUMNS
    counts = sums(SubjectKind.REQUEST)
    columns: list[Any] = [getattr(FeatureRequest, name) for name in names]
    columns += [
        col(Topic.name),
        func.coalesce(counts.c.units, 0),
        func.coalesce(counts.c.people, 0),
    ]
    query = (
        select(*columns)
        .outerjoin(Topic, col(Topic.id) == col(FeatureRequest.topic_id))
        .outerjoin(counts, counts.c.subject_id == col(FeatureRequest.id))
        .order_by(
            col(FeatureRequest.priority).is_(None),
            col(FeatureRequest.priority).desc(),
            col(FeatureRequest.id),
        )
    )
    for row in _streamed(session, query):
        yield dict(zip([*names, *_COUNTED], row, strict=True))


_COUNTED = ("topic_name", "evidence_count", "people_count")
Rows = Callable[[Session, ExportFilter], Iterator[dict[str, Any]]]

EXPORTS: Mapping[str, tuple[Rows, Sequence[str]]] = {
    "feedback": (feedback_rows, FEEDBACK_COLUMNS),
    "units": (unit_rows, UNIT_COLUMNS),
    "topics": (topic_rows, TOPIC_COLUMNS),
    "requests": (request_rows, (*REQUEST_COLUMNS, *_COUNTED)),
}
"""What can be exported: the rows, and their columns in order."""


def _filtered(query: Select[Any], wanted: ExportFilter) -> Select[Any]:
    if wanted.product is not None:
        query = query.where(col(Feedback.product) == wanted.product)
    if wanted.since is not None:
        query = query.where(col(Feedback.occurred_at) >= wanted.since)
    if wanted.until is not None:
        query = query.where(col(Feedback.occurred_at) < wanted.until)
    return query


def _streamed(session: Session, query: Select[Any]) -> Iterator[Any]:
    yield from session.execute(query.execution_options(yield_per=_FETCH_ROWS))
