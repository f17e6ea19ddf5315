"""Finds alerts again from the rows at the end of an analysis; marks that people made stay."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
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
from feedback_nlp.store.shared_basis import SharedBasis, fingerprint
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


@dataclass(frozen=True, slots=True)
class Days:
    """What all alerts share: everybody who spoke, day by day.

    Attributes:
        first_day: The first day of the data.
        total: (d,) distinct people a day.
    """

    first_day: date
    total: np.ndarray


DAYS = SharedBasis("alert days")
"""Where they are kept."""


def daily_people(session: Session, zone: ZoneInfo) -> DailyPeople | None:
    """Return distinct people a day for each living issue topic; ``None`` without feedback."""
    days = _everyone(session, zone)
    return None if days is None else _of_topics(session, zone, days)


def _everyone(session: Session, zone: ZoneInfo) -> Days | None:
    """Return how many distinct people spoke a day; ``None`` without feedback."""
    everyone: dict[date, set[str]] = {}
    for moment, person in session.execute(
        select(col(Feedback.occurred_at), col(Feedback.person_key)).where(is_counted())
    ):
        if person is not None:
            everyone.setdefault(moment.astimezone(zone).date(), set()).add(person)
    if not everyone:
        return None
    first_day = min(everyone)
    length = (max(everyone) - first_day).days + 1
    return Days(first_day, _counts(everyone, first_day, length))


def _of_topics(
    session: Session, zone: ZoneInfo, days: Days, only: Collection[int] | None = None
) -> DailyPeople:
    """Return distinct people a day for living issue topics: all, or those with these ids."""
    living = select(col(Topic.id)).where(
        col(Topic.kind) == TopicKind.ISSUE.value,
        col(Topic.state) == TopicState.ACTIVE.value,
        col(Topic.is_theme).is_(False),
        col(Topic.muted).is_(False),
    )
    rows = (
        select(col(FeedbackUnit.topic_id), col(Feedback.occurred_at), col(Feedback.person_key))
        .join(Feedback, col(Feedback.id) == col(FeedbackUnit.feedback_id))
        .where(is_counted(), col(FeedbackUnit.topic_id).is_not(None))
    )
    if only is not None:
        living = living.where(col(Topic.id).in_(only))
        rows = rows.where(col(FeedbackUnit.topic_id).in_(only))
    by_topic: dict[int, dict[date, set[str]]] = {
        topic_id: {} for topic_id in session.scalars(living) if topic_id
    }
    for topic_id, moment, person in session.execute(rows):
        if topic_id in by_topic and person is not None:
            by_topic[topic_id].setdefault(moment.astimezone(zone).date(), set()).add(person)
    return DailyPeople(
        first_day=days.first_day,
        total=days.total,
        topics={
            topic_id: _counts(people, days.first_day, len(days.total))
            for topic_id, people in sorted(by_topic.items())
        },
    )


def _counts(people: Mapping[date, Collection[str]], first_day: date, length: int) -> np.ndarray:
    """Return how many people there are a day; days outside of the range are left out."""
    array = np.zeros(length, dtype=np.int64)
    for day, names in people.items():
        if 0 <= (place := (day - first_day).days) < length:
            array[place] = len(names)
    return array


def kept_days(session: Session, config: PipelineConfig, zone: ZoneInfo) -> Days | None:
    """Return the days that the stored alerts were found in; ``None`` if they no longer hold.

    As with :func:`feedback_nlp.requests.priorities.kept_basis`, an edit finds the alerts of what
    it touched among the days of all the others.
    """
    value = DAYS.kept(session, _scales(config, zone))
    if value is None:
        return None
    return Days(date.fromisoformat(value["first_day"]), np.array(value["total"], dtype=np.int64))


def _keep_days(
    session: Session, days: Days | None, scales: str, *, has_settled: bool = False
) -> None:
    if days is not None:
        value = {"first_day": days.first_day.isoformat(), "total": days.total.tolist()}
        DAYS.keep(session, value, scales, has_settled=has_settled)


def _scales(config: PipelineConfig, zone: ZoneInfo) -> str:
    return fingerprint(config.alerts.model_dump(mode="json"), zone.key)


def refresh_alerts(
    session: Session, config: PipelineConfig, *, zone: ZoneInfo, now: datetime
) -> int:
    """Find the alerts again from the rows; keep what people marked; return how many there are.

    An alert that is found no more (its units moved to another topic) goes, unless someone
    marked it.
    """
    found, days = _all_alerts(session, config, zone)
    store_alerts(session, found, now=now)
    _keep_days(session, days, _scales(config, zone))
    return len(found)


def refresh_some_alerts(
    session: Session,
    config: PipelineConfig,
    topic_ids: Collection[int],
    *,
    zone: ZoneInfo,
    now: datetime,
) -> None:
    """Do what :func:`refresh_alerts` does, for the topics that an edit touched."""
    days = kept_days(session, config, zone)
    if days is None:
        refresh_alerts(session, config, zone=zone, now=now)
    elif topic_ids:
        counts = _of_topics(session, zone, days, only=topic_ids)
        found = watch_days(counts, config, releases=_release_days(session, zone))
        store_alerts(session, found, now=now, only=topic_ids)


def catch_up_alerts(
    database: Database, slices: Slices, config: PipelineConfig, *, zone: ZoneInfo, now: datetime
) -> int:
    """Find the alerts on a snapshot and store them if nobody edited meanwhile, else anew.

    Until then each edit finds all alerts itself, so a finding that edits keep overtaking is not
    missed.
    """
    found: list[Alert] = []
    for _ in range(_FINDINGS):
        with database.read() as session:
            mark = edit_mark(session)
            found, days = _all_alerts(session, config, zone)
        if slices.once(_storing(found, days, _scales(config, zone), mark, now)):
            break
    return len(found)


def _storing(
    found: list[Alert], days: Days | None, scales: str, mark: EditMark, now: datetime
) -> Callable[[Session], bool]:
    def store(session: Session) -> bool:
        hold_requests(session)
        if edit_mark(session) != mark:
            return False
        store_alerts(session, found, now=now)
        _keep_days(session, days, scales, has_settled=True)
        return True

    return store


def _all_alerts(
    session: Session, config: PipelineConfig, zone: ZoneInfo
) -> tuple[list[Alert], Days | None]:
    """Find the alerts in all days of the data; writes nothing."""
    days = _everyone(session, zone)
    if days is None:
        return [], None
    counts = _of_topics(session, zone, days)
    return watch_days(counts, config, releases=_release_days(session, zone)), days


def store_alerts(
    session: Session,
    found: Iterable[Alert],
    *,
    now: datetime,
    only: Collection[int] | None = None,
) -> None:
    """Write what was found; what is found no more goes, unless someone marked it.

    Args:
        session: The writing session; nothing is committed.
        found: The alerts.
        now: When they were found.
        only: They are those of these topics; of all if ``None``.
    """
    rows = select(AlertRow)
    if only is not None:
        rows = rows.where(col(AlertRow.topic_id).in_(only))
    known = {(row.topic_id, row.day): row for row in session.scalars(rows)}
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
