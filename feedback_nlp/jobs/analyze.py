"""The analysis job: read what is new, group copies, find topics, rank requests.

What another reader read is new, too: a feedback is pending until the segmenter, the models
and the code in use now have read it. Units keep their ids and what people did to them
(:mod:`feedback_nlp.store.rereading`).

Killing it anywhere is safe. Reading is committed in slices, oldest feedback first, and a
feedback is pending until its units are stored. Everything that depends on all feedback is
computed outside any transaction, decided in one, and written in slices
(:mod:`feedback_nlp.jobs.publishing`); a second start finishes what was decided, so it ends
where an undisturbed one does. What people edit meanwhile stands.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from feedback_nlp.build import code_version
from feedback_nlp.clean import DuplicateItem, has_no_content, is_spam
from feedback_nlp.config import PipelineConfig
from feedback_nlp.jobs.backlog import Backlog, find_backlog
from feedback_nlp.jobs.llm_names import ask_for_names
from feedback_nlp.jobs.publishing import decide, finish, slices_of
from feedback_nlp.jobs.sums import keep_sums, keep_week
from feedback_nlp.jobs.topics import _find_topics
from feedback_nlp.labels import RunStatus
from feedback_nlp.llm_naming import load_namer
from feedback_nlp.pipeline import Analyst
from feedback_nlp.store import Database, analysis, lexicon, plans
from feedback_nlp.store.exclusive import hold
from feedback_nlp.store.slices import Slices
from feedback_nlp.store.tables import Run

CHUNK_SIZE = 2_000
_CODE = "code"  # the program's version among a run's versions
_LEXICON = "lexicon"  # the dictionary's version among a run's versions
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class AnalysisReport:
    """What a run did.

    Attributes:
        run_id: ``None`` if there was nothing to do.
        read_count: Feedback read in this run.
        reread_count: How many of these an earlier run had read with other models or code.
        changed: What differs from then, such as ``("意图模型",)``; what places units counts, too.
        unit_count: Units in the store.
        topic_count: Living topics, vents and praise left out.
        request_count: Requests in the store.
        alert_count: Alerts found in all days of the data; marks that people made are kept.
        similar_count: Pairs of topics that may be one matter and nobody has decided yet.
        unassigned_share: Share (0–1) of bug, feature, complaint and question units in no topic.
        events: Ledger events of this run by kind.
        seconds: Wall clock.
    """

    run_id: int | None
    read_count: int = 0
    reread_count: int = 0
    changed: tuple[str, ...] = ()
    unit_count: int = 0
    topic_count: int = 0
    request_count: int = 0
    alert_count: int = 0
    similar_count: int = 0
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
        Conflict: If another process, on whatever host, is analysing this database.
        ArtifactError: If a model cannot be loaded.
        ConfigError: If naming by a language model is wanted without saying where it is.
    """
    with hold(database, "analyze", "另一个进程正在分析这个数据库"):
        return _analyse(database, config, zone, now, progress)


def _analyse(
    database: Database,
    config: PipelineConfig,
    zone: ZoneInfo,
    now: Callable[[], datetime],
    progress: Progress,
) -> AnalysisReport:
    started = time.monotonic()
    finished = _finish_killed(database, config, zone, now, progress)
    namer = load_namer(config.naming)
    with database.read() as session:
        taught = lexicon.words(session)
    analyst = Analyst.load(config, extra_words=taught.words, stop_words=taught.stops)
    with database.read() as session:
        backlog = find_backlog(session, analyst)
        if not backlog.pending_count and _is_settled(session, config, analyst, taught.version):
            return finished or AnalysisReport(run_id=None)
    with database.write() as session:
        run_id = analysis.start_run(
            session,
            config=config.model_dump(mode="json"),
            versions={
                **analyst.versions,
                _CODE: code_version(),
                _LEXICON: str(taught.version),
            },
            now=now(),
        )
    slices = slices_of(database, run_id)
    read_count = _read_pending(database, slices, analyst, run_id, backlog, progress)
    progress("归并与排序", 0, 3)
    _group_copies(database, slices, analyst)
    progress("归并与排序", 1, 3)
    found = _find_topics(database, analyst, is_same_space=not backlog.is_placed_anew)
    names = ask_for_names(database, namer, config.naming.max_topics, found.units, found.result)
    progress("归并与排序", 2, 3)
    report = AnalysisReport(
        run_id=run_id,
        read_count=read_count,
        reread_count=backlog.reread_count,
        changed=backlog.changed,
        seconds=time.monotonic() - started,
    )
    decide(database, slices, found, names, report.as_dict(), run_id, now())
    return _finish(database, slices, config, run_id, zone, now, progress)


def _finish_killed(
    database: Database,
    config: PipelineConfig,
    zone: ZoneInfo,
    now: Callable[[], datetime],
    progress: Progress,
) -> AnalysisReport | None:
    """Finish what a run had decided before it was killed."""
    with database.read() as session:
        if not plans.is_unfinished(session):
            return None
    with database.write() as session:
        run_id = plans.take_over(session, now=now())
    return _finish(database, slices_of(database, run_id), config, run_id, zone, now, progress)


def _finish(
    database: Database,
    slices: Slices,
    config: PipelineConfig,
    run_id: int,
    zone: ZoneInfo,
    now: Callable[[], datetime],
    progress: Progress,
) -> AnalysisReport:
    started = time.monotonic()
    figures = finish(database, slices, config, run_id, zone=zone, now=now(), progress=progress)
    keep_sums(database)
    keep_week(database, config, zone=zone, now=now())
    progress("归并与排序", 3, 3)
    seconds = figures["seconds"] + time.monotonic() - started
    changed = tuple(figures["changed"])
    return AnalysisReport(**{**figures, "run_id": run_id, "changed": changed, "seconds": seconds})


def _is_settled(
    session: Session, config: PipelineConfig, analyst: Analyst, lexicon_version: int
) -> bool:
    """Tell whether the last run ended well under the present configuration, models and words."""
    last = session.exec(select(Run).order_by(col(Run.id).desc()).limit(1)).first()
    return (
        last is not None
        and last.status == RunStatus.COMPLETE
        and last.config == config.model_dump(mode="json")
        and last.versions.get(_LEXICON, "0") == str(lexicon_version)
        and last.versions.items() >= analyst.versions.items()
    )


def _read_pending(
    database: Database,
    slices: Slices,
    analyst: Analyst,
    run_id: int,
    backlog: Backlog,
    progress: Progress,
) -> int:
    """Read pending feedback chunk by chunk; return how many were read."""
    current = {*backlog.current_runs, run_id}
    done = last = 0
    while True:
        with database.read() as session:
            chunk = analysis.pending(
                session, CHUNK_SIZE, current, after=last, until=backlog.newest_id
            )
        if not chunk:
            return done
        last = chunk[-1].feedback_id
        empty = [has_no_content(item.text) for item in chunk]
        read = analyst.understand(
            ["" if none else item.text for item, none in zip(chunk, empty, strict=True)],
            [item.rating for item in chunk],
        )
        understood = [None if none else found for found, none in zip(read, empty, strict=True)]
        spam = [is_spam(item.text) for item in chunk]
        slices.each(
            "understandings",
            list(zip(chunk, understood, spam, strict=True)),
            lambda session, some: analysis.save_understandings(session, run_id, some),
        )
        done += len(chunk)
        progress("阅读反馈", done, max(backlog.pending_count, done))


def _group_copies(database: Database, slices: Slices, analyst: Analyst) -> None:
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
    slices.each("people", changed, analysis.save_people)
