"""What people did since something was read: an analysis looks here before it writes.

An analysis computes for minutes on what it read at the start. What people changed meanwhile
was answered and stands; the analysis finds it here and writes around it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import func, select
from sqlmodel import Session, col

from feedback_nlp.labels import TopicEventKind, TopicState, is_person
from feedback_nlp.store.tables import RequestEdit, StatusEvent, Topic, TopicEvent


class EditMark(NamedTuple):
    """How far the histories went at some moment; a later mark differs if anybody edited."""

    topic_event: int
    request_edit: int
    status_event: int


def edit_mark(session: Session) -> EditMark:
    """Return the mark of what this session sees."""
    return EditMark(
        *(
            session.scalar(select(func.max(col(table.id)))) or 0
            for table in (TopicEvent, RequestEdit, StatusEvent)
        )
    )


def topics_touched_since(session: Session, topic_event: int) -> frozenset[int]:
    """Return the topics that a person edited after an event of the ledger."""
    touched: set[int] = set()
    for topic_id, actor, detail in session.execute(
        select(col(TopicEvent.topic_id), col(TopicEvent.actor), col(TopicEvent.detail)).where(
            col(TopicEvent.id) > topic_event
        )
    ):
        if is_person(actor):
            touched.add(topic_id)
            touched.update(detail[name] for name in ("into", "child") if detail.get(name))
    return frozenset(touched)


def last_topic_event(session: Session) -> int:
    """Return the newest entry of the topics' ledger; 0 if there is none."""
    return session.scalar(select(func.max(col(TopicEvent.id)))) or 0


def topic_events_since(session: Session, topic_event: int) -> list[int]:
    """Return the entries of the topics' ledger after one of them, in order."""
    number = col(TopicEvent.id)
    return [
        found or 0
        for found in session.scalars(select(number).where(number > topic_event).order_by(number))
    ]


def topics_to_recount(session: Session, topic_event: int) -> frozenset[int]:
    """Return the topics whose figures edits after an entry of the ledger may have changed.

    Units came into them or left them, or they were muted; what was taken back counts as well.
    """
    found: set[int] = set()
    rows = list(
        session.execute(
            select(col(TopicEvent.topic_id), col(TopicEvent.kind), col(TopicEvent.detail)).where(
                col(TopicEvent.id) > topic_event
            )
        )
    )
    undone = [row[2]["event"] for row in rows if row[1] == TopicEventKind.UNDONE.value]
    rows += session.execute(
        select(col(TopicEvent.topic_id), col(TopicEvent.kind), col(TopicEvent.detail)).where(
            col(TopicEvent.id).in_(undone)
        )
    )
    for topic_id, kind, detail in rows:
        if kind not in _COUNTING:
            continue
        found.add(topic_id)
        found.update(detail[name] for name in ("into", "child", "split_from") if detail.get(name))
        found.update(unit[1] for unit in detail.get("units", ()) if unit[1] is not None)
    return frozenset(found)


_COUNTING = frozenset(
    {
        TopicEventKind.BORN,
        TopicEventKind.MERGED,
        TopicEventKind.SPLIT,
        TopicEventKind.MOVED,
        TopicEventKind.MUTED,
        TopicEventKind.UNMUTED,
    }
)


def heirs(session: Session) -> Mapping[int, int]:
    """Return for each topic that was merged away the topic that lives on in its place."""
    merged = select(col(Topic.id), col(Topic.merged_into_id)).where(
        col(Topic.state) == TopicState.MERGED.value, col(Topic.merged_into_id).is_not(None)
    )
    into: dict[int, int] = {row[0]: row[1] for row in session.execute(merged)}
    found = {}
    for topic_id in into:
        heir, seen = topic_id, {topic_id}
        while heir in into and into[heir] not in seen:
            heir = into[heir]
            seen.add(heir)
        found[topic_id] = heir
    return found
