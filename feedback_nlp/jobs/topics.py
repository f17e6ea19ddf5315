"""Topics in a run: units out of the store, through the modeler, and back with the ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from sqlmodel import Session

from feedback_nlp.jobs.llm_names import ModelNames
from feedback_nlp.labels import ENGINE, Intent, Origin, TopicEventKind, TopicKind, TopicState
from feedback_nlp.pipeline import Analyst
from feedback_nlp.store import Database, analysis, topic_writing
from feedback_nlp.store.analysis import StoredUnit
from feedback_nlp.store.tables import Topic
from feedback_nlp.topics import UNASSIGNED, KnownTopic, TopicResult, TopicUnit


def _find_topics(
    database: Database, analyst: Analyst, *, is_same_space: bool
) -> tuple[list[StoredUnit], TopicResult]:
    """Find topics over all units; clustering takes seconds, so it holds no write lock.

    Args:
        database: The store.
        analyst: Finds them.
        is_same_space: Whether stored centroids compare with the vectors of this run.
    """
    with database.read() as session:
        units = analysis.topic_units(session)
        topics = topic_writing.living_topics(session)
        taken_out = topic_writing.taken_out(session)
    return units, analyst.find_topics(
        [_topic_unit(unit) for unit in units],
        _known_topics(topics, units, taken_out, is_same_space=is_same_space),
        pasted={unit.unit_id for unit in units if unit.is_burst},
    )


def _save_topics(
    session: Session,
    units: Sequence[StoredUnit],
    result: TopicResult,
    names: ModelNames,
    run_id: int,
    now: datetime,
) -> dict[str, Any]:
    """Store the topics and which units are in them; return the figures of the run."""
    topic_ids, events = _write_topics(session, result, names, run_id, now)
    assignment = result.assignment.tolist()
    changed = []
    for unit, index, similarity in zip(units, assignment, result.similarity.tolist(), strict=True):
        if index == UNASSIGNED:
            new: tuple[int | None, float | None] = (None, None)
        else:
            new = (topic_ids[index], round(float(similarity), 4))
        if unit.assigned_by != Origin.PERSON and unit.topic_id != new[0]:
            changed.append((unit.unit_id, *new))
    topic_writing.save_assignments(session, changed)
    in_scope = [
        index
        for unit, index in zip(units, assignment, strict=True)
        if unit.intent not in (Intent.PRAISE, Intent.OTHER)
    ]
    return {
        "unit_count": analysis.count_units(session),
        "topic_count": sum(topic.kind is TopicKind.ISSUE for topic in result.topics),
        "unassigned_share": round(in_scope.count(UNASSIGNED) / max(len(in_scope), 1), 4),
        "events": dict(sorted(events.items())),
    }


def _topic_unit(unit: StoredUnit) -> TopicUnit:
    return TopicUnit(
        unit_id=unit.unit_id,
        feedback_id=unit.feedback_id,
        text=unit.text,
        intent=Intent(unit.intent),
        sentiment_score=unit.sentiment_score,
        product=unit.product,
        occurred_at=unit.occurred_at,
        author_key=unit.person_key,
    )


def _known_topics(
    topics: Sequence[Topic],
    units: Sequence[StoredUnit],
    taken_out: Mapping[int, frozenset[int]],
    *,
    is_same_space: bool,
) -> list[KnownTopic]:
    """Return the living topics as the topic stage wants them, members included."""
    members: dict[int | None, list[StoredUnit]] = {topic.id: [] for topic in topics}
    for unit in units:
        if unit.topic_id in members:
            members[unit.topic_id].append(unit)
    return [
        KnownTopic(
            topic_id=str(topic.id),
            name=topic.name,
            kind=TopicKind(topic.kind),
            centroid=topic_writing.unpack_centroid(
                topic.centroid if is_same_space and topic.centroid else b""
            ),
            members=frozenset(unit.unit_id for unit in members[topic.id]),
            pinned_members=frozenset(
                unit.unit_id for unit in members[topic.id] if unit.assigned_by == Origin.PERSON
            ),
            banned_members=taken_out.get(topic.id or 0, frozenset()),
            name_is_pinned=topic.named_by == Origin.PERSON,
            parent_id=str(topic.parent_id) if topic.parent_id else None,
        )
        for topic in topics
    ]


def _write_topics(
    session: Session, result: TopicResult, names: ModelNames, run_id: int, now: datetime
) -> tuple[list[int], Counter[str]]:
    """Update the living topics, add the new ones, and append what happened to the ledger.

    Returns the permanent id of each topic of the result, and the ledger events by kind.
    """
    events: Counter[str] = Counter()

    def log(
        topic_id: int, kind: TopicEventKind, detail: Mapping[str, Any], actor: str = ENGINE
    ) -> None:
        topic_writing.add_event(
            session, topic_id, kind, now=now, run_id=run_id, actor=actor, detail=detail
        )
        events[kind.value] += 1

    rows = {topic.id: topic for topic in topic_writing.living_topics(session)}
    ids: list[int] = []
    for index, topic in enumerate(result.topics):
        row = rows.get(int(topic.topic_id)) if topic.topic_id is not None else None
        if row is None:
            row = Topic(name=topic.name, kind=topic.kind.value, created_run_id=run_id)
            session.add(row)
            session.flush()
            assert row.id is not None
            log(row.id, TopicEventKind.BORN, {"name": topic.name, "units": topic.member_count})
        assert row.id is not None
        if row.named_by == Origin.AUTO and row.name != topic.name:
            log(row.id, TopicEventKind.RENAMED, {"before": row.name, "after": topic.name})
            row.name = topic.name
        if row.named_by == Origin.AUTO and index in names.by_topic:
            name = names.by_topic[index]
            detail = {"before": row.name, "after": name, "named_by": row.named_by}
            log(row.id, TopicEventKind.RENAMED, detail, names.actor)
            row.name, row.named_by = name, Origin.MODEL.value
        row.state = TopicState.ACTIVE.value
        row.keywords = list(topic.keywords)
        row.centroid = topic_writing.pack_centroid(np.asarray(topic.centroid))
        row.quote_unit_ids = list(topic.quotes)
        row.updated_run_id = run_id
        session.add(row)
        ids.append(row.id)
    for event in result.events:
        parent = event.topic_id or event.detail.get("from")
        row = rows.get(int(parent)) if parent else None
        if row is None or row.id is None:
            continue  # a birth: logged above
        if event.kind is TopicEventKind.MERGED:
            row.state = TopicState.MERGED.value
            row.merged_into_id = int(event.detail["into"])
        elif event.kind is TopicEventKind.RETIRED and not row.pinned:
            row.state = TopicState.RETIRED.value
        session.add(row)
        log(row.id, event.kind, event.detail)
    _write_themes(session, result, ids, run_id)
    return ids, events


def _write_themes(
    session: Session, result: TopicResult, topic_ids: Sequence[int], run_id: int
) -> None:
    """Nest topics under their themes, but for those that people have nested themselves.

    A theme is a topic without units of its own; it is known by its name.
    """
    by_people = topic_writing.nested_by_people(session)
    themes = {theme.name: theme for theme in topic_writing.themes(session)}
    for theme in result.themes:
        row = themes.pop(theme.name, None) or Topic(
            name=theme.name, is_theme=True, created_run_id=run_id
        )
        row.state, row.updated_run_id = TopicState.ACTIVE.value, run_id
        session.add(row)
        session.flush()
        for index in theme.topics:
            topic = session.get(Topic, topic_ids[index])
            if topic is not None and topic.id not in by_people:
                topic.parent_id = row.id
                session.add(topic)
    for left_over in themes.values():
        left_over.state = TopicState.RETIRED.value
        session.add(left_over)
