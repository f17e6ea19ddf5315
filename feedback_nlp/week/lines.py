"""The rows behind a week, for the workbook: its feedback, its units, and all requests."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import func, select
from sqlmodel import Session, col

from feedback_nlp.requests.reading import list_requests
from feedback_nlp.store.conditions import CHANNEL, is_counted, of_product, said_in
from feedback_nlp.store.tables import Feedback, FeedbackUnit, Source, Topic
from feedback_nlp.week.line_records import FeedbackLine, RequestLine, UnitLine
from feedback_nlp.weeks import Scope

_CHUNK = 2_000


def feedback_lines(session: Session, scope: Scope) -> Iterator[FeedbackLine]:
    """Yield the week's feedback by channel and time, a few thousand rows at a time."""
    statement = (
        select(Feedback, CHANNEL)
        .join(Source, col(Source.id) == col(Feedback.source_id))
        .where(*said_in(scope))
        .order_by(CHANNEL, col(Feedback.occurred_at), col(Feedback.id))
    )
    for chunk in session.execute(statement).partitions(_CHUNK):
        topics = _topic_names(session, [feedback.id for feedback, _ in chunk if feedback.id])
        for feedback, channel in chunk:
            assert feedback.id is not None
            yield FeedbackLine(
                feedback_id=feedback.id,
                occurred_at=feedback.occurred_at,
                channel=channel,
                product=feedback.product,
                app_version=feedback.app_version,
                region=feedback.region,
                segment=feedback.segment,
                rating=feedback.rating,
                text=feedback.text,
                sentiment=feedback.sentiment,
                intent=feedback.intent,
                topics=topics.get(feedback.id, ()),
                is_burst=feedback.is_burst,
                is_spam=feedback.is_spam,
                is_copy=feedback.duplicate_of not in (None, feedback.id),
            )


def unit_lines(session: Session, scope: Scope) -> Iterator[UnitLine]:
    """Yield the counted units in topics, this week's and the last's: by topic, week and time."""
    before = scope.shift(-1)
    moment, text = col(Feedback.occurred_at), col(Feedback.text)
    start, end = col(FeedbackUnit.start), col(FeedbackUnit.end)
    statement = (
        select(
            col(FeedbackUnit.topic_id),
            col(Topic.name),
            (moment < scope.start),
            col(FeedbackUnit.feedback_id),
            moment,
            CHANNEL,
            col(Feedback.rating),
            func.substr(text, start + 1, end - start),
            col(FeedbackUnit.sentiment),
            col(FeedbackUnit.intent),
        )
        .select_from(FeedbackUnit)
        .join(Feedback, col(Feedback.id) == col(FeedbackUnit.feedback_id))
        .join(Source, col(Source.id) == col(Feedback.source_id))
        .join(Topic, col(Topic.id) == col(FeedbackUnit.topic_id))
        .where(
            moment >= before.start,
            moment < scope.end,
            is_counted(),
            *of_product(scope.product),
        )
        .order_by(col(FeedbackUnit.topic_id), (moment < scope.start), moment, col(FeedbackUnit.id))
        .execution_options(yield_per=_CHUNK)
    )
    for row in session.execute(statement):
        topic_id, topic, is_earlier, feedback_id, at, channel, rating, words, *reading = row
        sentiment, intent = reading
        yield UnitLine(
            topic_id=topic_id,
            topic=topic,
            weeks_ago=int(is_earlier),
            feedback_id=feedback_id,
            occurred_at=at,
            channel=channel,
            rating=rating,
            text=words.strip(),
            sentiment=sentiment,
            intent=intent,
        )


def request_lines(session: Session, product: str | None = None) -> list[RequestLine]:
    """Return all requests by priority."""
    return [
        RequestLine(
            key=row.request.key,
            title=row.request.title,
            intent=row.request.intent,
            status=row.request.status,
            reporter_status=row.request.reporter_status,
            owner=row.request.owner,
            product=row.request.product,
            priority=row.request.priority,
            priority_low=row.request.priority_low,
            priority_high=row.request.priority_high,
            rice=row.rice,
            ice=row.ice,
            people_count=row.people_count,
            effort=row.request.effort,
            strategic_weight=row.request.strategic_weight,
            duplicate_of_key=row.request.duplicate_of_key,
            updated_at=row.request.updated_at,
        )
        for row in list_requests(session, product=product)
    ]


def _topic_names(session: Session, feedback_ids: list[int]) -> dict[int, tuple[str, ...]]:
    names: dict[int, dict[str, None]] = {}
    for feedback_id, name in session.execute(
        select(col(FeedbackUnit.feedback_id), col(Topic.name))
        .join(Topic, col(Topic.id) == col(FeedbackUnit.topic_id))
        .where(col(FeedbackUnit.feedback_id).in_(feedback_ids))
        .order_by(col(FeedbackUnit.feedback_id), col(FeedbackUnit.position))
    ):
        names.setdefault(feedback_id, {})[name] = None
    return {feedback_id: tuple(found) for feedback_id, found in names.items()}
