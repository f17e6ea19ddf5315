"""Topics in a run: units out of the store, through the modeler, and back with the ledger.

Between reading and writing lie seconds to minutes. What people did to topics meanwhile
stands: merges are followed, topics that they touched keep their units, names stay.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np
from sqlmodel import Session

from feedback_nlp.jobs.llm_names import ModelNames
from feedback_nlp.labels import ENGINE, Intent, Origin, TopicEventKind, TopicKind, TopicState
from feedback_nlp.pipeline import Analyst
from feedback_nlp.store import Database, analysis, likeness, topic_writing
from feedback_nlp.store.analysis import StoredUnit
from feedback_nlp.store.edit_marks import edit_mark, heirs, topics_touched_since
from feedback_nlp.store.tables import Topic
from feedback_nlp.topics import UNASSIGNED, KnownTopic, TopicResult, TopicUnit
from feedback_nlp.topics import Topic as FoundTopic
from feedback_nlp.topics.seeds import seed_name


class Found(NamedTuple):
    """Topics, and what they were found in.

    Attributes:
        units: All units, as they were.
        result: What the modeler made of them.
        after_event: The ledger's last entry then.
    """

    units: list[StoredUnit]
    result: TopicResult
    after_event: int


def _find_topics(database: Database, analyst: Analyst, *, is_same_space: bool) -> Found:
    """Find topics over all units; clustering takes seconds, so it holds no write lock.

    Args:
        database: The store.
        analyst: Finds them.
        is_same_space: Whether stored centroids compare with the vectors of this run.
    """
    with database.read() as session:
        after_event = edit_mark(session).topic_event
        units = analysis.topic_units(session)
        topics = topic_writing.living_topics(session)
        taken_out = topic_writing.taken_out(session)
        apart = likeness.kept_apart(session)
    result = analyst.find_topics(
        [_topic_unit(unit) for unit in units],
        _known_topics(topics, units, taken_out, apart, is_same_space=is_same_space),
        pasted={unit.unit_id for unit in units if unit.is_burst},
    )
    return Found(units, result, after_event)


def unassigned_share(found: Found) -> float:
    """Return the share of units that ask something and are in no topic."""
    in_scope = [
        index
        for unit, index in zip(found.units, found.result.assignment.tolist(), strict=True)
        if unit.intent not in (Intent.PRAISE, Intent.OTHER)
    ]
    return round(in_scope.count(UNASSIGNED) / max(len(in_scope), 1), 4)


def _found_pairs(result: TopicResult, topic_ids: Sequence[int]) -> list[likeness.FoundPair]:
    return [
        likeness.FoundPair(
            topic_ids[pair.first],
            topic_ids[pair.second],
            pair.score,
            {
                "place": pair.place,
                "words": pair.words,
                "next_share": pair.next_share,
                "seeds": pair.seeds,
                "shared_people": pair.shared_people,
                "thing": pair.thing,
                "shared_phrases": list(pair.shared_phrases),
                "seed_issue": seed_name(pair.seed_code),
            },
        )
        for pair in result.alike
    ]


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
    apart: Collection[int],
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
            is_kept_apart=topic.id in apart,
            parent_id=str(topic.parent_id) if topic.parent_id else None,
        )
        for topic in topics
    ]


def write_topics(
    session: Session, found: Found, names: ModelNames, run_id: int, now: datetime
) -> tuple[list[int], dict[str, int]]:
    """Update the living topics, add the new ones, and append what happened to the ledger.

    Returns the permanent id of each topic of the result, and the ledger events by kind.
    """
    writer = _TopicWriter(session, run_id, now)
    ids = writer.write(found.result, names)
    writer.tell(found.result, topics_touched_since(session, found.after_event))
    _write_themes(session, found.result, ids, run_id)
    likeness.replace_found(session, _found_pairs(found.result, ids), run_id=run_id, now=now)
    return ids, dict(sorted(writer.events.items()))


class _TopicWriter:
    """Brings the topics of a result and the rows together, as the rows are now."""

    def __init__(self, session: Session, run_id: int, now: datetime) -> None:
        self.events: Counter[str] = Counter()
        self._session = session
        self._run_id = run_id
        self._now = now
        self._rows = {topic.id: topic for topic in topic_writing.living_topics(session)}
        self._heirs = heirs(session)

    def write(self, result: TopicResult, names: ModelNames) -> list[int]:
        """Write the topics; return the id of each."""
        rows = [self._row(topic) for topic in result.topics]
        new = [row for row in rows if row is not None and row.id is None]
        self._session.add_all(new)
        self._session.flush()
        ids: list[int] = []
        for index, (topic, row) in enumerate(zip(result.topics, rows, strict=True)):
            if row is None:  # somebody merged it away meanwhile: its units go where it went
                ids.append(self._heirs[int(topic.topic_id or 0)])
                continue
            assert row.id is not None
            ids.append(row.id)
            if row.created_run_id == self._run_id:
                self._log(
                    row, TopicEventKind.BORN, {"name": topic.name, "units": topic.member_count}
                )
            self._name(row, topic.name, names.by_topic.get(index), names.actor)
            row.state = TopicState.ACTIVE.value
            row.keywords = list(topic.keywords)
            row.centroid = topic_writing.pack_centroid(np.asarray(topic.centroid))
            row.quote_unit_ids = list(topic.quotes)
            row.updated_run_id = self._run_id
        self._session.flush()
        return ids

    def tell(self, result: TopicResult, touched: frozenset[int]) -> None:
        """Write what the fit did to known topics, but not against what somebody did since."""
        for event in result.events:
            parent = event.topic_id or event.detail.get("from")
            row = self._rows.get(int(parent)) if parent else None
            if row is None or row.id is None:
                continue  # a birth: logged before; or merged away meanwhile
            ends = event.kind in (TopicEventKind.MERGED, TopicEventKind.RETIRED)
            if ends and row.id in touched:
                continue
            if event.kind is TopicEventKind.MERGED:
                into = int(event.detail["into"])
                row.state = TopicState.MERGED.value
                row.merged_into_id = self._heirs.get(into, into)
            elif event.kind is TopicEventKind.RETIRED and not row.pinned:
                row.state = TopicState.RETIRED.value
            self._log(row, event.kind, event.detail)

    def _row(self, topic: FoundTopic) -> Topic | None:
        """Return the row that a topic continues, a new one, or ``None`` if it was merged away."""
        if topic.topic_id is not None:
            row = self._rows.get(int(topic.topic_id))
            if row is not None or int(topic.topic_id) in self._heirs:
                return row
        return Topic(name=topic.name, kind=topic.kind.value, created_run_id=self._run_id)

    def _name(self, row: Topic, name: str, by_model: str | None, model: str) -> None:
        if row.named_by == Origin.AUTO and row.name != name:
            self._log(row, TopicEventKind.RENAMED, {"before": row.name, "after": name})
            row.name = name
        if row.named_by == Origin.AUTO and by_model is not None:
            detail = {"before": row.name, "after": by_model, "named_by": row.named_by}
            self._log(row, TopicEventKind.RENAMED, detail, model)
            row.name, row.named_by = by_model, Origin.MODEL.value

    def _log(
        self, row: Topic, kind: TopicEventKind, detail: Mapping[str, Any], actor: str = ENGINE
    ) -> None:
        assert row.id is not None
        topic_writing.add_event(
            self._session,
            row.id,
            kind,
            now=self._now,
            run_id=self._run_id,
            actor=actor,
            detail=detail,
        )
        self.events[kind.value] += 1


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
