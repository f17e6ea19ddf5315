"""Keeps requests in step with the topics: new ones, merges, evidence, priorities."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlmodel import Session, col

from feedback_nlp.config import RankConfig
from feedback_nlp.labels import ENGINE, RequestStatus, TopicKind, TopicState
from feedback_nlp.requests.evidence import refresh_evidence
from feedback_nlp.requests.moving import apply_transition, create_request
from feedback_nlp.requests.priorities import refresh_priorities
from feedback_nlp.store.conditions import PROBLEM_INTENTS
from feedback_nlp.store.tables import (
    FeatureRequest,
    Feedback,
    FeedbackUnit,
    Topic,
)


def sync_requests(session: Session, config: RankConfig, *, zone: ZoneInfo, now: datetime) -> int:
    """Let requests follow the topics: one for each issue topic that enough people raise.

    Keys, statuses, owners, estimates and evidence that people added stay as they are.
    Titles that people did not write follow the topic's name. A request whose topic was
    merged becomes a duplicate of the other topic's request, or moves to that topic.

    Args:
        session: The writing session; nothing is committed.
        config: Weights, and how many people make a request.
        zone: Where weeks begin.
        now: Time of the events.

    Returns:
        How many requests there are now.
    """
    topics = {topic.id: topic for topic in session.scalars(select(Topic)) if topic.id is not None}
    _follow_merges(session, topics, now)
    owned = _by_topic(session)
    for topic_id, request in owned.items():
        _retitle(session, request, topics[topic_id].name, request.intent, now)
    for topic_id, people, intent, product in _askable(session):
        topic = topics[topic_id]
        if topic_id in owned:
            _retitle(session, owned[topic_id], topic.name, intent, now)
        elif people >= config.request_min_people:
            create_request(
                session,
                title=topic.name,
                intent=intent,
                now=now,
                topic_id=topic_id,
                product=product,
            )
    session.flush()
    refresh_evidence(session)
    refresh_priorities(session, config, zone=zone, now=now)
    return session.scalar(select(func.count()).select_from(FeatureRequest)) or 0


def _retitle(
    session: Session, request: FeatureRequest, title: str, intent: str, now: datetime
) -> None:
    """Let a request that people did not write follow its topic."""
    if request.created_by == ENGINE and (request.title, request.intent) != (title, intent):
        request.title, request.intent, request.updated_at = title, intent, now
        session.add(request)


def _askable(session: Session) -> list[tuple[int, int, str, str | None]]:
    """Return ``(topic, people, main intent, main product)`` of the living issue topics, by id."""
    base = (
        select(col(FeedbackUnit.topic_id), col(FeedbackUnit.intent), col(Feedback.product))
        .add_columns(func.count(col(FeedbackUnit.id)))
        .select_from(FeedbackUnit)
        .join(Feedback, col(Feedback.id) == col(FeedbackUnit.feedback_id))
        .join(Topic, col(Topic.id) == col(FeedbackUnit.topic_id))
        .where(
            col(Topic.kind) == TopicKind.ISSUE.value,
            col(Topic.state) == TopicState.ACTIVE.value,
            col(Topic.is_theme).is_(False),
            col(Feedback.is_spam).is_(False),
        )
    )
    intents: dict[int, dict[str, int]] = {}
    products: dict[int, dict[str, int]] = {}
    for topic_id, intent, product, number in session.execute(
        base.group_by(col(FeedbackUnit.topic_id), col(FeedbackUnit.intent), col(Feedback.product))
    ):
        if intent in PROBLEM_INTENTS:
            by_intent = intents.setdefault(topic_id, {})
            by_intent[intent] = by_intent.get(intent, 0) + number
        if product:
            by_product = products.setdefault(topic_id, {})
            by_product[product] = by_product.get(product, 0) + number
    people = session.execute(
        select(col(FeedbackUnit.topic_id), func.count(func.distinct(col(Feedback.person_key))))
        .join(Feedback, col(Feedback.id) == col(FeedbackUnit.feedback_id))
        .where(
            col(FeedbackUnit.topic_id).in_(intents),
            col(Feedback.is_spam).is_(False),
            col(Feedback.is_burst).is_(False),
        )
        .group_by(col(FeedbackUnit.topic_id))
        .order_by(col(FeedbackUnit.topic_id))
    )
    return [
        (topic_id, number, _most(intents[topic_id]) or "", _most(products.get(topic_id, {})))
        for topic_id, number in people
    ]


def _most(counts: Mapping[str, int]) -> str | None:
    return min(counts, key=lambda name: (-counts[name], name), default=None)


def _by_topic(session: Session) -> dict[int, FeatureRequest]:
    """Return the request that stands for each topic: the first that is not a duplicate."""
    owned: dict[int, FeatureRequest] = {}
    duplicates: dict[int, FeatureRequest] = {}
    for request in session.scalars(select(FeatureRequest).order_by(col(FeatureRequest.id))):
        if request.topic_id is None:
            continue
        is_duplicate = request.status == RequestStatus.DUPLICATE.value
        (duplicates if is_duplicate else owned).setdefault(request.topic_id, request)
    return {**duplicates, **owned}


def _follow_merges(session: Session, topics: Mapping[int, Topic], now: datetime) -> None:
    """Let requests of merged topics follow the merge."""
    owned = _by_topic(session)
    for topic_id, request in sorted(owned.items()):
        living = _living_topic(topics, topic_id)
        if living == topic_id or request.status == RequestStatus.DUPLICATE.value:
            continue
        other = owned.get(living)
        movable = RequestStatus(request.status) in _CAN_BE_DUPLICATE
        if other is None or not movable:
            if other is None:
                request.topic_id, request.updated_at = living, now
                session.add(request)
                session.flush()
                owned[living] = request
            continue
        apply_transition(
            session,
            request.key,
            RequestStatus.DUPLICATE,
            actor=ENGINE,
            now=now,
            duplicate_of=other.key,
        )


_CAN_BE_DUPLICATE = frozenset(
    {
        RequestStatus.NEW,
        RequestStatus.TRIAGED,
        RequestStatus.PLANNED,
        RequestStatus.IN_PROGRESS,
        RequestStatus.REOPENED,
    }
)


def _living_topic(topics: Mapping[int, Topic], topic_id: int) -> int:
    """Follow merges to the topic that lives on."""
    seen = {topic_id}
    while (into := topics[topic_id].merged_into_id) is not None and into not in seen:
        topic_id = into
        seen.add(into)
    return topic_id
