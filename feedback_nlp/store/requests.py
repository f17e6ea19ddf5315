"""Requests: born from topics, moved through the loop, ranked by their evidence.

Nothing here commits. A status change, its event and the notices it owes are written in
the caller's one transaction, so that a crash neither loses nor doubles any of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, insert, literal, select
from sqlmodel import Session, col

from feedback_nlp.config import RankConfig
from feedback_nlp.errors import InputError, NotFound
from feedback_nlp.labels import ReporterStatus, RequestStatus, TopicState
from feedback_nlp.loop import Transition, transition
from feedback_nlp.rank import Subject, rank
from feedback_nlp.store.analysis import ENGINE
from feedback_nlp.store.counting import PROBLEM_INTENTS
from feedback_nlp.store.tables import (
    Evidence,
    FeatureRequest,
    Feedback,
    FeedbackUnit,
    Notice,
    StatusEvent,
    Topic,
)
from feedback_nlp.store.voices import exposure, history_weeks, latest_week, request_voices
from feedback_nlp.weeks import Week

_AUTO = "auto"


def get_request(session: Session, key: str) -> FeatureRequest:
    """Return the request named ``REQ-12``; case and spaces around it do not matter.

    Raises:
        NotFound: If there is none.
    """
    wanted = key.strip().upper()
    request = session.scalars(
        select(FeatureRequest).where(col(FeatureRequest.key) == wanted)
    ).first()
    if request is None:
        raise NotFound(f"没有编号为 {wanted} 的需求", hint="用 feedback-nlp requests 查看全部编号")
    return request


def create_request(
    session: Session,
    *,
    title: str,
    intent: str,
    now: datetime,
    topic_id: int | None = None,
    product: str | None = None,
    actor: str = ENGINE,
) -> FeatureRequest:
    """Add a request under the next free key, with its first event."""
    numbers = (int(key[4:]) for key in session.scalars(select(col(FeatureRequest.key))))
    request = FeatureRequest(
        key=f"REQ-{max(numbers, default=0) + 1}",
        title=title,
        intent=intent,
        topic_id=topic_id,
        product=product,
        created_by=actor,
        created_at=now,
        updated_at=now,
    )
    session.add(request)
    session.flush()
    session.add(
        StatusEvent(
            request_id=id_of(request),
            to_status=RequestStatus.NEW.value,
            to_reporter_status=ReporterStatus.RECEIVED.value,
            actor=actor,
            happened_at=now,
        )
    )
    return request


def apply_transition(
    session: Session,
    key: str,
    to: RequestStatus,
    *,
    actor: str,
    now: datetime,
    reason: str = "",
    duplicate_of: str | None = None,
) -> Transition:
    """Move a request one step, with its event, its notices and, for a duplicate, its evidence.

    Raises:
        NotFound: If there is no such request or no such target.
        TransitionNotAllowed: If the table has no such step.
        InputError: If a required reason or target is missing, or the target is unusable.
    """
    request = get_request(session, key)
    target = _duplicate_target(session, request, duplicate_of) if duplicate_of else None
    step = transition(
        RequestStatus(request.status),
        to,
        reporter_status=ReporterStatus(request.reporter_status),
        actor=actor,
        now=now,
        reason=reason,
        duplicate_of=target.key if target else None,
        duplicate_reporter_status=ReporterStatus(target.reporter_status) if target else None,
    )
    request.status = step.to_status.value
    request.reporter_status = step.to_reporter_status.value
    request.duplicate_of_key = step.duplicate_of
    request.updated_at = now
    session.add(request)
    session.add(
        StatusEvent(
            request_id=id_of(request),
            from_status=step.from_status.value,
            to_status=step.to_status.value,
            from_reporter_status=step.from_reporter_status.value,
            to_reporter_status=step.to_reporter_status.value,
            actor=step.actor,
            reason=step.reason,
            happened_at=now,
        )
    )
    session.flush()
    if step.duplicate_of or step.from_status is RequestStatus.DUPLICATE:
        _refresh_evidence(session)
    if step.opens_notices:
        open_notices(session, request, now=now)
    return step


def set_estimates(
    session: Session, key: str, values: Mapping[str, Any], *, now: datetime
) -> FeatureRequest:
    """Write what people supply: ``owner``, ``effort``, ``strategic_weight``.

    Raises:
        NotFound: If there is no such request.
        InputError: If a field is not one of these.
    """
    request = get_request(session, key)
    for name, value in values.items():
        if name not in {"owner", "effort", "strategic_weight"}:
            raise InputError(f"不能改 {name!r}", hint="可改：owner、effort、strategic_weight")
        setattr(request, name, value)
    request.updated_at = now
    session.add(request)
    session.flush()
    return request


def open_notices(session: Session, request: FeatureRequest, *, now: datetime) -> int:
    """Owe one message to each person who asked and can be named; return how many are new.

    People without an author key cannot be told: they have no identity to find them by.
    Someone who was told the same status of this request before is not told again.
    """
    told = select(col(Notice.person_key)).where(
        col(Notice.request_id) == id_of(request),
        col(Notice.reporter_status) == request.reporter_status,
    )
    askers = (
        select(col(Feedback.author_key), func.min(col(Feedback.id)))
        .join(FeedbackUnit, col(FeedbackUnit.feedback_id) == col(Feedback.id))
        .join(Evidence, col(Evidence.unit_id) == col(FeedbackUnit.id))
        .where(
            col(Evidence.request_id) == id_of(request),
            col(Feedback.author_key).is_not(None),
            col(Feedback.author_key).not_in(told),
        )
        .group_by(col(Feedback.author_key))
        .order_by(func.min(col(Feedback.id)))
    )
    rows = [
        {
            "request_id": id_of(request),
            "feedback_id": feedback_id,
            "person_key": person,
            "reporter_status": request.reporter_status,
            "status": "pending",
            "created_at": now,
        }
        for person, feedback_id in session.execute(askers)
    ]
    if rows:
        session.execute(insert(Notice), rows)
    return len(rows)


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
    for topic_id, people, intent, product in _askable(session):
        topic = topics[topic_id]
        request = owned.get(topic_id)
        if request is not None:
            if request.created_by == ENGINE and (request.title, request.intent) != (
                topic.name,
                intent,
            ):
                request.title, request.intent, request.updated_at = topic.name, intent, now
                session.add(request)
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
    _refresh_evidence(session)
    refresh_priorities(session, config, zone=zone)
    return session.scalar(select(func.count()).select_from(FeatureRequest)) or 0


def refresh_priorities(session: Session, config: RankConfig, *, zone: ZoneInfo) -> None:
    """Score every request by its evidence, as of the last week with data."""
    week: Week | None = latest_week(session, zone)
    if week is None:
        return
    requests = list(session.scalars(select(FeatureRequest).order_by(col(FeatureRequest.id))))
    scored = {
        item.subject_id: item
        for item in rank(
            [
                Subject(id_of(request), strategic=request.strategic_weight, effort=request.effort)
                for request in requests
            ],
            request_voices(session, week, zone, horizon_weeks=config.horizon_weeks),
            config,
            history_weeks=history_weeks(session, week, zone),
            exposure=exposure(session, week, zone, usual_weeks=config.trend_history_weeks),
        )
    }
    for request in requests:
        item = scored.get(id_of(request))
        request.priority = item.score if item else None
        request.priority_low = item.low if item else None
        request.priority_high = item.high if item else None
        request.priority_parts = dict(item.parts) if item else {}
        session.add(request)
    session.flush()


def _askable(session: Session) -> list[tuple[int, int, str, str | None]]:
    """Return ``(topic, people, main intent, main product)`` of the living issue topics, by id."""
    base = (
        select(col(FeedbackUnit.topic_id), col(FeedbackUnit.intent), col(Feedback.product))
        .add_columns(func.count(col(FeedbackUnit.id)))
        .select_from(FeedbackUnit)
        .join(Feedback, col(Feedback.id) == col(FeedbackUnit.feedback_id))
        .join(Topic, col(Topic.id) == col(FeedbackUnit.topic_id))
        .where(
            col(Topic.kind) == "issue",
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


def _duplicate_target(session: Session, request: FeatureRequest, key: str) -> FeatureRequest:
    """Return the request at the end of the chain of duplicates.

    Raises:
        InputError: If the chain leads back to the request itself.
    """
    target = get_request(session, key)
    while target.id != request.id and target.duplicate_of_key:
        target = get_request(session, target.duplicate_of_key)
    if target.id == request.id:
        raise InputError(
            f"{request.key} 不能与自己重复", hint="换一个需求编号，或先重新打开那个需求"
        )
    return target


def _refresh_evidence(session: Session) -> None:
    """Set the automatic evidence: the units of the request's topic and of its duplicates' topics.

    A duplicate keeps its own evidence too, so that it can be reopened. Evidence that
    people added or that belongs to no topic is not touched.
    """
    requests = list(session.scalars(select(FeatureRequest).order_by(col(FeatureRequest.id))))
    by_key = {request.key: request for request in requests}
    wanted: set[tuple[int, int]] = set()
    for request in requests:
        if request.topic_id is None:
            continue
        wanted.add((id_of(request), request.topic_id))
        target = request
        while target.duplicate_of_key:
            target = by_key[target.duplicate_of_key]
            wanted.add((id_of(target), request.topic_id))
    for request in requests:
        topic_ids = [topic_id for request_id, topic_id in wanted if request_id == request.id]
        _set_evidence(session, id_of(request), sorted(topic_ids))


def _set_evidence(session: Session, request_id: int, topic_ids: list[int]) -> None:
    units: Any = (
        select(col(FeedbackUnit.id))
        .join(Feedback, col(Feedback.id) == col(FeedbackUnit.feedback_id))
        .where(
            col(FeedbackUnit.topic_id).in_(topic_ids),
            col(Feedback.is_spam).is_(False),
        )
    )
    session.execute(
        delete(Evidence).where(
            col(Evidence.request_id) == request_id,
            col(Evidence.added_by) == _AUTO,
            col(Evidence.unit_id).not_in(units),
        )
    )
    present = select(col(Evidence.unit_id)).where(col(Evidence.request_id) == request_id)
    new = units.where(col(FeedbackUnit.id).not_in(present)).order_by(col(FeedbackUnit.id))
    session.execute(
        insert(Evidence).from_select(
            ["request_id", "unit_id", "added_by"],
            new.with_only_columns(literal(request_id), col(FeedbackUnit.id), literal(_AUTO)),
        )
    )


def id_of(request: FeatureRequest) -> int:
    """Return the id of a stored request."""
    assert request.id is not None
    return request.id
