"""Where the topics of a week stand: their requests, those requests' states, the ranking."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlmodel import Session, col

from feedback_nlp.config import RankConfig
from feedback_nlp.labels import RequestStatus
from feedback_nlp.rank import Priority, Subject, rank
from feedback_nlp.store.tables import FeatureRequest, StatusEvent
from feedback_nlp.store.voices import topic_voices
from feedback_nlp.week.units import TopicUnits


class Volume(NamedTuple):
    """What a week is compared with.

    Attributes:
        history_weeks: Weeks of data before it.
        exposure: Its people against a usual week's, see :func:`feedback_nlp.store.volume.exposure`.
    """

    history_weeks: int
    exposure: float


def requests_by_topic(session: Session) -> dict[int, FeatureRequest]:
    """Return the request that stands for each topic; a duplicate points to its target."""
    rows = list(session.scalars(select(FeatureRequest).order_by(col(FeatureRequest.id))))
    by_key = {request.key: request for request in rows}
    requests: dict[int, FeatureRequest] = {}
    for request in sorted(rows, key=lambda row: row.duplicate_of_key is not None):
        target = request
        while target.duplicate_of_key:
            target = by_key[target.duplicate_of_key]
        if request.topic_id is not None:
            requests.setdefault(request.topic_id, target)
    return requests


def statuses_before(
    session: Session, requests: Mapping[int, FeatureRequest], moment: datetime
) -> dict[int, RequestStatus]:
    """Return the status that each topic's request had just before ``moment``."""
    latest = (
        select(func.max(col(StatusEvent.id)))
        .where(col(StatusEvent.happened_at) < moment)
        .group_by(col(StatusEvent.request_id))
    )
    status = {
        event.request_id: RequestStatus(event.to_status)
        for event in session.scalars(select(StatusEvent).where(col(StatusEvent.id).in_(latest)))
    }
    return {
        topic_id: status[request.id]
        for topic_id, request in requests.items()
        if request.id in status
    }


def topic_ranking(
    units: TopicUnits,
    topic_ids: Collection[int],
    requests: Mapping[int, FeatureRequest],
    config: RankConfig,
    volume: Volume,
) -> list[Priority]:
    """Rank topics by what was said of them up to the end of the week."""
    subjects = [
        Subject(
            topic_id,
            strategic=requests[topic_id].strategic_weight if topic_id in requests else None,
            effort=requests[topic_id].effort if topic_id in requests else None,
        )
        for topic_id in sorted(topic_ids)
    ]
    voices = topic_voices(units.session, topic_ids, units.scope, horizon_weeks=config.horizon_weeks)
    return rank(
        subjects,
        voices,
        config,
        history_weeks=volume.history_weeks,
        exposure=volume.exposure,
        product=units.scope.product,
    )
