"""Keeps requests in step with the topics: new ones, merges, evidence, priorities."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlmodel import Session, col

from feedback_nlp.config import RankConfig
from feedback_nlp.labels import ENGINE, RequestStatus, TopicKind, TopicState
from feedback_nlp.requests.evidence import refresh_evidence, topics_behind
from feedback_nlp.requests.locking import hold_requests
from feedback_nlp.requests.moving import apply_transition, create_request
from feedback_nlp.requests.priorities import kept_basis, refresh_priorities, refresh_some
from feedback_nlp.store.conditions import PROBLEM_INTENTS
from feedback_nlp.store.edit_marks import heirs
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
    hold_requests(session)
    asked = askable(session)
    follow_topics(session, asked, now=now)
    make_missing(session, asked, config, now=now)
    refresh_evidence(session)
    refresh_priorities(session, config, zone=zone, now=now)
    return count_requests(session)


def sync_edited(
    session: Session,
    config: RankConfig,
    topic_ids: Collection[int],
    request_ids: Collection[int] = (),
    *,
    zone: ZoneInfo,
    now: datetime,
) -> None:
    """Do what :func:`sync_requests` does after an edit, at the cost of what the edit touched.

    Args:
        session: The writing session; nothing is committed.
        config: Weights, and how many people make a request.
        topic_ids: Topics that units came into or left.
        request_ids: Requests whose evidence people changed by hand.
        zone: Where weeks begin.
        now: Time of the events.
    """
    hold_requests(session)
    if kept_basis(session, config) is None:  # nothing to be comparable with
        sync_requests(session, config, zone=zone, now=now)
        return
    asked = askable(session, topic_ids) if topic_ids else []
    follow_topics(session, asked, now=now)
    make_missing(session, asked, config, now=now)
    behind = topics_behind(session)
    concerned = {
        key for key, behind_it in behind.items() if not set(topic_ids).isdisjoint(behind_it)
    }
    concerned.update(behind.keys() & set(request_ids))
    refresh_evidence(session, only=concerned)
    refresh_some(session, config, concerned, zone=zone, now=now)


class Asked(NamedTuple):
    """What an issue topic asks for: how many people, and mostly with which intent and of what."""

    topic_id: int
    people: int
    intent: str
    product: str | None


def follow_topics(session: Session, asked: Sequence[Asked], *, now: datetime) -> None:
    """Let the requests there are follow their topics' merges, names and intents."""
    follow_merges(session, now=now)
    rows = session.execute(select(col(Topic.id), col(Topic.name)))
    names: dict[int, str] = {row[0]: row[1] for row in rows}
    intents = {each.topic_id: each.intent for each in asked}
    for topic_id, request in _by_topic(session).items():
        intent = intents.get(topic_id, request.intent)
        _follow_topic(session, request, names[topic_id], intent, now)
    session.flush()


def make_missing(
    session: Session, asked: Sequence[Asked], config: RankConfig, *, now: datetime
) -> None:
    """Make a request for each topic that enough people raise and that has none."""
    owned = _by_topic(session)
    for each in asked:
        if each.topic_id not in owned and each.people >= config.request_min_people:
            create_request(
                session,
                title=session.get_one(Topic, each.topic_id).name,
                intent=each.intent,
                now=now,
                topic_id=each.topic_id,
                product=each.product,
            )
    session.flush()


def without_request(session: Session, asked: Sequence[Asked], config: RankConfig) -> list[int]:
    """Return the topics for which :func:`make_missing` would make a request, by id."""
    owned = _by_topic(session)
    return [
        each.topic_id
        for each in asked
        if each.topic_id not in owned and each.people >= config.request_min_people
    ]


def count_requests(session: Session) -> int:
    """Count all requests."""
    return session.scalar(select(func.count()).select_from(FeatureRequest)) or 0


def _follow_topic(
    session: Session, request: FeatureRequest, name: str, intent: str, now: datetime
) -> None:
    """Take over the topic's name and intent, except for what a person wrote."""
    title = name if request.titled_by == ENGINE else request.title
    intent = intent if request.created_by == ENGINE else request.intent
    if (request.title, request.intent) != (title, intent):
        request.title, request.intent, request.updated_at = title, intent, now
        session.add(request)


def askable(session: Session, topic_ids: Collection[int] | None = None) -> list[Asked]:
    """Return what the living issue topics ask for, by id.

    Args:
        session: A reading session.
        topic_ids: Only of these; of all if ``None``.
    """
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
    if topic_ids is not None:
        base = base.where(col(FeedbackUnit.topic_id).in_(topic_ids))
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
        Asked(topic_id, number, _most(intents[topic_id]) or "", _most(products.get(topic_id, {})))
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


def merged_away(session: Session) -> list[int]:
    """Return the topics, by id, whose request does not follow their merge yet."""
    into = heirs(session)
    return [
        topic_id
        for topic_id, request in sorted(_by_topic(session).items())
        if topic_id in into and request.status != RequestStatus.DUPLICATE.value
    ]


def follow_merges(
    session: Session, topic_ids: Collection[int] | None = None, *, now: datetime
) -> None:
    """Let requests of merged topics follow the merge.

    Args:
        session: The writing session; nothing is committed.
        topic_ids: Of these topics; of all if ``None``.
        now: Time of the events.
    """
    into, owned = heirs(session), _by_topic(session)
    for topic_id, request in sorted(owned.items()):
        if topic_ids is not None and topic_id not in topic_ids:
            continue
        living = into.get(topic_id)
        if living is None or request.status == RequestStatus.DUPLICATE.value:
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
