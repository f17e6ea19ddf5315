"""What an analysis reads and writes of topics: the living ones, the ledger, assignments, centroids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import bindparam, select, update
from sqlmodel import Session, col

from feedback_nlp.labels import ENGINE, Origin, TopicEventKind, TopicState
from feedback_nlp.store.tables import FeedbackUnit, Topic, TopicEvent


def living_topics(session: Session) -> list[Topic]:
    """Return topics that may take units: active and retired, never merged ones; by id."""
    return list(
        session.scalars(
            select(Topic)
            .where(col(Topic.state) != TopicState.MERGED.value, col(Topic.is_theme).is_(False))
            .order_by(col(Topic.id))
        )
    )


def themes(session: Session) -> list[Topic]:
    """Return the upper level, by id."""
    return list(session.scalars(select(Topic).where(col(Topic.is_theme)).order_by(col(Topic.id))))


def nested_by_people(session: Session) -> set[int]:
    """Return the topics whose parent a person has chosen."""
    return set(
        session.scalars(
            select(col(TopicEvent.topic_id)).where(
                col(TopicEvent.kind) == TopicEventKind.NESTED.value, col(TopicEvent.actor) != ENGINE
            )
        )
    )


def taken_out(session: Session) -> dict[int, frozenset[int]]:
    """Return for each topic the units that people took out of it and did not put back."""
    out: dict[int, set[int]] = {}
    edits = session.scalars(
        select(TopicEvent)
        .where(
            col(TopicEvent.kind).in_([TopicEventKind.MOVED.value, TopicEventKind.SPLIT.value]),
            col(TopicEvent.actor) != ENGINE,
        )
        .order_by(col(TopicEvent.id))
    )
    for edit in edits:
        for unit_id, topic_id, *_ in edit.detail.get("units", []):
            if topic_id is not None:
                out.setdefault(topic_id, set()).add(unit_id)
    moved = sorted(set().union(*out.values())) if out else []
    home = {
        unit.id: unit.topic_id
        for unit in session.scalars(select(FeedbackUnit).where(col(FeedbackUnit.id).in_(moved)))
    }
    return {
        topic_id: frozenset(unit_id for unit_id in units if home.get(unit_id) != topic_id)
        for topic_id, units in out.items()
    }


def add_event(
    session: Session,
    topic_id: int,
    kind: TopicEventKind,
    *,
    now: datetime,
    run_id: int | None = None,
    actor: str = ENGINE,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Append to the ledger."""
    session.add(
        TopicEvent(
            topic_id=topic_id,
            kind=kind.value,
            run_id=run_id,
            actor=actor,
            detail=dict(detail or {}),
            happened_at=now,
        )
    )


def places(session: Session, unit_ids: Sequence[int]) -> dict[int, tuple[int, bool]]:
    """Return where units are now: id of the topic (0 for none), and whether a person put it there."""
    rows = session.execute(
        select(
            col(FeedbackUnit.id), col(FeedbackUnit.topic_id), col(FeedbackUnit.assigned_by)
        ).where(col(FeedbackUnit.id).in_(unit_ids))
    )
    return {unit_id: (topic or 0, by == Origin.PERSON) for unit_id, topic, by in rows}


def save_assignments(
    session: Session, changed: Sequence[tuple[int, int | None, float | None]]
) -> None:
    """Write ``(unit id, topic id, similarity)`` where they changed."""
    if changed:
        session.connection().execute(
            update(FeedbackUnit).where(col(FeedbackUnit.id) == bindparam("b_id")),
            [
                {"b_id": id_, "topic_id": topic, "topic_similarity": similarity}
                for id_, topic, similarity in changed
            ],
        )


def pack_centroid(centroid: np.ndarray) -> bytes:
    """Pack a centroid of shape (d,) for the ``topic`` table: float32, little endian."""
    return np.ascontiguousarray(centroid, dtype="<f4").tobytes()


def unpack_centroid(blob: bytes) -> np.ndarray:
    """Return the centroid of shape (d,), float32, that :func:`pack_centroid` packed."""
    return np.frombuffer(blob, dtype="<f4").astype(np.float32)
