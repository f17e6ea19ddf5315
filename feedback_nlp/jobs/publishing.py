"""Writes what an analysis found, slice by slice, so that it can be killed at every slice.

First the moves of all units are kept (:mod:`feedback_nlp.store.plans`), then one short
transaction decides: the topics, the ledger, and that this will be finished. From there on
whoever comes next finishes it. A slice looks again at every unit that it moves: one that
somebody moved meanwhile stays there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from sqlmodel import Session

from feedback_nlp.config import PipelineConfig
from feedback_nlp.jobs.alerts import DAYS, catch_up_alerts
from feedback_nlp.jobs.llm_names import ModelNames
from feedback_nlp.jobs.topics import Found, unassigned_share, write_topics
from feedback_nlp.labels import Origin, TopicKind
from feedback_nlp.pipeline import catch_up_requests
from feedback_nlp.requests.locking import hold_requests
from feedback_nlp.requests.priorities import BASIS
from feedback_nlp.store import Database, analysis, likeness, plans, topic_writing
from feedback_nlp.store.edit_marks import heirs, topics_touched_since
from feedback_nlp.store.plans import MOVE, PART_MOVES, Plan
from feedback_nlp.store.slices import Slices
from feedback_nlp.topics import UNASSIGNED


def slices_of(database: Database, run_id: int) -> Slices:
    """Return what writes for a run, for as long as no other run has taken its place."""
    return Slices(database, lambda session: analysis.require_open(session, run_id))


def decide(
    database: Database,
    slices: Slices,
    found: Found,
    names: ModelNames,
    report: dict[str, Any],
    run_id: int,
    now: datetime,
) -> None:
    """Keep all moves, then write the topics and that the rest will follow.

    Args:
        database: The store.
        slices: What writes for this run.
        found: The topics.
        names: What a language model proposes.
        report: Figures of the run so far.
        run_id: The run.
        now: Time of the ledger's entries.
    """
    forget_plans(database, slices)
    moves = _moves(found)
    for part, start in enumerate(range(0, len(moves), PART_MOVES)):
        some = moves[start : start + PART_MOVES]
        slices.once(partial(plans.add_part, run_id=run_id, part=part, moves=some))
    with database.read() as session:
        unit_count = analysis.count_units(session)
    figures = {
        **report,
        "unit_count": unit_count,
        "topic_count": sum(topic.kind is TopicKind.ISSUE for topic in found.result.topics),
        "unassigned_share": unassigned_share(found),
    }

    def commit(session: Session) -> None:
        hold_requests(session)  # those who edit topics hold it, too
        BASIS.forget(session)  # until all that follows is written, an edit ranks everything
        DAYS.forget(session)  # and finds all alerts
        topic_ids, events = write_topics(session, found, names, run_id, now)
        kept = Plan(topic_ids, found.after_event, {**figures, "events": events})
        plans.keep_plan(session, run_id, kept)

    slices.once(commit)


def finish(
    database: Database,
    slices: Slices,
    config: PipelineConfig,
    run_id: int,
    *,
    zone: ZoneInfo,
    now: datetime,
    progress: Callable[[str, int, int], None],
) -> dict[str, Any]:
    """Write all that a run has decided and all that follows from it; return its figures."""
    with database.read() as session:
        plan, moves = plans.plan_of(session, run_id), plans.moves_of(session, run_id)

    def write(session: Session, some: Sequence[Any]) -> None:
        _move(session, plan, some)

    for start in range(0, len(moves), PART_MOVES):
        slices.each("moves", moves[start : start + PART_MOVES].tolist(), write)
        progress("归并与排序", 2, 3)
    figures = {
        **plan.report,
        "request_count": catch_up_requests(database, slices, config, zone=zone, now=now),
        "alert_count": catch_up_alerts(database, slices, config, zone=zone, now=now),
    }
    with database.read() as session:
        figures["similar_count"] = len(likeness.similar_topics(session))
    slices.once(lambda session: analysis.finish_run(session, run_id, figures=figures, now=now))
    return figures


def forget_plans(database: Database, slices: Slices) -> None:
    """Forget, in slices, moves that are written or were never decided."""
    with database.read() as session:
        left = plans.parts(session)
    for run_id, part in left:
        slices.once(partial(plans.drop_part, run_id=run_id, part=part))


def _moves(found: Found) -> np.ndarray:
    """Return the units that change their topic: dtype ``MOVE``, shape (n,)."""
    ids = [int(topic.topic_id or 0) for topic in found.result.topics]
    moves = [
        (unit.unit_id, unit.topic_id or 0, index, similarity)
        for unit, index, similarity in zip(
            found.units,
            found.result.assignment.tolist(),
            found.result.similarity.tolist(),
            strict=True,
        )
        if unit.assigned_by != Origin.PERSON
        and (
            unit.topic_id is not None
            if index == UNASSIGNED
            else not ids[index] or unit.topic_id != ids[index]
        )
    ]
    return np.array(moves, dtype=MOVE)


def _move(session: Session, plan: Plan, moves: Sequence[tuple[int, int, int, float]]) -> None:
    """Move units that are still where the analysis saw them, and out of no touched topic."""
    hold_requests(session)
    into, touched = heirs(session), topics_touched_since(session, plan.after_event)
    stand = topic_writing.places(session, [unit for unit, *_ in moves])
    changed: list[tuple[int, int | None, float | None]] = []
    for unit_id, old, index, similarity in moves:
        if stand.get(unit_id) != (old, False) or old in touched:
            continue
        if index == UNASSIGNED:
            changed.append((unit_id, None, None))
        else:
            new = plan.topic_ids[index]
            changed.append((unit_id, into.get(new, new), round(similarity, 4)))
    topic_writing.save_assignments(session, changed)
