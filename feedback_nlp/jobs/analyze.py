"""The analysis job: read what is new, group copies, find topics, rank requests.

Killing it anywhere is safe. Reading is committed chunk by chunk, oldest feedback first,
and a feedback is pending until its units are stored. Everything that depends on all
feedback is computed from what is stored and written in one transaction with the end of
the run, so a second start ends where an undisturbed one does.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from sqlmodel import Session, col, select

from feedback_nlp.clean import DuplicateItem, is_spam
from feedback_nlp.config import PipelineConfig
from feedback_nlp.jobs.naming import ModelNames, ask_for_names
from feedback_nlp.labels import Intent, TopicEventKind, TopicState
from feedback_nlp.namer import load_namer
from feedback_nlp.pipeline import Analyst
from feedback_nlp.store import Database, analysis, lexicon
from feedback_nlp.store.alerts import refresh_alerts
from feedback_nlp.store.analysis import BY_MODEL, ENGINE, StoredUnit
from feedback_nlp.store.request_sync import sync_requests
from feedback_nlp.store.tables import Run, Topic
from feedback_nlp.topics import UNASSIGNED, KnownTopic, TopicKind, TopicResult, TopicUnit

CHUNK_SIZE = 2_000
_LEXICON = "lexicon"  # the dictionary's version among a run's versions
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class AnalysisReport:
    """What a run did.

    Attributes:
        run_id: ``None`` if there was nothing to do.
        read_count: Feedback read in this run.
        unit_count: Units in the store.
        topic_count: Living topics, vents and praise left out.
        request_count: Requests in the store.
        alert_count: Alerts found in all days of the data; marks that people made are kept.
        unassigned_share: Share (0–1) of bug, feature, complaint and question units in no topic.
        events: Ledger events of this run by kind.
        seconds: Wall clock.
    """

    run_id: int | None
    read_count: int = 0
    unit_count: int = 0
    topic_count: int = 0
    request_count: int = 0
    alert_count: int = 0
    unassigned_share: float = 0.0
    events: dict[str, int] | None = None
    seconds: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON-serialisable values."""
        return asdict(self)


def run_analysis(
    database: Database,
    config: PipelineConfig,
    *,
    zone: ZoneInfo,
    now: Callable[[], datetime],
    progress: Progress = lambda _stage, _done, _total: None,
) -> AnalysisReport:
    """Analyse everything that came in since the last complete run.

    Raises:
        Conflict: If another process is analysing this database.
        ArtifactError: If a model cannot be loaded.
        ConfigError: If naming by a language model is wanted without saying where it is.
    """
    started = time.monotonic()
    namer = load_namer(config.naming)
    with database.read() as session:
        taught = lexicon.words(session)
        if analysis.count_pending(session) == 0 and _is_settled(session, config, taught.version):
            return AnalysisReport(run_id=None)
    analyst = Analyst.load(config, extra_words=taught.words, stop_words=taught.stops)
    with database.write() as session:
        run_id = analysis.start_run(
            session,
            config=config.model_dump(mode="json"),
            versions={**analyst.versions, _LEXICON: str(taught.version)},
            now=now(),
        )
    read_count = _read_pending(database, analyst, run_id, progress)
    progress("归并与排序", 0, 3)
    _group_copies(database, analyst)
    progress("归并与排序", 1, 3)
    units, result = _find_topics(database, analyst)
    names = ask_for_names(database, namer, config.naming.max_topics, units, result)
    progress("归并与排序", 2, 3)
    with database.write() as session:
        figures = _save_topics(session, units, result, names, run_id, now())
        request_count = sync_requests(session, config.rank, zone=zone, now=now())
        alert_count = refresh_alerts(session, config.alerts, zone=zone, now=now())
        report = AnalysisReport(
            run_id=run_id,
            read_count=read_count,
            request_count=request_count,
            alert_count=alert_count,
            seconds=time.monotonic() - started,
            **figures,
        )
        analysis.finish_run(session, run_id, figures=report.as_dict(), now=now())
    progress("归并与排序", 3, 3)
    return report


def _is_settled(session: Session, config: PipelineConfig, lexicon_version: int) -> bool:
    """Tell whether the last run ended well under the present configuration and dictionary."""
    last = session.exec(select(Run).order_by(col(Run.id).desc()).limit(1)).first()
    return (
        last is not None
        and last.status == "complete"
        and last.config == config.model_dump(mode="json")
        and last.versions.get(_LEXICON, "0") == str(lexicon_version)
    )


def _read_pending(database: Database, analyst: Analyst, run_id: int, progress: Progress) -> int:
    """Read pending feedback chunk by chunk; return how many were read."""
    with database.read() as session:
        total = analysis.count_pending(session)
    done = 0
    while True:
        with database.read() as session:
            chunk = analysis.pending(session, CHUNK_SIZE)
        if not chunk:
            return done
        understood = analyst.understand(
            [item.text for item in chunk], [item.rating for item in chunk]
        )
        spam = [is_spam(item.text) for item in chunk]
        with database.write() as session:
            analysis.save_understandings(
                session, run_id, list(zip(chunk, understood, spam, strict=True))
            )
        done += len(chunk)
        progress("阅读反馈", done, max(total, done))


def _group_copies(database: Database, analyst: Analyst) -> None:
    """Group copies over all feedback and store who counts as one person."""
    with database.read() as session:
        stored = analysis.analyzed_feedback(session)
    people = analyst.count_people(
        [
            DuplicateItem(
                key=item.feedback_id,
                text=item.text,
                person=item.author_key,
                channel=item.channel,
                occurred_at=item.occurred_at,
            )
            for item in stored
        ]
    )
    changed = [
        (item.feedback_id, person.duplicate_of, person.is_burst, person.person_key)
        for item, person in zip(stored, people, strict=True)
        if (item.duplicate_of, item.is_burst, item.person_key)
        != (person.duplicate_of, person.is_burst, person.person_key)
    ]
    with database.write() as session:
        analysis.save_people(session, changed)


def _find_topics(database: Database, analyst: Analyst) -> tuple[list[StoredUnit], TopicResult]:
    """Find topics over all units; clustering takes seconds, so it holds no write lock."""
    with database.read() as session:
        units = analysis.topic_units(session)
        topics = analysis.living_topics(session)
        taken_out = analysis.taken_out(session)
    return units, analyst.find_topics(
        [_topic_unit(unit) for unit in units],
        _known_topics(topics, units, taken_out),
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
        if unit.assigned_by != "person" and unit.topic_id != new[0]:
            changed.append((unit.unit_id, *new))
    analysis.save_assignments(session, changed)
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
    topics: Sequence[Topic], units: Sequence[StoredUnit], taken_out: Mapping[int, frozenset[int]]
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
            centroid=analysis.unpack_centroid(topic.centroid or b""),
            members=frozenset(unit.unit_id for unit in members[topic.id]),
            pinned_members=frozenset(
                unit.unit_id for unit in members[topic.id] if unit.assigned_by == "person"
            ),
            banned_members=taken_out.get(topic.id or 0, frozenset()),
            name_is_pinned=topic.named_by == "person",
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
        analysis.add_event(
            session, topic_id, kind, now=now, run_id=run_id, actor=actor, detail=detail
        )
        events[kind.value] += 1

    rows = {topic.id: topic for topic in analysis.living_topics(session)}
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
        if row.named_by == "auto" and row.name != topic.name:
            log(row.id, TopicEventKind.RENAMED, {"before": row.name, "after": topic.name})
            row.name = topic.name
        if row.named_by == "auto" and index in names.by_topic:
            name = names.by_topic[index]
            detail = {"before": row.name, "after": name, "named_by": row.named_by}
            log(row.id, TopicEventKind.RENAMED, detail, names.actor)
            row.name, row.named_by = name, BY_MODEL
        row.state = TopicState.ACTIVE.value
        row.keywords = list(topic.keywords)
        row.centroid = analysis.pack_centroid(np.asarray(topic.centroid))
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
    by_people = analysis.nested_by_people(session)
    themes = {theme.name: theme for theme in analysis.themes(session)}
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
