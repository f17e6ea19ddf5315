"""What an analysis has decided and not yet written: a log from which anybody can go on.

Which unit goes to which topic is found in one piece and written in many slices. Before the
first of them all moves lie here, so that a run that is killed between two slices is finished
by the next one, and never leaves half of what it found.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import delete, select, update
from sqlmodel import Session, col

from feedback_nlp.errors import Conflict
from feedback_nlp.labels import RunStatus
from feedback_nlp.store.tables import Run, RunPlan

#: One unit that changes its topic: its id, the topic it was in (0 for none), the index of the
#: new one among the topics of the result (−1 for none), its similarity to it.
MOVE = np.dtype([("unit", "<i8"), ("old", "<i8"), ("new", "<i4"), ("similarity", "<f4")])
PART_MOVES = 10_000
_PLAN = "plan"


@dataclass(frozen=True, slots=True)
class Plan:
    """How to read the moves of a run.

    Attributes:
        topic_ids: Id of each topic of the result.
        after_event: The ledger's last entry that the run knew of.
        report: Figures of the run so far.
    """

    topic_ids: Sequence[int]
    after_event: int
    report: Mapping[str, Any]


def add_part(session: Session, run_id: int, part: int, moves: np.ndarray) -> None:
    """Keep some moves of a run, dtype :data:`MOVE`, shape (n,)."""
    session.add(RunPlan(run_id=run_id, part=part, moves=moves.astype(MOVE).tobytes()))


def moves_of(session: Session, run_id: int) -> np.ndarray:
    """Return all moves of a run, dtype :data:`MOVE`, shape (n,)."""
    blobs = session.scalars(
        select(col(RunPlan.moves)).where(col(RunPlan.run_id) == run_id).order_by(col(RunPlan.part))
    )
    return np.frombuffer(b"".join(blobs), dtype=MOVE)


def keep_plan(session: Session, run_id: int, plan: Plan) -> None:
    """Decide: from this commit on the run will be finished, by whomever."""
    kept = {
        "topic_ids": list(plan.topic_ids),
        "after_event": plan.after_event,
        "report": dict(plan.report),
    }
    session.execute(update(Run).where(col(Run.id) == run_id).values(figures={_PLAN: kept}))


def plan_of(session: Session, run_id: int) -> Plan:
    """Return the plan that :func:`keep_plan` kept.

    Raises:
        Conflict: If another run has taken it over.
    """
    figures = session.get_one(Run, run_id).figures
    if _PLAN not in figures:
        raise overtaken(run_id)
    return Plan(**figures[_PLAN])


def overtaken(run_id: int) -> Conflict:
    """Return what a process is told whose run another one has taken the place of."""
    return Conflict(f"第 {run_id} 次分析已经被另一次取代，这次的结果作废")


def is_unfinished(session: Session) -> bool:
    """Tell whether the last run was killed after it had decided."""
    last = _last_run(session)
    return last is not None and last.status != RunStatus.COMPLETE and _PLAN in last.figures


def take_over(session: Session, *, now: datetime) -> int:
    """Go on with the last run, which :func:`is_unfinished`; return its new id.

    The old run is closed, so that a process that still works on it is refused.
    """
    last = _last_run(session)
    assert last is not None
    heir = Run(
        kind=last.kind,
        config=last.config,
        versions=last.versions,
        figures=last.figures,
        started_at=last.started_at,
    )
    last.status, last.finished_at, last.figures = RunStatus.ABORTED.value, now, {}
    session.add_all([last, heir])
    session.flush()
    session.execute(update(RunPlan).where(col(RunPlan.run_id) == last.id).values(run_id=heir.id))
    assert heir.id is not None
    return heir.id


def _last_run(session: Session) -> Run | None:
    return session.scalars(select(Run).order_by(col(Run.id).desc()).limit(1)).first()


def parts(session: Session) -> list[tuple[int, int]]:
    """Return ``(run id, part)`` of everything that is kept."""
    rows = session.execute(
        select(col(RunPlan.run_id), col(RunPlan.part)).order_by(
            col(RunPlan.run_id), col(RunPlan.part)
        )
    )
    return [(run_id, part) for run_id, part in rows]


def drop_part(session: Session, run_id: int, part: int) -> None:
    """Forget some moves: they are written, or were never decided."""
    session.execute(delete(RunPlan).where(col(RunPlan.run_id) == run_id, col(RunPlan.part) == part))
