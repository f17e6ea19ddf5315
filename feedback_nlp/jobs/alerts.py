"""Finds alerts again from the rows at the end of an analysis; marks that people made stay."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import delete, func, select
from sqlmodel import Session, col

from feedback_nlp.alerts import Alert, DailyPeople
from feedback_nlp.config import PipelineConfig
from feedback_nlp.labels import RequestStatus, TopicKind, TopicState
from feedback_nlp.pipeline import watch_days
from feedback_nlp.requests.locking import hold_requests
from feedback_nlp.store import Database
from feedback_nlp.store.conditions import is_counted
from feedback_nlp.store.edit_marks import EditMark, edit_mark
from feedback_nlp.store.slices import Slices
from feedback_nlp.store.tables import (
    AlertRow,
    FeatureRequest,
    Feedback,
    FeedbackUnit,
    StatusEvent,
    Topic,
)

_FINDINGS = 5


def daily_people(session: Session, zone: ZoneInfo) -> DailyPeople | None:
    """Return distinct people a day for each living issue topic; ``None`` without feedback."""
    topic_ids = set(
        session.scalars(
            select(col(Topic.id)).where(
                col(Topic.kind) == TopicKind.ISSUE.value,
                col(Topic.state) == TopicState.ACTIVE.value,
                col(Topic.is_theme).is_(False),
                col(Topic.muted).is_(False),
            )
        )
    )
    everyone = _people_by_day(
        session.execute(
            select(col(Feedback.occurred_at), col(Feedback.person_key)).where(is_counted())
        ),
        zone,
    )
    if not everyone:
        return None
    by_topic: dict[int, dict[date, set[str]]] = {topic_id: {} for topic_id in topic_ids if topic_id}
    rows = session.execute(
        select(col(FeedbackUnit.topic_id), col(Feedback.occurred_at), col(Feedback.person_key))
        .join(Feedback, col(Feedback.id) == col(FeedbackUnit.feedback_id))
        .where(
            is_counted(),
            col(FeedbackUnit.topic_id).is_not(None),
        )
    )
    for topic_id, moment, person in rows:
        if topic_id in by_topic and person is not None:
            by_topic[topic_id].setdefault(moment.astimezone(zone).date(), set()).add(person)
    first_day, last_day = min(everyone), max(everyone)
    length = (last_day - first_day).days + 1

    def counts(people: dict[date, set[str]]) -> np.ndarray:
        array = np.zeros(length, dtype=np.int64)
        for day, names in people.items():
            array[(day - first_day).days] = len(names)
        return array

    return DailyPeople(
        first_day=first_day,
        total=counts(everyone),
        topics={topic_id: counts(people) for topic_id, people in sorted(by_topic.items())},
    )


def refresh_alerts(
    session: Session, config: PipelineConfig, *, zone: ZoneInfo, now: datetime
) -> int:
    """Find the alerts again from the rows; keep what people marked; return how many there are.

    An alert that is found no more (its units moved to another topic) goes, unless someone
    marked it.
    """
    found = alerts_in(session, config, zone=zone)
    store_alerts(session, found, now=now)
    return len(found)


def catch_up_alerts(
    database: Database, slices: Slices, config: PipelineConfig, *, zone: ZoneInfo, now: datetime
) -> int:
    """Find the alerts on a snapshot and store them if nobody edited meanwhile, else anew.

    Each edit finds all alerts itself, so a finding that edits keep overtaking is not missed.
    """
    found: list[Alert] = []
    for _ in range(_FINDINGS):
        with database.read() as session:
            mark, found = edit_mark(session), alerts_in(session, config, zone=zone)
        if slices.once(_storing(found, mark, now)):
            break
    return len(found)


def _storing(found: list[Alert], mark: EditMark, now: datetime) -> Callable[[Session], bool]:
    def store(session: Session) -> bool:
        hold_requests(session)
        if edit_mark(session) != mark:
            return False
        store_alerts(session, found, now=now)
        return True

    return store


def alerts_in(session: Session, config: PipelineConfig, *, zone: ZoneInfo) -> list[Alert]:
    """Find the alerts in all days of the data; writes nothing."""
    counts = daily_people(session, zone)
    if counts is None:
        return []
    return watch_days(counts, config, releases=_release_days(session, zone))


def store_alerts(session: Session, found: Iterable[Alert], *, now: datetime) -> None:
    """Write what was found; what is found no more goes, unless someone marked it."""
    known = {(row.topic_id, row.day): row for row in session.scalars(select(AlertRow))}
    for alert in found:
        key = (alert.topic_id, alert.day.isoformat())
        row = known.pop(key, None) or AlertRow(
            topic_id=alert.topic_id, day=key[1], created_at=now, **_figures(alert)
        )
        for name, value in _figures(alert).items():
            setattr(row, name, value)
        session.add(row)
    session.flush()
    left = [row.id for row in known.values() if row.is_useful is None]
    if left:  # somebody may mark one at this moment
        session.execute(
            delete(AlertRow)
            .where(col(AlertRow.id).in_(left), col(AlertRow.is_useful).is_(None))
            .execution_options(synchronize_session=False)
        )


def _figures(alert: Alert) -> dict[str, Any]:
    return {
        "kind": alert.kind.value,
        "last_day": alert.last_day.isoformat(),
        "people": alert.people,
        "expected": alert.expected,
        "days": alert.days,
        "p_value": alert.p_value,
    }


def _people_by_day(rows: Iterable[Any], zone: ZoneInfo) -> dict[date, set[str]]:
    people: dict[date, set[str]] = {}
    for moment, person in rows:
        if person is not None:
            people.setdefault(moment.astimezone(zone).date(), set()).add(person)
    return people


def _release_days(session: Session, zone: ZoneInfo) -> dict[int, date]:
    """Return for each topic the day its request was last released."""
    rows = session.execute(
        select(col(FeatureRequest.topic_id), func.max(col(StatusEvent.happened_at)))
        .join(StatusEvent, col(StatusEvent.request_id) == col(FeatureRequest.id))
        .where(
            col(FeatureRequest.topic_id).is_not(None),
            col(StatusEvent.to_status) == RequestStatus.RELEASED.value,
        )
        .group_by(col(FeatureRequest.topic_id))
    )
    return {row[0]: row[1].astimezone(zone).date() for row in rows}
