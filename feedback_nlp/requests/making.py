"""A request that a person makes by hand, with or without a topic behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlmodel import Session, col

from feedback_nlp.clean.characters import one_line
from feedback_nlp.config import RankConfig
from feedback_nlp.errors import Conflict, InputError
from feedback_nlp.labels import Intent, RequestStatus, TopicState
from feedback_nlp.requests.estimating import checked
from feedback_nlp.requests.evidence import id_of, refresh_evidence
from feedback_nlp.requests.locking import hold_requests
from feedback_nlp.requests.moving import create_request
from feedback_nlp.requests.priorities import refresh_some
from feedback_nlp.requests.versions import FIELD_NAMES
from feedback_nlp.store.tables import FeatureRequest
from feedback_nlp.store.topic_reading import get_topic


@dataclass(frozen=True, slots=True)
class NewRequest:
    """What a person asks for.

    Attributes:
        title: 1–300 characters.
        topic_id: Whose units become the evidence; no other open request may stand for it.
        reason: Why, for the history.
        effort, strategic_weight: 0–1.
    """

    title: str
    intent: Intent
    actor: str
    reason: str = ""
    product: str | None = None
    topic_id: int | None = None
    owner: str | None = None
    effort: float | None = None
    strategic_weight: float | None = None
    due: date | None = None
    target_release: str | None = None
    labels: list[str] | None = None
    tracker_url: str | None = None


class Made(NamedTuple):
    """What became of it.

    Attributes:
        created: ``False`` if the same actor had made the same request before.
    """

    created: bool
    request: FeatureRequest


def make_request(
    session: Session, wanted: NewRequest, *, now: datetime, config: RankConfig, zone: ZoneInfo
) -> Made:
    """Make a request, with its evidence and its place in the ranking.

    The call may be sent again: a request of the same title, product and topic by the same
    actor is found, not made twice.

    Raises:
        NotFound: If there is no such topic.
        Conflict: If the topic was merged away, or another open request stands for it.
        InputError: If the actor is missing or a value is not usable.
    """
    actor = one_line(wanted.actor)
    if not actor:
        raise InputError("没有写是谁提的", reason="no-actor")
    title = checked("title", wanted.title)
    hold_requests(session)
    same = session.scalars(
        select(FeatureRequest).where(
            col(FeatureRequest.created_by) == actor,
            col(FeatureRequest.title) == title,
            col(FeatureRequest.product).is_not_distinct_from(wanted.product),
            col(FeatureRequest.topic_id).is_not_distinct_from(wanted.topic_id),
        )
    ).first()
    if same is not None:
        return Made(False, same)
    if wanted.topic_id is not None:
        _require_free(session, wanted.topic_id)
    request = create_request(
        session,
        title=title,
        intent=wanted.intent.value,
        now=now,
        topic_id=wanted.topic_id,
        product=wanted.product,
        actor=actor,
        reason=wanted.reason,
    )
    for name in FIELD_NAMES.keys() - {"title"}:
        setattr(request, name, checked(name, getattr(wanted, name)))
    session.flush()
    if wanted.topic_id is not None:
        refresh_evidence(session, only={id_of(request)})
        refresh_some(session, config, {id_of(request)}, zone=zone, now=now)
    return Made(True, request)


def _require_free(session: Session, topic_id: int) -> None:
    """Refuse a topic that is gone or that another open request stands for."""
    topic = get_topic(session, topic_id)
    if topic.state == TopicState.MERGED.value:
        raise Conflict(
            f"主题 {topic_id} 已并入主题 {topic.merged_into_id}",
            hint=f"改用 {topic.merged_into_id}",
        )
    other = session.scalars(
        select(FeatureRequest).where(
            col(FeatureRequest.topic_id) == topic_id,
            col(FeatureRequest.status) != RequestStatus.DUPLICATE.value,
        )
    ).first()
    if other is not None:
        raise Conflict(
            f"主题 {topic_id} 已有需求 {other.key}“{other.title}”",
            reason="topic-has-request",
            key=other.key,
            topic_id=topic_id,
        )
