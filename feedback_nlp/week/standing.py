"""Where the topics of a week stand: their requests, those requests' states, the ranking."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlmodel import Session, col

from feedback_nlp.config import RankConfig
from feedback_nlp.labels import RequestStatus, TopicKind, TopicState
from feedback_nlp.rank import Priority, Subject, placed, scored
from feedback_nlp.store import standings
from feedback_nlp.store.rollup import SubjectKind
from feedback_nlp.store.tables import FeatureRequest, StatusEvent, Topic
from feedback_nlp.store.voices import topic_voices
from feedback_nlp.store.volume import exposure, history_weeks
from feedback_nlp.week.units import TopicUnits
from feedback_nlp.weeks import Scope

#: To be raised whenever a score is computed in another way: what was kept is then not used.
_EDITION = 1


class Volume(NamedTuple):
    """What a week is compared with.

    Attributes:
        history_weeks: Weeks of data before it.
        exposure: Its people against a usual week's, see :func:`feedback_nlp.store.volume.exposure`.
    """

    history_weeks: int
    exposure: float


def volume_of(session: Session, scope: Scope, config: RankConfig) -> Volume:
    """Return what a week (or, with scales for months, a month) is compared with."""
    min_share, usual_weeks = config.usual_week_min_share, config.trend_history_weeks
    return Volume(
        history_weeks(session, scope, min_share=min_share),
        exposure(session, scope, usual_weeks=usual_weeks, min_share=min_share),
    )


def living_topics(kind: TopicKind) -> Any:
    """Return a query of the topics of a kind that a digest may tell of."""
    return select(Topic).where(
        col(Topic.kind) == kind.value,
        col(Topic.state) != TopicState.MERGED.value,
        col(Topic.is_theme).is_(False),
        col(Topic.muted).is_(False),
    )


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


@dataclass(frozen=True, slots=True)
class TopicStandings:
    """What all of the past says of topics as of the end of a week.

    Attributes:
        ranking: The topics that somebody spoke of within the horizon, by priority.
        people: Distinct people by topic, ever; spam and bursts are nobody.
        first_at: When somebody first spoke of a topic.
    """

    ranking: list[Priority]
    people: Mapping[int, int]
    first_at: Mapping[int, datetime]


def topic_standings(
    units: TopicUnits,
    topic_ids: Collection[int],
    requests: Mapping[int, FeatureRequest],
    config: RankConfig,
    volume: Volume,
) -> TopicStandings:
    """Say where topics stand by what was said of them up to the end of the week.

    Figures are kept from one call to the next, see :mod:`feedback_nlp.store.standings`;
    only topics of which the past has changed are computed.
    """
    session, scope = units.session, units.scope
    subjects = {
        topic_id: Subject(
            topic_id,
            strategic=requests[topic_id].strategic_weight if topic_id in requests else None,
            effort=requests[topic_id].effort if topic_id in requests else None,
        )
        for topic_id in sorted(topic_ids)
    }
    shared = f"{_EDITION}|{scope.zone}|{config.model_dump_json()}|{volume}"
    basis = {
        id_: hashlib.sha256(f"{shared}|{subject}".encode()).hexdigest()
        for id_, subject in subjects.items()
    }
    known = standings.kept(session, SubjectKind.TOPIC, scope, basis)
    missing = [subject for id_, subject in subjects.items() if id_ not in known]
    fresh = _figures(units, missing, config, volume) if missing else {}
    standings.remember(session, SubjectKind.TOPIC, scope, basis, fresh)
    figures = {**known, **fresh}
    return TopicStandings(
        ranking=placed(
            _read(of_topic["priority"]) for of_topic in figures.values() if of_topic["priority"]
        ),
        people={id_: of_topic["people"] for id_, of_topic in figures.items()},
        first_at={
            id_: datetime.fromisoformat(of_topic["first_at"])
            for id_, of_topic in figures.items()
            if of_topic["first_at"]
        },
    )


def _figures(
    units: TopicUnits, subjects: Sequence[Subject], config: RankConfig, volume: Volume
) -> dict[int, dict[str, Any]]:
    """Compute from the rows what is kept of each topic."""
    ids = [subject.subject_id for subject in subjects]
    voices = topic_voices(units.session, ids, units.scope, horizon_weeks=config.horizon_weeks)
    scores = scored(
        subjects,
        voices,
        config,
        history_weeks=volume.history_weeks,
        exposure=volume.exposure,
        product=units.scope.product,
    )
    by_topic = {score.subject_id: score for score in scores}
    past = units.past(ids)
    return {
        id_: {
            "priority": _written(by_topic[id_]) if id_ in by_topic else None,
            "people": past[id_][0] if id_ in past else 0,
            "first_at": past[id_][1].isoformat() if id_ in past else None,
        }
        for id_ in ids
    }


def _written(priority: Priority) -> dict[str, Any]:
    """Return a score as JSON; pairs, since a database may sort the keys of an object."""
    return {
        **asdict(priority),
        "parts": list(priority.parts.items()),
        "weights": list(priority.weights.items()),
    }


def _read(value: Mapping[str, Any]) -> Priority:
    return Priority(
        **{
            **value,
            "parts": dict(value["parts"]),
            "weights": dict(value["weights"]),
            "missing": tuple(value["missing"]),
        }
    )
